//! A stack of its own whose way to the cluster can be cut.

use std::sync::Arc;

use clap::Parser;
use local::{Cli, Flags, Stack};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::api::{Api, Project};
use super::stack::endpoints;

/// A stack with one region, `far`, on the shared cluster behind a gate.
pub(crate) struct Outage {
    stack: Stack,
    gate: Arc<watch::Sender<bool>>,
    _folder: tempfile::TempDir,
}

impl Outage {
    /// Starts the stack, with the gate open.
    pub(crate) async fn start() -> Self {
        let admin = endpoints().kubeconfig.as_ref().expect("the shared stack has a cluster");
        let worker = admin.with_file_name("slipway-worker.kubeconfig");
        let kubeconfig = std::fs::read_to_string(worker).unwrap();
        let server = kubeconfig.split("https://").nth(1).unwrap();
        let server: String =
            server.chars().take_while(|char| !char.is_whitespace() && *char != '"').collect();
        let (gate, port) = open_gate(server.clone()).await;

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kubeconfig");
        std::fs::write(&file, kubeconfig.replace(&server, &format!("127.0.0.1:{port}"))).unwrap();
        let data = folder.path().join("data");
        let flags = [
            "cargo local",
            "--listen",
            "127.0.0.1:0",
            "--region",
            "far",
            "--kubeconfig",
            file.to_str().unwrap(),
        ];
        let flags = Flags { data: Some(data), ..Cli::parse_from(flags).flags };
        let stack = Stack::start(flags, &|_| ()).await.unwrap();
        Self { stack, gate: Arc::new(gate), _folder: folder }
    }

    /// A project in the region.
    pub(crate) async fn project(&self) -> Project {
        Project::create(Api::new(self.stack.endpoints().api.clone().unwrap()), "far").await
    }

    /// Cuts all connections to the cluster, and refuses new ones.
    pub(crate) fn cut(&self) {
        self.gate.send(false).unwrap();
    }

    /// Lets connections through again.
    pub(crate) fn mend(&self) {
        self.gate.send(true).unwrap();
    }

    pub(crate) async fn stop(self) {
        self.stack.stop().await.unwrap();
    }
}

/// A port that leads to `server` while the gate is open.
async fn open_gate(server: String) -> (watch::Sender<bool>, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (gate, is_open) = watch::channel(true);
    tokio::spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let (server, mut is_open) = (server.clone(), is_open.clone());
            tokio::spawn(async move {
                if !*is_open.borrow_and_update() {
                    return;
                }
                let Ok(mut far) = TcpStream::connect(server).await else { return };
                tokio::select! {
                    _ = copy_bidirectional(&mut near, &mut far) => {}
                    _ = is_open.wait_for(|open| !open) => {}
                }
            });
        }
    });
    (gate, port)
}
