//! The command as a process.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use serde_json::Value;
use tokio::process::{Child, Command as Process};

use super::endpoints_file;
use crate::support::{Api, eventually};

/// `cargo local` that runs, or ran. Dropping it kills it, and its children end with it.
pub(super) struct Command {
    child: Child,
    pub(super) pid: u32,
    data: PathBuf,
    outputs: tempfile::TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Command {
    /// Starts the command on any free port, with these flags and this environment besides.
    pub(super) fn start(data: &Path, more: &[&str], env: &[(&str, &Path)]) -> Self {
        let outputs = tempfile::tempdir().unwrap();
        let output = |name: &str| Stdio::from(std::fs::File::create(outputs.path().join(name)).unwrap());
        let mut process = Process::new(env!("CARGO_BIN_EXE_cargo-local-under-test"));
        process.args(["--listen", "127.0.0.1:0", "--data"]).arg(data).args(more);
        process.env_remove("KUBECONFIG").envs(env.iter().copied());
        process.stdin(Stdio::null()).stdout(output("stdout")).stderr(output("stderr"));
        let child = process.kill_on_drop(true).spawn().unwrap();
        Self { pid: child.id().unwrap(), child, data: data.to_owned(), outputs }
    }

    /// Waits until it says that it is ready; gives the API.
    pub(super) async fn ready(&self) -> Api {
        eventually("the command is ready", async || {
            let stdout = self.output("stdout");
            if stdout.contains("Slipway is ready") { Ok(()) } else { Err(stdout + &self.output("stderr")) }
        })
        .await;
        let endpoints = self.endpoints();
        assert_eq!(endpoints["pid"], self.pid);
        Api::new(endpoints["api"].as_str().unwrap().to_owned())
    }

    pub(super) fn endpoints(&self) -> Value {
        endpoints_file(&self.data)
    }

    pub(super) fn output(&self, name: &str) -> String {
        std::fs::read_to_string(self.outputs.path().join(name)).unwrap()
    }

    pub(super) async fn signal(&self, signal: &str) {
        send_signal(self.pid, signal).await;
    }

    /// Waits until it has ended.
    pub(super) async fn ended(&mut self) -> Ended {
        let status = self.child.wait().await.unwrap();
        Ended { status, stdout: self.output("stdout"), stderr: self.output("stderr") }
    }
}

pub(super) async fn send_signal(pid: u32, signal: &str) {
    let sent = Process::new("kill").args([format!("-{signal}"), pid.to_string()]).status().await;
    assert!(sent.unwrap().success(), "{signal} to {pid}");
}

/// The processes whose command lines contain this, with those.
pub(super) async fn processes(wanted: &str) -> Vec<(u32, String)> {
    let listed = Process::new("ps").args(["-A", "-ww", "-o", "pid=,args="]).output().await.unwrap();
    assert!(listed.status.success());
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let process = |line: &str| {
        let (pid, arguments) = line.trim_start().split_once(' ').unwrap();
        (pid.parse().unwrap(), arguments.to_owned())
    };
    listed.lines().filter(|line| line.contains(wanted)).map(process).collect()
}
