//! Secret files in AWS Secrets Manager, each a secret of its own: `lain/<app>/<podgroup>/<path without its first slash>`.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use aws_sdk_secretsmanager::types::{ApiErrorType, SecretValueEntry};

use super::DOING;
use crate::aws::{self, Connection};
use crate::domain::console::name::AppName;
use crate::domain::console::secret::{MODE_DEFAULT, SecretFile, SecretFiles};
use crate::domain::{Error, Result};

/// Secrets of one call (the quota of `BatchGetSecretValue`).
const BATCH_MAX: usize = 20;

/// AWS Secrets Manager. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Manager {
    client: Client,
}

impl Manager {
    /// The account's; `endpoint` where it is not AWS's own.
    pub fn new(connection: &Connection, endpoint: Option<&str>) -> Self {
        let mut config = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(connection.region.clone()))
            .credentials_provider(connection.credentials.clone())
            .http_client(connection.http.clone())
            .retry_config(aws::retries())
            .timeout_config(aws::timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_endpoint_url(endpoint.map(str::to_owned));
        Self { client: Client::from_conf(config.build()) }
    }

    /// Those of these files that there are.
    pub(super) async fn read(&self, app: &AppName, podgroup: &str, paths: &[String]) -> Result<SecretFiles> {
        let named: Vec<_> =
            paths.iter().filter_map(|path| Some((secret_name(app, podgroup, path)?, path))).collect();
        let names: BTreeSet<_> = named.iter().map(|(name, _)| name.clone()).collect();
        let names: Vec<_> = names.into_iter().collect();
        let mut found = BTreeMap::new();
        for batch in names.chunks(BATCH_MAX) {
            self.batch(batch, &mut found).await?;
        }
        let files =
            named.into_iter().filter_map(|(name, path)| Some((path.clone(), found.get(&name)?.clone())));
        Ok(files.collect())
    }

    /// Each name is answered for, by a secret or by its absence: what is not told is not taken for absent.
    async fn batch(&self, names: &[String], found: &mut BTreeMap<String, SecretFile>) -> Result<()> {
        let request = self.client.batch_get_secret_value().set_secret_id_list(Some(names.to_vec()));
        let mut pages = request.into_paginator().send();
        let mut unanswered: BTreeSet<_> = names.iter().map(String::as_str).collect();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Error::unavailable(DOING, error))?;
            for error in page.errors() {
                let name = error.secret_id().unwrap_or_default();
                if !is_absent(error) {
                    let why = format!("{name}: {}", error.message().unwrap_or_default());
                    return Err(Error::unavailable(DOING, why));
                }
                unanswered.remove(name);
            }
            for secret in page.secret_values.unwrap_or_default() {
                let name = secret.name().unwrap_or_default().to_owned();
                if unanswered.remove(name.as_str()) {
                    found.insert(name, file(secret));
                }
            }
        }
        match unanswered.first() {
            None => Ok(()),
            Some(name) => Err(Error::unavailable(DOING, format!("{name}: nothing was said of it"))),
        }
    }
}

/// There is no such secret, or it is being deleted.
fn is_absent(error: &ApiErrorType) -> bool {
    matches!(error.error_code(), Some("ResourceNotFoundException" | "InvalidRequestException"))
}

fn file(secret: SecretValueEntry) -> SecretFile {
    let content = match (secret.secret_string, secret.secret_binary) {
        (Some(text), _) => text.into_bytes(),
        (None, Some(bytes)) => bytes.into_inner(),
        (None, None) => Vec::new(),
    };
    SecretFile { content, mode: MODE_DEFAULT }
}

/// The secret of a file; none for a path that no secret can be named by (`CreateSecret`'s grammar).
fn secret_name(app: &AppName, podgroup: &str, path: &str) -> Option<String> {
    let name = format!("lain/{app}/{podgroup}/{}", path.trim_start_matches('/'));
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    (name.len() <= 512 && name.bytes().all(good)).then_some(name)
}
