//! What an installation is told of the console dialect.

use super::domains::Domains;
use super::name::AppName;
use super::notify::Schedule;

/// The group of the SSO of those who run the installation (lain-spec 4.3).
pub const ADMINS: &str = "lain";

/// The settings of the console dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The domains under which apps are reached.
    pub domains: Domains,
    /// The registry of the apps' images: `host` or `host:port`, or a URL of these.
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

    /// The group of the SSO of those who belong to an app (lain-spec 2.2).
    pub fn group(&self, app: &AppName) -> String {
        format!("lainapp-{}-{app}", self.domains.main()).replace('.', "-")
    }

    /// The image of a version of an app.
    pub fn release_image(&self, app: &AppName, version: &super::name::MetaVersion) -> String {
        let host = self.registry.split_once("://").map_or(self.registry.as_str(), |(_, host)| host);
        format!("{}/{}:release-{version}", host.trim_end_matches('/'), app.repository())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(registry: &str) -> Settings {
        Settings {
            domains: Domains::parse("lain.local").unwrap(),
            registry: registry.to_owned(),
            protected_apps: Vec::new(),
            webhook_schedule: Schedule(Vec::new()),
        }
    }

    #[test]
    fn a_group_has_no_dots() {
        let group = settings("").group(&"resource.redis.hello".parse().unwrap());
        assert_eq!(group, "lainapp-lain-local-resource-redis-hello");
    }

    #[test]
    fn an_image_has_no_scheme() {
        for registry in ["r.lain:5000", "http://r.lain:5000", "https://r.lain:5000/"] {
            let settings = settings(registry);
            let image = settings.release_image(&"hello".parse().unwrap(), &"1-a".parse().unwrap());
            assert_eq!(image, "r.lain:5000/hello:release-1-a");
        }
    }
}
