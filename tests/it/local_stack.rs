//! `cargo local`: its flags, its files and its life as a process.

mod access;
mod command;
mod files;
mod folder;
mod process;
mod regions;
mod registry;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Parser;
use local::{Cli, Error, Flags, Stack};
use serde_json::Value;

use crate::support::{Api, endpoints};

/// The kubeconfig of the shared stack's worker: a stack on it starts in no time.
fn shared_kubeconfig() -> PathBuf {
    let admin = endpoints().kubeconfig.as_ref().expect("the shared stack has a cluster");
    admin.with_file_name("slipway-worker.kubeconfig")
}

/// The flags of a stack on any free port and the shared cluster, with its folder here.
fn flags(data: &Path, more: &[&str]) -> Flags {
    let kubeconfig = shared_kubeconfig();
    let own = ["--listen", "127.0.0.1:0", "--kubeconfig", kubeconfig.to_str().unwrap()];
    let folder = ["--data", data.to_str().unwrap()];
    Cli::parse_from(["cargo local"].iter().chain(&own).chain(&folder).chain(more)).flags
}

/// Starts a stack in this process.
async fn start(data: &Path, more: &[&str]) -> Stack {
    Stack::start(flags(data, more), &|_| ()).await.unwrap()
}

/// Starts a stack that is refused; gives the words for the user.
async fn refused(flags: Flags) -> String {
    match Stack::start(flags, &|_| ()).await {
        Ok(stack) => panic!("{:?} was not refused", stack.endpoints()),
        Err(error) => words(&error),
    }
}

fn words(error: &Error) -> String {
    common::domain::error::Chain(error).to_string()
}

fn api(stack: &Stack) -> Api {
    Api::new(stack.endpoints().api.clone().expect("the stack serves"))
}

/// `endpoints.json` of a folder.
fn endpoints_file(folder: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join("endpoints.json")).unwrap()).unwrap()
}

/// The lines of `env` of a folder.
fn env_file(folder: &Path) -> HashMap<String, String> {
    let text = std::fs::read_to_string(folder.join("env")).unwrap();
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    text.lines().map(|line| pair(line).unwrap_or_else(|| panic!("{line:?} is no NAME=value"))).collect()
}
