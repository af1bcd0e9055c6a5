//! The environment, read once.

mod console;
#[cfg(feature = "deploy")]
mod registry;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;

use crate::aws::Connection;
use crate::domain::region::Regions;
use crate::domain::{self, Error, Result};
use crate::http::{Auth, Context, OpenAccess, RateLimit};
use crate::queue::Queue;
use crate::store::Store;

use super::variable::{
    AUTH, DYNAMODB_URL, QUEUE_URL, RATE_LIMIT, REGIONS, SQS_URL, SSO_URL, TABLE, WEBHOOKS_QUEUE_URL,
    WORKER_TIMEOUT_S,
};
#[cfg(feature = "secrets")]
use super::variable::{SECRETS, SECRETS_MANAGER_URL};

/// A function's settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `AWS_REGION` with `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, on AWS, `AWS_SESSION_TOKEN`.
    pub connection: Connection,
    /// `SLIPWAY_TABLE`: the table's name.
    pub table: String,
    /// `SLIPWAY_QUEUE_URL`: the worker's queue.
    pub queue_url: String,
    /// `SLIPWAY_WEBHOOKS_QUEUE_URL`: the webhooks' queue.
    pub webhooks_queue_url: String,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, where it is not AWS's own.
    pub dynamodb_url: Option<String>,
    /// `AWS_ENDPOINT_URL_SQS`, where it is not AWS's own.
    pub sqs_url: Option<String>,
    /// `SLIPWAY_REGIONS`: the file of the regions document.
    pub regions: Arc<Regions>,
    /// `SLIPWAY_DOMAINS`, `SLIPWAY_REGISTRY`, `SLIPWAY_PROTECTED_APPS` and `SLIPWAY_WEBHOOK_SCHEDULE`:
    /// what is told of the console dialect.
    pub console: Arc<domain::console::settings::Settings>,
    /// `SLIPWAY_REGISTRY_KEY`, or `SLIPWAY_REGISTRY_USER` and `SLIPWAY_REGISTRY_PASSWORD`.
    #[cfg(feature = "deploy")]
    pub registry: crate::registry::Credentials,
    /// `SLIPWAY_SECRETS`: the folder of the console's secret files, or `aws-secrets-manager`, which may be at
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER`.
    #[cfg(feature = "secrets")]
    pub secrets: crate::secrets::Secrets,
    /// `SLIPWAY_AUTH`: nothing, or `lain-sso` with `SLIPWAY_SSO_URL`, and with `SLIPWAY_SSO_CLIENT_ID` and
    /// `SLIPWAY_SSO_CLIENT_SECRET` where this installation is a client of the SSO.
    pub auth: Auth,
    /// `SLIPWAY_RATE_LIMIT`: mutations per second and caller.
    pub rate_limit: Option<NonZeroU32>,
    /// `SLIPWAY_WORKER_TIMEOUT_S`: after how many seconds the worker is stopped; its time-out on Lambda.
    pub worker_timeout: Duration,
}

const WORKER_TIMEOUT_DEFAULT_S: u64 = 120;

impl Settings {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self> {
        Self::read(&std::env::vars().collect())
    }

    /// Reads an environment. The error names the variable.
    pub fn read(env: &HashMap<String, String>) -> Result<Self> {
        let optional = |name: &str| env.get(name).filter(|value| !value.is_empty()).cloned();
        let required = |name: &'static str| optional(name).ok_or_else(|| bad(name, "is not set"));
        let credentials = Credentials::from_keys(
            required("AWS_ACCESS_KEY_ID")?,
            required("AWS_SECRET_ACCESS_KEY")?,
            optional("AWS_SESSION_TOKEN"),
        );
        let regions = required(REGIONS)?;
        let regions =
            std::fs::read_to_string(&regions).map_err(|error| bad(REGIONS, format!("{regions}: {error}")))?;
        let number = |name| match optional(name) {
            Some(text) => text.parse().map(Some).map_err(|_| bad(name, "must be a positive whole number")),
            None => Ok(None),
        };
        let worker_timeout_s =
            number(WORKER_TIMEOUT_S)?.map_or(WORKER_TIMEOUT_DEFAULT_S, |s: NonZeroU32| s.get().into());
        let connection = Connection::new(required("AWS_REGION")?, credentials)?;
        Ok(Self {
            table: required(TABLE)?,
            queue_url: required(QUEUE_URL)?,
            webhooks_queue_url: required(WEBHOOKS_QUEUE_URL)?,
            dynamodb_url: optional(DYNAMODB_URL),
            sqs_url: optional(SQS_URL),
            regions: Arc::new(Regions::parse(&regions).map_err(|error| bad(REGIONS, error))?),
            console: Arc::new(console::read(optional)?),
            #[cfg(feature = "deploy")]
            registry: registry::read(optional)?,
            #[cfg(feature = "secrets")]
            secrets: secrets(&connection, optional(SECRETS), optional(SECRETS_MANAGER_URL).as_deref()),
            auth: auth(optional)?,
            rate_limit: number(RATE_LIMIT)?,
            worker_timeout: Duration::from_secs(worker_timeout_s),
            connection,
        })
    }

    /// The handles by these settings.
    pub fn context(&self) -> Result<Context> {
        let sqs = self.sqs_url.as_deref();
        Ok(Context {
            store: Store::new(&self.connection, self.dynamodb_url.as_deref(), self.table.clone()),
            queue: Queue::new(&self.connection, sqs, self.queue_url.clone()),
            webhooks: Queue::new(&self.connection, sqs, self.webhooks_queue_url.clone()),
            #[cfg(feature = "deploy")]
            registry: crate::registry::Registry::new(&self.console.registry, self.registry.clone())?,
            #[cfg(feature = "deploy")]
            signer: self.registry.signer().cloned(),
            #[cfg(feature = "secrets")]
            secrets: self.secrets.clone(),
            console: Arc::clone(&self.console),
            regions: Arc::clone(&self.regions),
            auth: self.auth.clone(),
            rate: self.rate_limit.map(|per_second| Arc::new(RateLimit::new(per_second))),
        })
    }
}

#[cfg(feature = "secrets")]
fn secrets(connection: &Connection, place: Option<String>, url: Option<&str>) -> crate::secrets::Secrets {
    use crate::secrets::{Manager, Secrets};
    match place {
        None => Secrets::Nowhere,
        Some(word) if word == "aws-secrets-manager" => Secrets::Manager(Manager::new(connection, url)),
        Some(folder) => Secrets::Folder(folder.into()),
    }
}

/// Without the variable nobody has access. Open access is for development builds (`cargo lambda watch`
/// against a local stack): a release build does not know the word.
fn auth(optional: impl Fn(&str) -> Option<String>) -> Result<Auth> {
    match optional(AUTH).as_deref() {
        None => Ok(Auth::Closed),
        Some("lain-sso") => lain_sso(optional),
        Some("open") if cfg!(debug_assertions) => Ok(Auth::Open(OpenAccess::default())),
        Some(other) => Err(bad(AUTH, format!("cannot be {other:?} in this build"))),
    }
}

#[cfg(feature = "console")]
fn lain_sso(optional: impl Fn(&str) -> Option<String>) -> Result<Auth> {
    use super::variable::{SSO_CLIENT_ID, SSO_CLIENT_SECRET};
    use crate::outbound::Password;
    use crate::sso::{OAuthClient, Sso};

    let url = optional(SSO_URL).ok_or_else(|| bad(SSO_URL, "is not set"))?;
    let client = match (optional(SSO_CLIENT_ID), optional(SSO_CLIENT_SECRET)) {
        (Some(id), Some(secret)) => Some(OAuthClient { id, secret: Password(secret) }),
        (None, None) => None,
        (Some(_), None) => return Err(bad(SSO_CLIENT_SECRET, "is not set")),
        (None, Some(_)) => return Err(bad(SSO_CLIENT_ID, "is not set")),
    };
    Sso::new(&url, client).map(Auth::LainSso)
}

/// The SSO knows nobody of the other dialect.
#[cfg(not(feature = "console"))]
fn lain_sso(optional: impl Fn(&str) -> Option<String>) -> Result<Auth> {
    optional(SSO_URL).map(|_| Auth::Closed).ok_or_else(|| bad(SSO_URL, "is not set"))
}

fn bad(name: &'static str, why: impl std::fmt::Display) -> Error {
    Error::internal("read the environment", format!("{name} {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(regions: &std::path::Path) -> HashMap<String, String> {
        let pairs = [
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "a"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            (TABLE, "t-1"),
            (QUEUE_URL, "http://localhost/q"),
            (WEBHOOKS_QUEUE_URL, "http://localhost/w"),
            (REGIONS, regions.to_str().unwrap()),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn a_missing_or_bad_variable_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), r#"[{"id":"xq","cluster":"one"}]"#).unwrap();
        let good = env(file.path());
        let settings = Settings::read(&good).unwrap();
        assert_eq!((settings.auth, settings.worker_timeout.as_secs()), (Auth::Closed, 120));
        for name in good.keys() {
            let mut env = good.clone();
            env.remove(name);
            let error = Settings::read(&env).unwrap_err();
            assert!(
                std::error::Error::source(&error).unwrap().to_string().starts_with(name.as_str()),
                "{error:?}"
            );
        }
        for (name, value) in
            [(AUTH, "closed"), (RATE_LIMIT, "0"), (WORKER_TIMEOUT_S, "x"), (REGIONS, "/absent")]
        {
            let mut env = good.clone();
            env.insert(name.to_owned(), value.to_owned());
            let error = Settings::read(&env).unwrap_err();
            assert!(std::error::Error::source(&error).unwrap().to_string().starts_with(name), "{error:?}");
        }
    }
}
