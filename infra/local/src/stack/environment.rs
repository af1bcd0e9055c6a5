//! The environment of the functions: files in the folder, and the settings that they read from them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use common::domain::region::Region;
use common::http::{Auth, OpenAccess};
use common::queue::QueueSpec;
use common::runtime::{Settings, variable};

use super::back_ends::BackEnds;
use super::images::Images;
use crate::endpoints::env_file;
use crate::error::{Error, Result};
use crate::flags::{AuthMode, Flags};
use crate::folder::Folder;

const TABLE: &str = "slipway";
const QUEUE: &str = "slipway-doorbells";
const WEBHOOKS_QUEUE: &str = "slipway-webhooks";
/// The AWS region of the emulators.
pub(super) const AWS_REGION: &str = "us-east-1";
/// What the emulators take any of.
const ACCOUNT: [(&str, &str); 3] =
    [("AWS_REGION", AWS_REGION), ("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local")];
/// After how long the worker is stopped.
pub(super) const WORKER_TIMEOUT: Duration = Duration::from_secs(20);
/// A try of a delivery takes 10 s at most.
const WEBHOOKS_TIMEOUT: Duration = Duration::from_secs(20);

type Environment = BTreeMap<String, String>;

/// Writes the regions document and `env`, makes the table and the queues, and reads the settings as the functions do.
pub(super) async fn prepare(
    flags: &Flags,
    folder: &Folder,
    regions: &[Region],
    back_ends: &BackEnds,
    registry: &Images,
) -> Result<Settings> {
    let document =
        serde_json::to_string_pretty(regions).map_err(|error| Error::Regions(error.to_string()))?;
    let mut env = environment(flags, &folder.write("regions.json", &document)?);
    env.extend(console(flags, folder, registry));
    let urls = [
        (variable::DYNAMODB_URL, back_ends.dynamodb_url(flags)),
        (variable::SQS_URL, back_ends.sqs_url(flags)),
    ];
    env.extend(urls.into_iter().filter_map(|(name, url)| Some((name.to_owned(), url?.to_owned()))));
    let (queue_url, webhooks_queue_url) = make_table_and_queues(&env).await?;
    env.insert(variable::QUEUE_URL.to_owned(), queue_url);
    env.insert(variable::WEBHOOKS_QUEUE_URL.to_owned(), webhooks_queue_url);
    folder.write("env", &env_file(&env))?;
    match flags.auth {
        AuthMode::Open => {
            Ok(Settings { auth: Auth::Open(OpenAccess::new(&flags.allow_host)), ..read(&env)? })
        }
        AuthMode::LainSso => Ok(Settings::read(&env.into_iter().collect())?),
    }
}

/// Where a back end is not ours, it takes the account of the process's own environment.
fn environment(flags: &Flags, regions: &Path) -> Environment {
    let mut env: Environment = ACCOUNT.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    if flags.dynamodb_url.is_some() || flags.sqs_url.is_some() {
        let ours = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
        env.extend(std::env::vars().filter(|(name, _)| ours.contains(&name.as_str())));
    }
    let mut set = |name: &str, value: String| env.insert(name.to_owned(), value);
    set(variable::TABLE, TABLE.to_owned());
    set(variable::REGIONS, regions.display().to_string());
    match flags.auth {
        AuthMode::Open => set(variable::AUTH, "open".to_owned()),
        AuthMode::LainSso => set(variable::AUTH, "lain-sso".to_owned()),
    };
    set(variable::WORKER_TIMEOUT_S, WORKER_TIMEOUT.as_secs().to_string());
    if let Some(limit) = flags.rate_limit {
        set(variable::RATE_LIMIT, limit.to_string());
    }
    env
}

/// What the console dialect is told.
fn console(flags: &Flags, folder: &Folder, registry: &Images) -> Environment {
    let mut env = Environment::new();
    let mut set = |name: &str, value: Option<String>| {
        env.extend(value.filter(|value| !value.is_empty()).map(|value| (name.to_owned(), value)));
    };
    set(variable::DOMAINS, Some(flags.domain.join(",")));
    set(variable::PROTECTED_APPS, Some(flags.protected_app.join(",")));
    set(variable::WEBHOOK_SCHEDULE, flags.webhook_schedule.clone());
    set(variable::SSO_URL, flags.sso_url.clone());
    set(variable::SSO_CLIENT_ID, flags.sso_client_id.clone());
    set(variable::SSO_CLIENT_SECRET, flags.sso_client_secret.clone());
    set(variable::SECRETS, Some(folder.path().join("secrets").display().to_string()));
    set(variable::REGISTRY, registry.address.clone());
    let key = registry.tokens.as_ref().map(|tokens| tokens.private_key.display().to_string());
    set(variable::REGISTRY_KEY, key);
    env
}

/// Gives the queues' URLs: the worker's, and the webhooks'.
async fn make_table_and_queues(env: &Environment) -> Result<(String, String)> {
    let mut env = env.clone();
    for name in [variable::QUEUE_URL, variable::WEBHOOKS_QUEUE_URL] {
        env.insert(name.to_owned(), "to be made".to_owned());
    }
    let context = read(&env)?.context()?;
    context.store.create_table().await?;
    let spec = |name: &str, visibility| QueueSpec { name: name.to_owned(), visibility, receives_max: 5 };
    let queue = context.queue.create(&spec(QUEUE, WORKER_TIMEOUT)).await?;
    let webhooks = context.webhooks.create(&spec(WEBHOOKS_QUEUE, WEBHOOKS_TIMEOUT)).await?;
    Ok((queue.url().to_owned(), webhooks.url().to_owned()))
}

/// Open access is not among what the environment of a release build may say, and here it is asked for.
fn read(env: &Environment) -> Result<Settings> {
    let env = env.iter().filter(|(name, _)| *name != variable::AUTH);
    Ok(Settings::read(&env.map(|(name, value)| (name.clone(), value.clone())).collect())?)
}
