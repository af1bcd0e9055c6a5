//! `cargo local`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to people")]

use std::process::ExitCode;

use clap::Parser;
use local::{AuthMode, Cli, Command, Error, Flags, Result, Stack};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

#[tokio::main]
async fn main() -> ExitCode {
    start_log();
    let done = match Cli::parse() {
        Cli { command: Some(Command::Push(push)), .. } => push.run().await.map(|text| println!("{text}")),
        Cli { command: None, flags } => {
            run(flags).await.map_err(|error| common::domain::error::Chain(&error).to_string())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo local: {error}");
            ExitCode::FAILURE
        }
    }
}

const FIRST_APP: &str = r#"{"name":"hello","microservices":[{"name":"web","type":"stateless","resourceSpec":"1U1G","instanceNumber":2,"containers":[{"image":"nginx:1.27"}]}]}"#;

/// Our own warnings; those of the libraries are about what we report ourselves.
fn start_log() {
    let ours =
        ["common", "local", "sweeper", "webhooks", "worker"].map(|target| (target, tracing::Level::WARN));
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(log.with_filter(Targets::new().with_targets(ours))).init();
}

/// Runs a stack until Ctrl-C.
async fn run(flags: Flags) -> Result<()> {
    let terminate = signal(SignalKind::terminate());
    let mut terminate = terminate.map_err(|source| Error::Start { what: "listening for signals", source })?;
    let mut interrupted = std::pin::pin!(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    });
    let progress = |text: &str| eprintln!("{text}");
    let auth = flags.auth;
    let mut stack = tokio::select! {
        stack = Stack::start(flags, &progress) => stack?,
        () = &mut interrupted => return Ok(()),
    };
    print_summary(&stack, auth);
    let died = tokio::select! {
        error = stack.died() => Some(error),
        () = &mut interrupted => None,
    };
    let stopped = stack.stop().await;
    died.map_or(stopped, Err)
}

fn print_summary(stack: &Stack, auth: AuthMode) {
    let endpoints = stack.endpoints();
    let folder = stack.folder().display();
    println!("Slipway is ready; Ctrl-C stops it.\n");
    if let Some(api) = &endpoints.api {
        let callers = match auth {
            AuthMode::Open => "every caller is an admin",
            AuthMode::LainSso => "the console's callers are those of the SSO; the other API answers nobody",
        };
        println!("  API       {api} ({callers})");
    }
    println!("  DynamoDB  {}", endpoints.dynamodb);
    println!("  SQS       {}", endpoints.sqs);
    if let Some(registry) = &endpoints.registry {
        println!("  registry  {registry}");
    }
    if let Some(kubeconfig) = &endpoints.kubeconfig {
        println!("  cluster   {}", kubeconfig.display());
    }
    println!("  data      {folder} (endpoints.json, env, logs)");
    let Some(api) = &endpoints.api else {
        println!(
            "\nNow run the API:\n\n  cargo lambda watch --invoke-address 127.0.0.1 --env-file {folder}/env"
        );
        return;
    };
    println!("\nTry:\n");
    match auth {
        AuthMode::Open => {
            let project = format!("{api}/regions/{}/v1/projects/{}", endpoints.region, endpoints.project);
            println!("  curl -X POST {project}/apps -d '{FIRST_APP}'");
            println!("  curl {project}/apps/hello/microservices/web");
        }
        AuthMode::LainSso => {
            println!("  cargo local push --data {folder} hello lain.yaml");
            println!("  curl -H 'access-token: TOKEN' {api}/api/v1/apps/");
        }
    }
    if let (Some(kubectl), Some(kubeconfig)) = (&endpoints.kubectl, &endpoints.kubeconfig) {
        println!(
            "  {} --kubeconfig {} -n {} get pods",
            kubectl.display(),
            kubeconfig.display(),
            endpoints.project
        );
    }
}
