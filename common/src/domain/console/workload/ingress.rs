//! By what a web proc is reached from outside.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use super::Place;
use crate::domain::console::manifest::Proc;
use crate::domain::workload::{Ingress, Labels};

/// LAIN's own names are not the ingress controller's.
const INTERNAL_SUFFIX: &str = ".lain";

impl Place<'_> {
    pub(super) fn ingress(&self, proc: &Proc, service: &str) -> Option<Ingress> {
        let port: NonZeroU16 = proc.ports.first()?.port;
        let mut rules = Vec::new();
        for mountpoint in proc.mountpoints(self.client.name(), self.domains) {
            let (host, path) = mountpoint.split_once('/').unwrap_or((&mountpoint, ""));
            let host = host.to_ascii_lowercase();
            let rule = (host.clone(), format!("/{path}"));
            if !host.ends_with(INTERNAL_SUFFIX) && !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        if rules.is_empty() {
            return None;
        }
        let settings = &self.region.console;
        let mut tls: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (host, _) in &rules {
            let is_below = |domain: &str| {
                host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            };
            // The nearest domain's: a wildcard certificate is good for one level only.
            let above = settings.tls.iter().filter(|(domain, _)| is_below(domain));
            if let Some((_, secret)) = above.max_by_key(|(domain, _)| domain.len()) {
                let hosts = tls.entry(secret.clone()).or_default();
                if !hosts.contains(host) {
                    hosts.push(host.clone());
                }
            }
        }
        Some(Ingress {
            annotations: redirect(proc.https_only, settings.ingress_class.as_deref()),
            class: settings.ingress_class.clone(),
            service: service.to_owned(),
            port,
            rules,
            tls,
        })
    }
}

/// How each ingress controller is told to send HTTP on to HTTPS.
fn redirect(https_only: bool, class: Option<&str>) -> Labels {
    let annotation = match class {
        _ if !https_only => None,
        Some("traefik") => Some(("traefik.ingress.kubernetes.io/router.entrypoints", "websecure")),
        Some("haproxy") => Some(("haproxy.org/ssl-redirect", "true")),
        Some(_) | None => Some(("nginx.ingress.kubernetes.io/force-ssl-redirect", "true")),
    };
    annotation.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
