//! A console app as a workload (lain-spec §6).

mod group;
mod ingress;
mod pod;

use std::collections::{BTreeMap, BTreeSet};

use super::app::{App, DeployedProc, Desired};
use super::domains::Domains;
use super::manifest::ProcKind;
use super::name::{AppName, kubernetes_name};
use super::secret::SecretFiles;
use crate::domain::applied::Failure;
use crate::domain::region::Region;
use crate::domain::workload::{Labels, Namespace, Peer, Reach, Workload, label};

/// The secret files of an app's procs, by the procs' ids (those of the resource, for an instance).
pub type Files = BTreeMap<String, SecretFiles>;

pub use group::{group_name, secret_name};
pub use pod::{secret_key, variables};

/// The namespace of an app.
pub fn namespace(app: &AppName) -> Namespace {
    let app = kubernetes_name(app.as_str());
    let name = format!("lain-{app}");
    let labels = [(label::MANAGED_BY, label::SLIPWAY.to_owned()), (label::APP, app)];
    Namespace { name, labels: labels.map(|(key, value)| (key.to_owned(), value)).into() }
}

/// What the app wants in the region: its procs, and a portal for each service that it uses of those in `services`.
///
/// # Errors
/// If two of these would have the same name.
pub fn workload(
    app: &App,
    services: &BTreeMap<AppName, App>,
    files: &Files,
    region: &Region,
    domains: &Domains,
) -> Result<Workload, Failure> {
    let place = Place { client: app, region, domains };
    let own = app.procs().iter().filter(|proc| !proc.is_portal() && proc.desired != Desired::Removed);
    let no_files = SecretFiles::new();
    let mut groups: Vec<_> = own
        .map(|proc| {
            let files = files.get(&proc.podgroup(&app.name().repository())).unwrap_or(&no_files);
            place.group(app, proc, files)
        })
        .collect();
    for (service, names) in app.used_portals() {
        let Some(service) = services.get(&service) else { continue };
        let used = |proc: &&DeployedProc| match &proc.proc.kind {
            ProcKind::Portal { service_name, .. } => names.contains(service_name),
            ProcKind::Web | ProcKind::Worker | ProcKind::Oneshot => false,
        };
        groups.extend(service.procs().iter().filter(used).map(|proc| place.group(service, proc, &no_files)));
    }
    let mut taken = BTreeSet::new();
    for group in &groups {
        let names = group.services.iter().map(|service| (true, &service.name)).chain([(false, &group.name)]);
        for name in names {
            if !taken.insert(name) {
                return Err(Failure {
                    generation: app.generation,
                    reason: "DuplicateName".to_owned(),
                    message: format!("two procs or portals of the app would both be called {}", name.1),
                });
            }
        }
    }
    let selector = Labels::from([(label::MANAGED_BY.to_owned(), label::SLIPWAY.to_owned())]);
    let namespace = namespace(app.name());
    Ok(Workload { owner: app.uid.clone(), namespace, selector, groups, reach: reach(app, region) })
}

/// Where groups are put together.
struct Place<'a> {
    /// The app in whose namespace they are.
    client: &'a App,
    region: &'a Region,
    domains: &'a Domains,
}

/// Its own pods, the ingress controller's, those that stand for it in other namespaces; everybody at its ports of the
/// cluster's edge.
fn reach(app: &App, region: &Region) -> Reach {
    let mut peers = vec![Peer::Namespace(region.console.ingress_namespace.clone())];
    if app.procs().iter().any(DeployedProc::is_portal) {
        let labels =
            [(label::APP, kubernetes_name(app.name().as_str())), (label::PROC_TYPE, "portal".to_owned())];
        peers.push(Peer::Pods(labels.map(|(key, value)| (key.to_owned(), value)).into()));
    }
    let ports = app.stream_ports().into_iter().map(|(_, port)| (port.target, port.protocol)).collect();
    Reach::Only { peers, ports }
}
