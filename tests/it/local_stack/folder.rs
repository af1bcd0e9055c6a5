//! `--data` and `--ephemeral`: what is found again, what goes, and who has a folder.

use clap::Parser;
use local::{Cli, Flags};
use serde_json::json;

use super::{api, flags, refused, start};
use crate::support::{Project, stateless};

#[tokio::test]
async fn a_restart_on_the_same_folder_finds_the_apps_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(folder.path(), &[]).await;
    let project = Project::create(api(&first), "local").await;
    project.app("shop", &[stateless("web", &json!({"instanceNumber": 2}))]).await;
    let before = project.reaches("shop", "web", "running").await;
    first.stop().await.unwrap();

    let second = start(folder.path(), &[]).await;
    let project = Project { api: api(&second), ..project };
    let after = project.reaches("shop", "web", "running").await;
    assert_eq!(after["creationTime"], before["creationTime"]);
    // It is not only shown: what it is asked now is done.
    project.put("/apps/shop/microservices/web/stop").await.empty();
    project.reaches("shop", "web", "stopped").await;
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_instance_on_the_same_folder_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let stack = start(folder.path(), &[]).await;
    let words = refused(flags(folder.path(), &[])).await;
    assert!(words.contains(stack.folder().to_str().unwrap()), "{words}");
    assert!(words.contains("another stack is running") && words.contains("--data"), "{words}");
    assert_eq!(words.lines().count(), 1, "{words}");
    api(&stack).get("/healthz").await.ok();
    stack.stop().await.unwrap();

    start(folder.path(), &[]).await.stop().await.unwrap();
}

#[tokio::test]
async fn an_ephemeral_folder_is_removed_where_it_was_absent_or_empty() {
    let parent = tempfile::tempdir().unwrap();
    let (absent, empty) = (parent.path().join("not/there"), parent.path().join("empty"));
    std::fs::create_dir(&empty).unwrap();
    for named in [absent, empty] {
        let stack = start(&named, &["--ephemeral"]).await;
        assert_eq!(stack.folder(), named.canonicalize().unwrap());
        assert!(named.join("endpoints.json").exists());
        stack.stop().await.unwrap();
        assert!(!named.exists(), "{}", named.display());
    }
}

#[tokio::test]
async fn an_ephemeral_stack_leaves_a_folder_in_use_alone_and_takes_a_temporary_one() {
    let used = tempfile::tempdir().unwrap();
    std::fs::write(used.path().join("notes"), "mine").unwrap();
    let stack = start(used.path(), &["--ephemeral"]).await;
    let temporary = stack.folder().to_owned();
    assert_ne!(temporary, used.path().canonicalize().unwrap());
    assert!(temporary.join("endpoints.json").exists());
    stack.stop().await.unwrap();
    assert!(!temporary.exists());
    assert_eq!(std::fs::read_dir(used.path()).unwrap().count(), 1);

    let unnamed = Flags { data: None, ..flags(used.path(), &["--ephemeral"]) };
    let stack = local::Stack::start(unnamed, &|_| ()).await.unwrap();
    let temporary = stack.folder().to_owned();
    assert!(temporary.starts_with(std::env::temp_dir().canonicalize().unwrap()), "{}", temporary.display());
    stack.stop().await.unwrap();
    assert!(!temporary.exists());
}

#[tokio::test]
async fn an_ephemeral_start_that_fails_leaves_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let absent = parent.path().join("absent");
    let document = parent.path().join("regions.json");
    std::fs::write(&document, "[]").unwrap();
    refused(flags(&absent, &["--ephemeral", "--regions", document.to_str().unwrap()])).await;
    assert!(!absent.exists());
}

#[test]
fn without_data_the_folder_is_in_the_current_one() {
    let flags = Cli::parse_from(["cargo local"]).flags;
    assert_eq!((flags.data, flags.ephemeral), (None, false));
    let ignored = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../.gitignore")).unwrap();
    assert!(ignored.lines().any(|line| line == "/.slipway"), "{ignored}");
}
