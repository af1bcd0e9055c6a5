//! The domains under which the apps of an installation are reached, and the host names that follow from them (lain-spec 2.4).

use super::manifest::{Proc, ProcKind};
use super::name::AppName;

/// The domain of LAIN's own DNS.
const INTERNAL: &str = "lain";

/// The domains of an installation. There is at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domains {
    main: String,
    extra: Vec<String>,
}

impl Domains {
    /// The main domain and the extra ones.
    pub fn new(main: String, extra: Vec<String>) -> Self {
        Self { main, extra }
    }

    /// Reads a comma-separated list, the main one first; none for an empty one or a name that is no domain.
    pub fn parse(list: &str) -> Option<Self> {
        let mut names = list.split(',').map(str::trim).map(str::to_owned);
        let is_domain = |name: &String| {
            let label = |label: &str| {
                !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            };
            name.len() <= 253 && name.split('.').all(label)
        };
        let main = names.next().filter(is_domain)?;
        let extra = names.map(|name| is_domain(&name).then_some(name)).collect::<Option<_>>()?;
        Some(Self { main, extra })
    }

    /// The main one.
    pub fn main(&self) -> &str {
        &self.main
    }

    /// All of them, the main one first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        [&self.main].into_iter().chain(&self.extra).map(String::as_str)
    }
}

impl std::fmt::Display for Domains {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.iter().collect::<Vec<_>>().join(","))
    }
}

impl Proc {
    /// Where a web proc is reached: `host` or `host/path`; nothing for other procs.
    ///
    /// What the file lists comes first. The proc named `web` has the app's own hosts besides; an entry that is only a path
    /// stands for that path of each of them.
    pub fn mountpoints(&self, app: &AppName, domains: &Domains) -> Vec<String> {
        if self.kind != ProcKind::Web {
            return Vec::new();
        }
        let domain = app.domain();
        let own: Vec<String> =
            domains.iter().chain([INTERNAL]).map(|suffix| format!("{domain}.{suffix}")).collect();
        let (paths, mut hosts): (Vec<_>, Vec<_>) =
            self.mountpoint.iter().cloned().partition(|entry| entry.starts_with('/'));
        if self.name.as_str() == "web" {
            for host in &own {
                if !hosts.contains(host) {
                    hosts.push(host.clone());
                }
            }
        }
        let paths = paths.iter().filter(|path| *path != "/");
        hosts.extend(paths.flat_map(|path| own.iter().map(move |host| format!("{host}{path}"))));
        hosts
    }

    /// Domains in which its short host names are looked up: the file's, then the app's own.
    pub fn dns_searches(&self, app: &AppName) -> Vec<String> {
        self.dns_search.iter().cloned().chain([format!("{}.{INTERNAL}", app.domain())]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_domains_has_its_main_one_first() {
        let domains = Domains::parse("a.example, b.example").unwrap();
        assert_eq!(domains.iter().collect::<Vec<_>>(), ["a.example", "b.example"]);
        assert_eq!(domains.to_string(), "a.example,b.example");
        for bad in ["", ",", "a,,b", "a b", "a/b", ".a"] {
            assert_eq!(Domains::parse(bad), None, "{bad:?} should be refused");
        }
    }
}
