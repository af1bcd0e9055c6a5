use common::domain::Timestamp;
use common::domain::console::change::Operation;
use common::domain::console::manifest::LainYaml;
use common::domain::console::workload::workload;
use common::domain::region::Region;
use common::domain::subject::AppId;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::cluster::fake::Fake;
use crate::render::{Kind, render};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const SECRET: &str = "/namespaces/lain-hello/secrets/web-files";
const KEY: &str = "/lain/app/key";

/// A cluster, a store of secret files and an app that declares the file `key`.
struct Place {
    fake: Fake,
    folder: TempDir,
    app: App,
}

impl Place {
    fn new(sections: &str) -> Self {
        let id = AppId { region: "xq".parse().unwrap(), app: "hello".parse().unwrap() };
        let app = App::register(id, "0123456789abcdef0123456789abcdef".parse().unwrap(), NOW);
        let place = Self { fake: Fake::default(), folder: tempfile::tempdir().unwrap(), app };
        std::fs::create_dir_all(place.home()).unwrap();
        place.deployed(sections)
    }

    fn deployed(mut self, sections: &str) -> Self {
        let text = format!("appname: hello\nbuild: {{base: a, script: [b]}}\n{sections}");
        let yaml = LainYaml::parse(&text).unwrap();
        self.app = self.app.deploy("1-a".parse().unwrap(), "r/x".to_owned(), yaml, NOW).unwrap();
        self
    }

    fn home(&self) -> std::path::PathBuf {
        self.folder.path().join("hello/hello.web.web/lain/app")
    }

    fn store(&self, content: &str) {
        std::fs::write(self.home().join("key"), content).unwrap();
    }

    async fn read(&self) -> Result<Files, FilesError> {
        files(&Secrets::Folder(self.folder.path().to_owned()), &self.fake.cluster(), &self.app).await
    }

    async fn content(&self) -> String {
        let files = self.read().await.unwrap();
        String::from_utf8(files["hello.web.web"][KEY].content.clone()).unwrap()
    }

    /// Puts the Secret of these files into the cluster.
    fn apply(&self, files: &Files) {
        let region = Region::with_defaults("xq".parse().unwrap(), "one".to_owned(), None);
        let domains = common::domain::console::domains::Domains::parse("lain.local").unwrap();
        let workload = workload(&self.app, &BTreeMap::new(), files, &region, &domains).unwrap();
        let secret = render(&workload).into_iter().find(|object| object.kind == Kind::Secret).unwrap();
        self.fake.put(SECRET, secret.manifest);
    }
}

const WEB: &str = "web:\n  cmd: x\n  secret_files: [key]\n";

#[tokio::test]
async fn a_deploy_has_the_files_that_it_began_with() {
    let place = Place::new(WEB);
    place.store("one");
    let mut first = place.read().await.unwrap();
    first.get_mut("hello.web.web").unwrap().get_mut(KEY).unwrap().mode = 0o440;
    place.apply(&first);
    place.store("two");
    assert_eq!(place.read().await.unwrap(), first, "their modes too");
    let restarted = place.app.operate("web", Operation::Restart, NOW).unwrap();
    let place = Place { app: restarted, ..place };
    assert_eq!(place.content().await, "one");
    assert_eq!(place.deployed(WEB).content().await, "two");
}

#[tokio::test]
async fn somebody_elses_secret_is_not_read() {
    let place = Place::new(WEB);
    place.store("one");
    place.apply(&place.read().await.unwrap());
    let theirs = json!("f".repeat(32));
    place.fake.state().objects.get_mut(SECRET).unwrap()["metadata"]["annotations"]["slipway.dev/uid"] =
        theirs;
    place.store("two");
    assert_eq!(place.content().await, "two");
}

#[tokio::test]
async fn a_missing_file_is_told_unless_it_is_bypassed() {
    let place = Place::new(WEB);
    let error = place.read().await.unwrap_err();
    let expected = "secret files of hello.web.web are missing: /lain/app/key";
    assert!(matches!(&error, FilesError::Bad(message) if message == expected), "{error:?}");
    let bypassed = Place::new(&format!("{WEB}  secret_files_bypass: true\n"));
    let none = bypassed.read().await.unwrap();
    assert_eq!(none["hello.web.web"], SecretFiles::new());
    bypassed.apply(&none);
    bypassed.store("later");
    assert_eq!(bypassed.read().await.unwrap(), none, "it comes with the next deploy");
}

#[tokio::test]
async fn a_file_that_is_too_large_is_final_and_a_store_that_cannot_be_read_is_not() {
    let place = Place::new(WEB);
    place.store(&"x".repeat(65 * 1024));
    let error = place.read().await.unwrap_err();
    assert!(matches!(&error, FilesError::Bad(message) if message.contains("64 KiB")), "{error:?}");
    place.store("one");
    let nowhere = Secrets::Folder("\0".into());
    let error = files(&nowhere, &place.fake.cluster(), &place.app).await.unwrap_err();
    assert!(matches!(error, FilesError::Store(_)), "{error:?}");
}

#[tokio::test]
async fn removed_procs_need_no_files() {
    let place = Place::new(&format!("{WEB}worker:\n  cmd: x\n"));
    let place = Place { app: place.app.remove_proc("web", NOW).unwrap(), ..place };
    assert_eq!(place.read().await.unwrap(), Files::new());
    assert!(place.fake.take_calls().is_empty());
}
