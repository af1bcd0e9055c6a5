//! Secret files in AWS Secrets Manager, each a secret of its own: `lain/<app>/<podgroup>/<path without its first slash>`.
//!
//! Its text, or its bytes, are the file. One that is to have a mode of its own is the JSON `{"content": "...", "mode": "440"}`,
//! of exactly these two members.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::{ApiErrorType, SecretValueEntry};
use serde::Deserialize;

use super::DOING;
use crate::aws::Connection;
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
        Self { client: Client::new(&connection.sdk_config(endpoint)) }
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
                    let file = file(&name, secret)?;
                    found.insert(name, file);
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

/// A file with a mode of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WithMode {
    content: String,
    mode: String,
}

fn file(name: &str, secret: SecretValueEntry) -> Result<SecretFile> {
    let (text, bytes) = (secret.secret_string.unwrap_or_default(), secret.secret_binary);
    let (content, mode) = match (bytes, serde_json::from_str(&text)) {
        (Some(bytes), _) => (bytes.into_inner(), MODE_DEFAULT),
        (None, Ok(WithMode { content, mode })) => {
            let mode = octal(&mode);
            let mode =
                mode.ok_or_else(|| Error::invalid(name, "is a secret file whose mode is not octal"))?;
            (content.into_bytes(), mode)
        }
        (None, Err(_)) => (text.into_bytes(), MODE_DEFAULT),
    };
    Ok(SecretFile { content, mode })
}

/// A mode like `400` or `0400`, of permissions alone.
fn octal(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    u32::from_str_radix(text, 8).ok().filter(|mode| is_plain && *mode <= 0o777)
}

/// The secret of a file; none for a path that no secret can be named by (`CreateSecret`'s grammar).
fn secret_name(app: &AppName, podgroup: &str, path: &str) -> Option<String> {
    let name = format!("lain/{app}/{podgroup}/{}", path.trim_start_matches('/'));
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    (name.len() <= 512 && name.bytes().all(good)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_text_or_what_has_a_mode_of_its_own() {
        let file = |text: &str| file("a", SecretValueEntry::builder().secret_string(text).build());
        for text in [
            "",
            "s",
            "{}",
            r#"{"content":"s"}"#,
            r#"{"content":"s","mode":440}"#,
            r#"{"content":"s","mode":"440","more":1}"#,
        ] {
            let plain = SecretFile { content: text.as_bytes().to_vec(), mode: 0o400 };
            assert_eq!(file(text).unwrap(), plain, "{text}");
        }
        let with_mode = SecretFile { content: b"s".to_vec(), mode: 0o440 };
        assert_eq!(file(r#"{"mode":"0440","content":"s"}"#).unwrap(), with_mode);
        let refused = file(r#"{"mode":"9","content":"s"}"#).unwrap_err();
        assert_eq!(refused.to_string(), "a is a secret file whose mode is not octal");
    }

    #[test]
    fn a_mode_is_octal_and_of_permissions_alone() {
        for (text, mode) in [("400", 0o400), ("0440", 0o440), ("777", 0o777), ("0", 0)] {
            assert_eq!(octal(text), Some(mode), "{text}");
        }
        for bad in ["", "8", "1777", "+400", "-1", "0o400", "u=r", "99999999999"] {
            assert_eq!(octal(bad), None, "{bad}");
        }
    }
}
