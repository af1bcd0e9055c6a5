//! The group of pods of a proc, with all that goes with it.

use std::collections::BTreeMap;

use serde_json::json;

use super::pod::secret_key;
use super::{Place, SecretFiles};
use crate::domain::console::app::{App, DeployedProc, Desired};
use crate::domain::console::manifest::{Proc, ProcKind};
use crate::domain::console::name::kubernetes_name;
use crate::domain::console::secret::MODE_DEFAULT;
use crate::domain::digest::sha256_hex;
use crate::domain::service::Port;
use crate::domain::workload::{
    Claim, Controller, Exposure, Group, Labels, Rollout, Secret, Service, ServicePort, StatefulSet, label,
};

impl Place<'_> {
    /// The group of a proc of `app`, which is the client itself or one whose portal it uses.
    pub(super) fn group(&self, app: &App, proc: &DeployedProc, files: &SecretFiles) -> Group {
        let name = group_name(app, proc);
        let instances = proc.instances();
        let is_started = proc.desired == Desired::Started;
        let secret = secret(app, proc, files);
        // None of those that it may do without, or they are not known yet.
        let mounted = secret.as_ref().filter(|secret| !secret.data.is_empty());
        let shape = Shape::of(proc);
        let mut pod_annotations = Labels::from([(label::ROLLED.to_owned(), proc.rolled.to_string())]);
        // A Job's template is for ever.
        if let Some(secret) = mounted.filter(|_| shape != Shape::Once) {
            pod_annotations.insert(label::SECRET_HASH.to_owned(), hash(secret));
        }
        let labels = self.labels(app, proc, &name);
        let selector_keys = [label::APP, label::PROC, label::WORKLOAD];
        let is_selector = |key: &str| selector_keys.contains(&key);
        Group {
            selector: labels.clone().into_iter().filter(|(key, _)| is_selector(key)).collect(),
            labels,
            annotations: self.annotations(app, proc),
            pod_annotations,
            controller: match shape {
                Shape::Interchangeable => {
                    Controller::Deployment(Rollout::OneByOne { min_ready_s: proc.proc.setup_time })
                }
                Shape::Numbered => Controller::StatefulSet(StatefulSet {
                    service_name: headless(&name),
                    first: 1,
                    min_ready_s: proc.proc.setup_time,
                    claims: self.own_claims(&proc.proc, ""),
                }),
                Shape::Once => Controller::Job { completions: instances },
            },
            replicas: if is_started { instances } else { 0 },
            pod: self.pod(app, proc, mounted.map(|secret| (secret.name.as_str(), files))),
            services: self.services(app, proc, &name, shape),
            ingress: self.ingress(&proc.proc, &name),
            secret,
            claims: self.shared_claims(app, proc, shape),
            has_disruption_budget: is_started && instances >= 2 && shape != Shape::Once,
            name,
        }
    }

    fn labels(&self, app: &App, proc: &DeployedProc, name: &str) -> Labels {
        let version =
            app.deployment.as_ref().map(|deployment| deployment.version.as_str()).unwrap_or_default();
        let mut labels: Labels = [
            (label::MANAGED_BY, label::SLIPWAY.to_owned()),
            (label::APP, kubernetes_name(app.name().as_str())),
            (label::PROC, kubernetes_name(proc.name().as_str())),
            (label::PROC_TYPE, proc.proc.kind.as_str().to_owned()),
            (label::WORKLOAD, name.to_owned()),
            (label::REVISION, app.revision.to_string()),
            (label::META_VERSION, label::telling(version)),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        if proc.is_portal() {
            labels.insert(label::CLIENT.to_owned(), kubernetes_name(self.client.name().as_str()));
        }
        labels.extend(proc.proc.labels.iter().filter_map(|text| {
            let (key, value) = text.split_once(':')?;
            Some((label::of_lain(key), label::sanitized(value)))
        }));
        labels
    }

    /// What people called it, and what LAIN's own parts read (lain-spec 2.4).
    fn annotations(&self, app: &App, proc: &DeployedProc) -> Labels {
        let Proc { kind, healthcheck, logs, stream_ports, backups, https_only, .. } = &proc.proc;
        let mut lain = json!({
            "mountpoint": proc.proc.mountpoints(app.name(), self.domains),
            "https_only": https_only,
        });
        if let ProcKind::Portal { service_name, .. } = kind {
            lain["service_name"] = json!(service_name);
        }
        if let Some(backups) = backups {
            lain["backup"] = backups.clone();
        }
        if let Some(path) = healthcheck {
            lain["healthcheck"] = json!(path);
        }
        if !logs.is_empty() {
            lain["logs"] = json!(logs);
        }
        if !stream_ports.is_empty() {
            lain["ports"] = json!(stream_ports);
        }
        [
            (label::APP_NAME, app.name().to_string()),
            (label::PODGROUP, proc.podgroup(app.name())),
            (label::CPU_LEVEL, proc.cpu().to_string()),
            (label::INSTANCE_NUMBER, proc.instances().to_string()),
            (label::LAIN, lain.to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }

    /// One by which others in the namespace reach it, the one that numbers its pods, and one for its ports of the cluster's
    /// edge. None of them ever changes its sort, which Kubernetes would refuse.
    fn services(&self, app: &App, proc: &DeployedProc, name: &str, shape: Shape) -> Vec<Service> {
        let ports = || {
            let port =
                |port: &Port| ServicePort { port: port.port, target: port.port, protocol: port.protocol };
            proc.proc.ports.iter().map(port).collect::<Vec<_>>()
        };
        let numbering = (shape == Shape::Numbered).then(|| Service {
            name: headless(name),
            exposure: Exposure::Headless,
            ports: ports(),
        });
        let is_reached = !proc.proc.ports.is_empty() && shape != Shape::Once;
        let internal = is_reached.then(|| Service {
            name: match &proc.proc.kind {
                // A portal stands for the service under the name that its clients know.
                ProcKind::Portal { service_name, .. } => kubernetes_name(service_name),
                ProcKind::Web | ProcKind::Worker | ProcKind::Oneshot => name.to_owned(),
            },
            exposure: Exposure::ClusterIp,
            ports: ports(),
        });
        let edge: Vec<_> = proc
            .proc
            .stream_ports
            .iter()
            .map(|port| ServicePort { port: port.source, target: port.target, protocol: port.protocol })
            .collect();
        let is_own = app.id == self.client.id;
        let edge = (is_own && !edge.is_empty()).then(|| Service {
            name: bounded(&format!("{name}-edge")),
            exposure: Exposure::LoadBalancer,
            ports: edge,
        });
        numbering.into_iter().chain(internal).chain(edge).collect()
    }

    /// A claim for each volume, and one for cloud volumes that are not shared.
    fn own_claims(&self, proc: &Proc, prefix: &str) -> Vec<Claim> {
        let settings = &self.region.console;
        let claim = |name: String| Claim {
            name: format!("{prefix}{name}"),
            is_shared: false,
            storage_class: settings.storage_class.clone(),
            size_gi: settings.volume_size_gi.get(),
        };
        let volumes = super::pod::volumes(proc).map(|path| claim(super::pod::volume_name(path)));
        let cloud = proc.cloud_volumes.as_ref().filter(|volumes| !volumes.shared);
        volumes.chain(cloud.map(|_| claim(super::pod::CLOUD.to_owned()))).collect()
    }

    /// A Job makes no claims of its own: all its pods have the same.
    fn shared_claims(&self, app: &App, proc: &DeployedProc, shape: Shape) -> Vec<Claim> {
        let settings = &self.region.console;
        let cloud = proc.proc.cloud_volumes.as_ref().filter(|volumes| volumes.shared);
        let claim = cloud.map(|_| Claim {
            name: shared_claim(app, proc),
            is_shared: true,
            storage_class: settings.shared_storage_class.clone(),
            size_gi: settings.volume_size_gi.get(),
        });
        let own = match shape {
            Shape::Once => self.own_claims(&proc.proc, &claim_prefix(app, proc)),
            Shape::Interchangeable | Shape::Numbered => Vec::new(),
        };
        claim.into_iter().chain(own).collect()
    }
}

/// The object that keeps the pods of a proc of `app`. A Job cannot be changed, so each deploy has one of its own.
pub fn group_name(app: &App, proc: &DeployedProc) -> String {
    let lasting = lasting_name(app, proc);
    match proc.proc.kind {
        ProcKind::Web | ProcKind::Worker | ProcKind::Portal { .. } => bounded(&lasting),
        ProcKind::Oneshot => bounded(&format!("{lasting}-r{}n{}", proc.rolled, proc.instances())),
    }
}

/// A name of a proc of `app` in the namespace of each app where it runs, the same at all times.
fn lasting_name(app: &App, proc: &DeployedProc) -> String {
    let own = kubernetes_name(proc.name().as_str());
    match proc.proc.kind {
        ProcKind::Web | ProcKind::Worker | ProcKind::Oneshot => own,
        ProcKind::Portal { .. } => format!("{}-{own}", kubernetes_name(app.name().as_str())),
    }
}

/// The Secret with the secret files of a proc.
pub fn secret_name(app: &App, proc: &DeployedProc) -> String {
    bounded(&format!("{}-files", lasting_name(app, proc)))
}

/// The claim of the cloud volumes that all instances of a proc share.
pub(super) fn shared_claim(app: &App, proc: &DeployedProc) -> String {
    claim_prefix(app, proc) + super::pod::CLOUD
}

/// What the names of claims begin with that all instances of a proc share.
pub(super) fn claim_prefix(app: &App, proc: &DeployedProc) -> String {
    format!("{}-", bounded(&lasting_name(app, proc)))
}

/// The Service that gives the pods of a StatefulSet their host names. No proc's or portal's is equal: their `--` comes
/// before eight hexadecimal digits.
pub(super) fn headless(name: &str) -> String {
    format!("{name}--pods")
}

/// How the pods of a proc are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// They can replace each other.
    Interchangeable,
    /// Each has its number and its volumes.
    Numbered,
    /// They run to their end.
    Once,
}

impl Shape {
    pub(super) fn of(proc: &DeployedProc) -> Self {
        let Proc { kind, stateful, cloud_volumes, .. } = &proc.proc;
        let has_own_volumes = super::pod::volumes(&proc.proc).next().is_some()
            || cloud_volumes.as_ref().is_some_and(|volumes| !volumes.shared);
        match kind {
            ProcKind::Oneshot => Self::Once,
            ProcKind::Web | ProcKind::Worker | ProcKind::Portal { .. } if *stateful || has_own_volumes => {
                Self::Numbered
            }
            ProcKind::Web | ProcKind::Worker | ProcKind::Portal { .. } => Self::Interchangeable,
        }
    }
}

/// The Secret of a proc that declares secret files, with those that there are.
fn secret(app: &App, proc: &DeployedProc, files: &SecretFiles) -> Option<Secret> {
    let declared =
        || proc.proc.secret_files.iter().filter_map(|path| Some((secret_key(path), files.get(path)?)));
    let modes = declared().filter(|(_, file)| file.mode != MODE_DEFAULT).map(|(key, file)| (key, file.mode));
    let modes: BTreeMap<_, _> = modes.collect();
    let annotations = (!modes.is_empty()).then(|| (label::FILE_MODES.to_owned(), json!(modes).to_string()));
    let data = declared().map(|(key, file)| (key, file.content.clone())).collect();
    let secret =
        Secret { name: secret_name(app, proc), annotations: annotations.into_iter().collect(), data };
    (!proc.proc.secret_files.is_empty() && !proc.is_portal()).then_some(secret)
}

fn hash(secret: &Secret) -> String {
    let mut text = Vec::new();
    for (key, content) in &secret.data {
        text.extend_from_slice(key.as_bytes());
        text.extend_from_slice(sha256_hex(content, 32).as_bytes());
    }
    sha256_hex(text, 16)
}

/// A name that is short enough for what keeps pods: a longer one ends in its hash.
pub(super) fn bounded(full: &str) -> String {
    const BYTES_MAX: usize = 52;
    const BYTES_KEPT: usize = 42;
    match full.get(..BYTES_KEPT) {
        Some(start) if full.len() > BYTES_MAX => {
            format!("{}--{}", start.trim_end_matches('-'), sha256_hex(full, 4))
        }
        Some(_) | None => full.to_owned(),
    }
}
