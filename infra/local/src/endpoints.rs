//! What others need to find a running stack: `endpoints.json` and `env` in its folder.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;

/// `endpoints.json`. What this stack has not is `null`.
#[derive(Clone, Debug, Serialize)]
pub struct Endpoints {
    /// Base URL of the API.
    pub api: Option<String>,
    /// The first region.
    pub region: String,
    /// The project in it.
    pub project: &'static str,
    /// Host and port of the OCI registry.
    pub registry: Option<String>,
    /// The public key of the tokens that the registry demands, PEM.
    pub registry_public_key: Option<PathBuf>,
    /// Where DynamoDB answers.
    pub dynamodb: String,
    /// Where SQS answers.
    pub sqs: String,
    /// An administrator's kubeconfig of the target cluster.
    pub kubeconfig: Option<PathBuf>,
    /// A kubectl of the development control plane's version.
    pub kubectl: Option<PathBuf>,
    /// The first admin's token, where there are tokens.
    pub admin_token: Option<String>,
    /// The stack's process.
    pub pid: u32,
}

impl Endpoints {
    /// The text of the file.
    pub(crate) fn file(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// The lines of `env`: what the function binaries need to run against the stack.
pub(crate) fn env_file(env: &BTreeMap<String, String>) -> String {
    env.iter().fold(String::new(), |mut text, (name, value)| {
        let _never_fails = writeln!(text, "{name}={value}");
        text
    })
}
