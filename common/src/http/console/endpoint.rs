//! The console's paths: which endpoint one belongs to, and what its answers without success are keyed by.

use axum::http::Method;

/// Where the console's paths start.
pub(in crate::http) const BASE: &str = "/api/v1/";

/// An endpoint, by the segments of its path (lain-spec 1.3 to 1.5).
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the paths themselves")]
pub enum Endpoint {
    Repos,
    Repo(String),
    Details(String),
    Versions(String),
    Roles(String),
    Maintainers(String),
    Maintainer(String),
    Push(String),
    Apps,
    App(String),
    Version(String),
    Procs(String),
    Proc(String, String),
    Histories(String, String),
    Instances(String),
    Notify(String),
    Oplogs,
    StreamPorts,
    Authorize,
    /// No path of the console's.
    Unknown,
}

/// The keys of an endpoint's answers without success.
pub(super) struct Keys {
    /// For a body that is not good.
    pub(super) bad: &'static str,
    /// For our own failure.
    pub(super) failed: &'static str,
    /// For a method that it has not.
    pub(super) method: &'static str,
}

impl Endpoint {
    /// The endpoint of a path in its one spelling; none for paths of other dialects.
    pub fn of(path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.strip_prefix(BASE)?.split('/').collect();
        let text =
            |segment: &str| percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned();
        Some(match segments.as_slice() {
            ["repos"] => Self::Repos,
            ["repos", app] => Self::Repo(text(app)),
            ["repos", app, "details"] => Self::Details(text(app)),
            ["repos", app, "versions"] => Self::Versions(text(app)),
            ["repos", app, "roles"] | ["repos", app, "roles", _] => Self::Roles(text(app)),
            ["repos", app, "maintainers"] => Self::Maintainers(text(app)),
            ["repos", app, "maintainers", _] => Self::Maintainer(text(app)),
            ["repos", app, "push"] => Self::Push(text(app)),
            ["apps"] => Self::Apps,
            ["apps", app] => Self::App(text(app)),
            ["apps", app, "versions", _] => Self::Version(text(app)),
            ["apps", app, "procs"] => Self::Procs(text(app)),
            ["apps", app, "procs", proc] => Self::Proc(text(app), text(proc)),
            ["apps", app, "procs", proc, "instance", _, "histories"] => {
                Self::Histories(text(app), text(proc))
            }
            ["resources", app, "instances"] => Self::Instances(text(app)),
            ["notify", notify] => Self::Notify(text(notify)),
            ["oplogs", _] => Self::Oplogs,
            ["usedstreamrouterports"] => Self::StreamPorts,
            ["authorize", ..] => Self::Authorize,
            _ => Self::Unknown,
        })
    }

    pub(super) fn keys(&self, method: &Method) -> Keys {
        let all = |key| Keys { bad: key, failed: key, method: key };
        // A list of many, to which one can be added.
        let failed = |many, one| if *method == Method::GET { many } else { one };
        match self {
            Self::Repos => Keys { bad: "repo", ..all("repos") },
            Self::Repo(_) => all("repo"),
            Self::Details(_) => Keys { method: "details", ..all("detail") },
            Self::Versions(_) => all("version"),
            Self::Roles(_) => all("role"),
            Self::Maintainers(_) => {
                let failed = failed("maintainers", "maintainer");
                Keys { bad: "maintainers", failed, method: "maintainer" }
            }
            Self::Maintainer(_) => all("maintainer"),
            Self::Push(_) => all("image_push"),
            Self::Apps => Keys { bad: "app", failed: failed("apps", "app"), method: "apps" },
            Self::App(_) | Self::Version(_) | Self::Unknown => all("app"),
            Self::Procs(_) => Keys { bad: "proc", failed: failed("procs", "proc"), method: "procs" },
            Self::Proc(..) => all("proc"),
            Self::Histories(..) => Keys { method: "proc history", ..all("proc") },
            Self::Instances(_) => Keys { method: "resource", ..all("instances") },
            Self::Notify(_) => Keys { method: "api_notify", ..all("notify") },
            Self::Oplogs => all("oplog"),
            Self::StreamPorts => all("streamrouter"),
            Self::Authorize => all("auth"),
        }
    }
}

/// The `url` members: paths without a host, with the last slash.
pub mod url {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

    fn of(segments: &[&str]) -> String {
        let mut url = super::BASE.to_owned();
        for segment in segments {
            url.extend(utf8_percent_encode(segment, KEPT));
            url.push('/');
        }
        url
    }

    /// What tells people how to use it.
    pub fn docs() -> String {
        of(&["docs"])
    }

    /// All registered apps.
    pub fn repos() -> String {
        of(&["repos"])
    }

    /// A registered app.
    pub fn repo(app: &str) -> String {
        of(&["repos", app])
    }

    /// Something of a registered app, like `details`.
    pub fn of_repo(app: &str, what: &str) -> String {
        of(&["repos", app, what])
    }

    /// A user's role or membership of an app.
    pub fn of_user(app: &str, what: &str, user: &str) -> String {
        of(&["repos", app, what, user])
    }

    /// All deployed apps.
    pub fn apps() -> String {
        of(&["apps"])
    }

    /// A deployed app.
    pub fn app(app: &str) -> String {
        of(&["apps", app])
    }

    /// The procs of an app.
    pub fn procs(app: &str) -> String {
        of(&["apps", app, "procs"])
    }

    /// A proc of an app.
    pub fn proc(app: &str, proc: &str) -> String {
        of(&["apps", app, "procs", proc])
    }

    /// The history of an instance of a proc.
    pub fn histories(app: &str, proc: &str, instance: &str) -> String {
        of(&["apps", app, "procs", proc, "instance", instance, "histories"])
    }

    /// The instances of a resource.
    pub fn instances(resource: &str) -> String {
        of(&["resources", resource, "instances"])
    }

    /// The notifiers of a type.
    pub fn notify(notify: &str) -> String {
        of(&["notify", notify])
    }

    /// The oplog of an app.
    pub fn oplogs(app: &str) -> String {
        of(&["oplogs", app])
    }

    /// The ports of the cluster's edge.
    pub fn stream_ports() -> String {
        format!("{}usedstreamrouterports", super::BASE)
    }

    /// Whether callers are told apart.
    pub fn authorize() -> String {
        of(&["authorize", "status"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_consoles_paths_have_endpoints() {
        assert_eq!(Endpoint::of("/regions/xq/v1/projects"), None);
        assert_eq!(Endpoint::of("/healthz"), None);
        assert_eq!(Endpoint::of("/api/v1/apps"), Some(Endpoint::Apps));
        assert_eq!(Endpoint::of("/api/v1/apps/a%20b"), Some(Endpoint::App("a b".to_owned())));
        assert_eq!(Endpoint::of("/api/v1/apps/a/b"), Some(Endpoint::Unknown));
        assert_eq!(Endpoint::of("/api/v1/"), Some(Endpoint::Unknown));
    }

    #[test]
    fn urls_end_with_a_slash_and_are_encoded() {
        assert_eq!(url::proc("a", "w/b"), "/api/v1/apps/a/procs/w%2Fb/");
        assert_eq!(url::app("resource.redis.hello"), "/api/v1/apps/resource.redis.hello/");
    }
}
