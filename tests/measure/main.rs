//! What a request costs: instructions of a cold and of a warm `GET microservice` under callgrind, and the size of
//! each release binary. The counts repeat, whatever else the machine does.
//!
//! `cargo run --package tests --bin measure`; needs valgrind. The function that is measured is built with
//! open access, which a release build has not.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a tool for developers")]

mod lambda;
mod stage;

use std::path::{Path, PathBuf};
use std::process::Command;

use self::lambda::Lambda;
use self::stage::Stage;

const FUNCTIONS: [&str; 6] = ["resourcespecs", "projects", "microservices", "revisions", "sweeper", "worker"];
/// The difference of two runs leaves the start out.
const FEW: u64 = 101;
const MANY: u64 = 601;

#[tokio::main]
async fn main() {
    println!("| binary | bytes |\n|---|---|");
    let release = build(&["--release"], &FUNCTIONS);
    for function in FUNCTIONS {
        println!("| `{function}` | {} |", std::fs::metadata(release.join(function)).unwrap().len());
    }

    let open = ["--release", "--config", "profile.release.package.common.debug-assertions=true"];
    let binary = build(&open, &["microservices"]).join("microservices");
    let stage = Stage::set().await;
    let event = stage::get_microservice();
    let run = async |requests| Lambda::start(event.clone(), requests).await.count(&binary, stage.env()).await;
    let (cold, few, many) = (run(1).await, run(FEW).await, run(MANY).await);
    println!("\n| `GET microservice` | instructions |\n|---|---|");
    println!("| cold: start to first answer | {cold} |");
    println!("| warm: each further one | {} |", (many - few) / (MANY - FEW));
}

/// Builds the functions; gives the folder of their binaries.
fn build(arguments: &[&str], functions: &[&str]) -> PathBuf {
    let packages = functions.iter().flat_map(|function| ["--package", function]);
    let status = Command::new(env!("CARGO")).arg("build").args(arguments).args(packages).status().unwrap();
    assert!(status.success(), "cargo build failed");
    let metadata = cargo_metadata::MetadataCommand::new().no_deps().exec().unwrap();
    Path::new(&metadata.target_directory).join("release")
}
