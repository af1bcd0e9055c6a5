//! Secret files in AWS Secrets Manager, each a secret of its own: `lain/<app>/<podgroup>/<path without its first slash>`.

use std::collections::BTreeMap;

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
        let by_name: BTreeMap<_, _> = paths
            .iter()
            .filter_map(|path| Some((secret_name(app, podgroup, path)?, path.as_str())))
            .collect();
        let names: Vec<_> = by_name.keys().cloned().collect();
        let mut files = SecretFiles::new();
        for batch in names.chunks(BATCH_MAX) {
            for secret in self.batch(batch).await? {
                if let Some(path) = secret.name().and_then(|name| by_name.get(name)) {
                    files.insert((*path).to_owned(), file(secret));
                }
            }
        }
        Ok(files)
    }

    async fn batch(&self, names: &[String]) -> Result<Vec<SecretValueEntry>> {
        let request = self.client.batch_get_secret_value().set_secret_id_list(Some(names.to_vec()));
        let mut pages = request.into_paginator().send();
        let mut secrets = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Error::unavailable(DOING, error))?;
            if let Some(error) = page.errors().iter().find(|error| !is_absent(error)) {
                let why = format!(
                    "{}: {}",
                    error.secret_id().unwrap_or_default(),
                    error.message().unwrap_or_default()
                );
                return Err(Error::unavailable(DOING, why));
            }
            secrets.extend(page.secret_values.unwrap_or_default());
        }
        Ok(secrets)
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
