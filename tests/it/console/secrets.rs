//! Secret files in AWS Secrets Manager; `workloads` has those of a folder.

mod answers;

use common::domain::console::name::AppName;
use reqwest::Method;

use crate::support::Ledger;
use crate::support::SecretsManager;

const PODGROUP: &str = "hello.web.web";

fn hello() -> AppName {
    "hello".parse().unwrap()
}

#[tokio::test]
async fn a_file_is_a_secret_of_its_own() {
    let manager = SecretsManager::start().await;
    manager.create("lain/hello/hello.web.web/lain/app/key", "text").await;
    manager.create_binary("lain/hello/hello.web.web/etc/cert", &[0, 159, 255]).await;
    manager.create("lain/hello/hello.web.web/deleted", "text").await;
    manager.delete("lain/hello/hello.web.web/deleted").await;
    manager.create("lain/other/hello.web.web/absent", "of another app").await;
    let paths = ["/lain/app/key", "/etc/cert", "/deleted", "/absent", "/no secret's name", "/ü"];
    let files = manager.secrets().read(&hello(), PODGROUP, &paths.map(str::to_owned)).await.unwrap();
    let contents: Vec<_> =
        files.iter().map(|(path, file)| (path.as_str(), file.content.as_slice())).collect();
    assert_eq!(contents, [("/etc/cert", &[0, 159, 255][..]), ("/lain/app/key", b"text")]);
}

#[tokio::test]
async fn more_files_than_one_call_takes_are_all_read() {
    let manager = SecretsManager::start().await;
    let paths: Vec<_> = (0..25).map(|index| format!("/{index}")).collect();
    for path in &paths {
        manager.create(&format!("lain/hello/{PODGROUP}{path}"), path).await;
    }
    let files = manager.secrets().read(&hello(), PODGROUP, &paths).await.unwrap();
    assert_eq!(files.len(), paths.len());
    assert!(files.iter().all(|(path, file)| path.as_bytes() == file.content));
}

#[tokio::test]
async fn a_deploy_without_its_secret_is_refused_and_goes_on_when_it_is_there() {
    let manager = SecretsManager::start().await;
    let mut ledger = Ledger::open().await;
    ledger.context.secrets = manager.secrets();
    ledger.console(Method::POST, "/api/v1/repos/", r#"{"appname":"hello"}"#).await.0.is(201, "repos");
    let path = "/api/v1/apps/hello/versions/1-a/";
    let yaml = "appname: hello\nbuild: {base: a, script: [b]}\nweb: {cmd: x, secret_files: [key]}\n";
    let (refused, _) = ledger.console(Method::PUT, path, yaml).await;
    assert!(refused.refused(406, "app").contains("/lain/app/key"), "{refused:?}");
    ledger.console(Method::GET, "/api/v1/apps/hello/", "").await.0.is(404, "app");
    manager.create("lain/hello/hello.web.web/lain/app/key", "text").await;
    ledger.console(Method::PUT, path, yaml).await.0.is(202, "app");
}
