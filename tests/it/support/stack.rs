//! The stack that all tests share.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::Parser;
use local::{Cli, Flags, Stack};

pub(crate) use local::Endpoints;

static SHARED: LazyLock<Endpoints> = LazyLock::new(start);

/// Where the shared stack is. Its regions are `xq` and `nb`, on one cluster.
pub(crate) fn endpoints() -> &'static Endpoints {
    &SHARED
}

/// The environment that the shared stack wrote for the functions.
pub(crate) fn shared_env() -> HashMap<String, String> {
    endpoints();
    let text = std::fs::read_to_string(shared_data().join("env")).unwrap();
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    text.lines().map(|line| pair(line).unwrap()).collect()
}

/// The folder of the shared stack.
pub(crate) fn shared_data() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("stack")
}

/// Starts the stack on a thread of its own, which outlives the runtimes of the single tests. Nobody stops it: its
/// programs end with this process, and the folder, which is always the same, is cleared by the next run.
fn start() -> Endpoints {
    let data = shared_data();
    let _may_be_absent = std::fs::remove_dir_all(&data);
    let data = data.to_str().unwrap();
    let flags = [
        "cargo local",
        "--listen",
        "127.0.0.1:0",
        "--ephemeral",
        "--region",
        "xq",
        "--region",
        "nb",
        "--webhook-schedule",
        "0s,100ms,100ms,100ms",
        "--data",
        data,
    ];
    let flags = Flags { kubeconfig: None, ..Cli::parse_from(flags).flags };
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let started = Stack::start(flags, &|text| eprint(text)).await;
            let mut stack = started.unwrap_or_else(|error| panic!("the shared stack did not start: {error}"));
            send.send(stack.endpoints().clone()).unwrap();
            let error = stack.died().await;
            panic!("the shared stack died: {error}");
        });
    });
    receive.recv().expect("the shared stack starts")
}

#[expect(
    clippy::print_stderr,
    reason = "the first build takes minutes, and who runs the tests wants to know"
)]
fn eprint(text: &str) {
    eprintln!("{text}");
}
