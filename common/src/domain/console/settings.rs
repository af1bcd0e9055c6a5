//! What an installation is told of the console dialect.

use super::domains::Domains;
use super::name::AppName;
use super::notify::Schedule;

/// The settings of the console dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The domains under which apps are reached.
    pub domains: Domains,
    /// The registry of the apps' images: `host` or `host:port`.
    pub registry: String,
    /// Apps that are never undeployed.
    pub protected_apps: Vec<AppName>,
    /// The waits before the tries of a delivery.
    pub webhook_schedule: Schedule,
}

impl Settings {
    /// Whether the app is never undeployed.
    pub fn is_protected(&self, app: &AppName) -> bool {
        self.protected_apps.contains(app)
    }

    /// The image of a version of an app.
    pub fn release_image(&self, app: &AppName, version: &super::name::MetaVersion) -> String {
        format!("{}/{}:release-{version}", self.registry, app.repository())
    }
}
