//! The life of the command as a process: ready, signals, a child that dies, and nothing left behind.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::command::{Command, Ended, processes, send_signal};
use super::shared_kubeconfig;
use crate::support::{Api, Project, eventually, stateless};

const PROGRAMS: [&str; 5] = ["etcd", "kube-apiserver", "kwok", "kube-controller-manager", "kube-scheduler"];
/// What a start of the control plane may take where three builds share the machine; alone it is about 3 s.
const READY_WITHIN: Duration = Duration::from_secs(45);

/// One test, so that no two control planes of it run at a time.
#[tokio::test]
async fn with_a_cluster_of_its_own_the_command_runs_stops_and_finds_all_again() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    interrupted_while_it_starts(&parent.path().join("ephemeral")).await;
    first_run(&data).await;
    second_run(&data).await;
}

/// By Ctrl-C, or by something that leaves it no time to stop anything.
async fn interrupted_while_it_starts(data: &Path) {
    for (signal, code) in [("INT", Some(0)), ("KILL", None)] {
        let mut command = Command::start(data, &["--ephemeral"], &[]);
        eventually("a first program runs", async || {
            if children(data).await.is_empty() { Err(command.output("stderr")) } else { Ok(()) }
        })
        .await;
        command.signal(signal).await;
        let ended = command.ended().await;
        assert_eq!((ended.status.code(), ended.stdout.as_str()), (code, ""), "{ended:?}");
        eventually("nothing is left of a start", async || {
            let left = children(data).await;
            if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
        })
        .await;
        assert_eq!(data.exists(), signal == "KILL");
    }
}

async fn first_run(data: &Path) {
    let started = std::time::Instant::now();
    let mut command = Command::start(data, &["--region", "xq"], &[]);
    let api = command.ready().await;
    assert!(started.elapsed() < READY_WITHIN, "{:?}", started.elapsed());
    api.get("/healthz").await.ok();
    assert_eq!(names(&children(data).await), PROGRAMS.map(str::to_owned).into());
    assert_summary(&command, &api);
    let pods = kubectl(&command, &["get", "nodes", "--output", "name"]).await;
    assert!(pods.starts_with("node/"), "{pods}");

    let project = Project { name: "demo".to_owned(), path: "/regions/xq/v1/projects/demo".to_owned(), api };
    project.app("hello", &[stateless("web", &json!({"instanceNumber": 2}))]).await;
    project.reaches("hello", "web", "running").await;
    let pods = kubectl(&command, &["get", "pods", "--namespace", "demo", "--output", "name"]).await;
    assert_eq!(pods.lines().count(), 2, "{pods}");

    let refused = Command::start(data, &[], &[]).ended().await;
    assert_one_line(&refused, &["another stack is running", data.to_str().unwrap(), "--data"]);

    command.signal("INT").await;
    assert_left_nothing(&command.ended().await, data, &project.api).await;
}

/// On the same folder: all is there again, until a program is killed.
async fn second_run(data: &Path) {
    let mut command = Command::start(data, &["--region", "xq"], &[]);
    let api = command.ready().await;
    let project = Project { name: "demo".to_owned(), path: "/regions/xq/v1/projects/demo".to_owned(), api };
    project.reaches("hello", "web", "running").await;
    let pods = kubectl(&command, &["get", "pods", "--namespace", "demo", "--output", "name"]).await;
    assert_eq!(pods.lines().count(), 2, "the cluster's state is found too: {pods}");

    let scheduler = children(data).await.into_iter().find(|(_, name)| name == "kube-scheduler").unwrap();
    send_signal(scheduler.0, "KILL").await;
    let ended = command.ended().await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let log = data.join("logs/kube-scheduler.log");
    let (said, tail) = ended.stderr.split_once("which ends with:\n").unwrap_or_else(|| panic!("{ended:?}"));
    assert!(said.contains("kube-scheduler stopped") && said.contains(log.to_str().unwrap()), "{said}");
    let log = std::fs::read_to_string(log).unwrap();
    let last = log.lines().rfind(|line| !line.trim().is_empty()).unwrap();
    assert!(tail.lines().any(|line| line == last), "{tail}\nlacks\n{last}");
    assert_eq!(children(data).await, []);
}

#[test]
fn the_alias_runs_the_package() {
    let config = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../.cargo/config.toml"));
    assert!(config.unwrap().contains("\nlocal = \"run --package local --\"\n"));
}

#[tokio::test]
async fn a_request_to_terminate_ends_the_command_like_ctrl_c() {
    let parent = tempfile::tempdir().unwrap();
    let kubeconfig = shared_kubeconfig();
    for signal in ["TERM", "INT"] {
        let data = parent.path().join(signal);
        let flags = ["--ephemeral", "--kubeconfig", kubeconfig.to_str().unwrap()];
        let mut command = Command::start(&data, &flags, &[]);
        let api = command.ready().await;
        command.signal(signal).await;
        assert_left_nothing(&command.ended().await, &data, &api).await;
        assert!(!data.exists());
    }
}

/// Also where `$KUBECONFIG` says what the flag may say.
#[tokio::test]
async fn the_environment_may_name_the_cluster() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let kubeconfig = shared_kubeconfig();
    let mut command = Command::start(&data, &["--no-api"], &[("KUBECONFIG", &kubeconfig)]);
    eventually("the command is ready", async || {
        let stdout = command.output("stdout");
        if stdout.contains("Slipway is ready") { Ok(()) } else { Err(stdout + &command.output("stderr")) }
    })
    .await;
    assert_eq!(command.endpoints()["kubeconfig"], json!(kubeconfig));
    assert!(command.output("stdout").contains("cargo lambda watch --invoke-address 127.0.0.1 --env-file"));
    command.signal("TERM").await;
    assert_eq!(command.ended().await.status.code(), Some(0));
}

#[tokio::test]
async fn without_go_and_without_a_cluster_one_line_says_what_to_do() {
    let parent = tempfile::tempdir().unwrap();
    let empty = parent.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let env = [("PATH", empty.as_path()), ("XDG_CACHE_HOME", empty.as_path())];
    let ended = Command::start(&parent.path().join("data"), &[], &env).ended().await;
    assert_one_line(&ended, &["install Go", "--kubeconfig"]);
}

#[track_caller]
fn assert_one_line(ended: &Ended, words: &[&str]) {
    assert_eq!((ended.status.code(), ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    assert!(ended.stderr.starts_with("cargo local: ") && ended.stderr.lines().count() == 1, "{ended:?}");
    assert!(words.iter().all(|word| ended.stderr.contains(word)), "{ended:?}");
}

/// Success, not a word of complaint, no child, and no port that is still open.
async fn assert_left_nothing(ended: &Ended, data: &Path, api: &Api) {
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    assert_eq!(children(data).await, []);
    let address = api.base.strip_prefix("http://").unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "{address} is open");
}

/// What runs where, and three commands to try.
fn assert_summary(command: &Command, api: &Api) {
    let (summary, endpoints) = (command.output("stdout"), command.endpoints());
    for name in ["dynamodb", "sqs", "kubeconfig", "kubectl"] {
        assert!(summary.contains(endpoints[name].as_str().unwrap()), "{name} in {summary}");
    }
    assert!(summary.contains(&api.base) && summary.contains("Ctrl-C"), "{summary}");
    let (_, commands) = summary.split_once("Try:").unwrap_or_else(|| panic!("{summary}"));
    assert_eq!(commands.lines().filter(|line| line.starts_with("  ")).count(), 3, "{summary}");
}

async fn kubectl(command: &Command, arguments: &[&str]) -> String {
    let endpoints = command.endpoints();
    let mut kubectl = tokio::process::Command::new(endpoints["kubectl"].as_str().unwrap());
    kubectl.args(["--kubeconfig", endpoints["kubeconfig"].as_str().unwrap()]).args(arguments);
    let output = kubectl.output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The programs of a folder's control plane that run, by the files that they are told to use.
async fn children(data: &Path) -> Vec<(u32, String)> {
    let of = format!("{}/cluster/", data.display());
    let program = |arguments: String| {
        let path = arguments.split_whitespace().next().unwrap_or_default().to_owned();
        Path::new(&path).file_name().unwrap_or_default().to_string_lossy().into_owned()
    };
    processes(&of).await.into_iter().map(|(pid, arguments)| (pid, program(arguments))).collect()
}

fn names(children: &[(u32, String)]) -> std::collections::BTreeSet<String> {
    children.iter().map(|(_, name)| name.clone()).collect()
}
