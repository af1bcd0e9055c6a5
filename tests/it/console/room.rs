//! What is too much to be kept, in process.

use serde_json::Value;

use super::checks::{Desk, REDIS};

/// What has no room in an item of the table, or in one transaction, is no failure of ours.
#[tokio::test]
async fn a_file_that_says_more_than_can_be_kept_is_refused() {
    let desk = Desk::new().await;
    desk.register("big").await;
    let procs: String = (0..201).map(|index| format!("worker.a{index}: {{}}\n")).collect();
    let env = |kib: usize| format!("worker:\n  env: [\"A={}\"]\n", "x".repeat(kib * 1024));
    let comment = format!("# {}\n", "x".repeat(85 * 1024));
    let giturl = format!("giturl: https://g.x/{}\nworker: {{}}\n", "x".repeat(185 * 1024));
    let ports: Vec<_> = (9500..9600).map(|port| format!("\"{port}:80\"")).collect();
    let ports = format!("worker:\n  ports: [{}]\n", ports.join(", "));
    for (version, sections, words) in [
        ("1-a", procs.clone(), "at most 200 procs"),
        ("2-a", env(210), "more than there is room for"),
        ("3-a", env(165) + &comment, "more than there is room for"),
        ("4-a", giturl, "more than there is room for"),
        ("5-a", ports, "changes too much at once"),
    ] {
        desk.put("big", version, &sections);
        let refusal = desk.create("big").await.refused(406, "app");
        assert!(refusal.contains(words), "{version}: {refusal}");
        desk.ask("GET /apps/big/", Value::Null).await.refused(404, "app");
    }
    let (procs, _) = procs.rsplit_once("worker.a200").unwrap();
    desk.put("big", "6-a", procs);
    desk.create("big").await.is(202, "app");
    desk.put("big", "7-a", &env(165));
    desk.update("big").await.is(202, "app");
    let resource =
        |kib: usize| format!("apptype: resource\n{REDIS}  env: [\"A={}\"]\n", "x".repeat(kib * 1024));
    desk.deployed("large", "1-a", &resource(80)).await;
    desk.put("large", "2-a", &resource(100));
    assert!(desk.update("large").await.refused(406, "app").contains("more than there is room for"));
}
