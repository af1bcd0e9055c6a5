//! The names of the environment variables that are ours, or that say where AWS's stand-ins are.
//! [`super::Settings`] has what they mean.

#![expect(missing_docs, reason = "the settings document them")]

pub const TABLE: &str = "SLIPWAY_TABLE";
pub const QUEUE_URL: &str = "SLIPWAY_QUEUE_URL";
pub const WEBHOOKS_QUEUE_URL: &str = "SLIPWAY_WEBHOOKS_QUEUE_URL";
pub const REGIONS: &str = "SLIPWAY_REGIONS";
pub const DOMAINS: &str = "SLIPWAY_DOMAINS";
pub const REGISTRY_KEY: &str = "SLIPWAY_REGISTRY_KEY";
pub const REGISTRY_USER: &str = "SLIPWAY_REGISTRY_USER";
pub const REGISTRY_PASSWORD: &str = "SLIPWAY_REGISTRY_PASSWORD";
pub const REGISTRY: &str = "SLIPWAY_REGISTRY";
pub const PROTECTED_APPS: &str = "SLIPWAY_PROTECTED_APPS";
pub const WEBHOOK_SCHEDULE: &str = "SLIPWAY_WEBHOOK_SCHEDULE";
pub const SECRETS: &str = "SLIPWAY_SECRETS";
pub const SSO_URL: &str = "SLIPWAY_SSO_URL";
pub const SSO_CLIENT_ID: &str = "SLIPWAY_SSO_CLIENT_ID";
pub const SSO_CLIENT_SECRET: &str = "SLIPWAY_SSO_CLIENT_SECRET";
pub const AUTH: &str = "SLIPWAY_AUTH";
pub const RATE_LIMIT: &str = "SLIPWAY_RATE_LIMIT";
pub const WORKER_TIMEOUT_S: &str = "SLIPWAY_WORKER_TIMEOUT_S";
pub const DYNAMODB_URL: &str = "AWS_ENDPOINT_URL_DYNAMODB";
pub const SQS_URL: &str = "AWS_ENDPOINT_URL_SQS";
pub const SECRETS_MANAGER_URL: &str = "AWS_ENDPOINT_URL_SECRETS_MANAGER";
