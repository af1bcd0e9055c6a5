//! Rendering: a workload as the Kubernetes objects that it becomes (kirk-spec §6, lain-spec §6).
//!
//! Pure: the same workload gives the same bytes, so that a hash tells whether an object must be sent.

mod ingress;
mod metadata;
mod namespace;
mod pod;
mod policy;
mod service;
mod storage;
mod workload;

use common::domain::digest::sha256_hex;
use common::domain::workload::{Reach, Workload};
use serde::Serialize;
use serde_json::Value;

pub use self::namespace::namespace;

/// The kinds of objects that a subject may own, in the order in which they are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words of Kubernetes")]
pub enum Kind {
    Secret,
    PersistentVolumeClaim,
    NetworkPolicy,
    Service,
    Deployment,
    StatefulSet,
    Job,
    Ingress,
    PodDisruptionBudget,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Secret,
        Self::PersistentVolumeClaim,
        Self::NetworkPolicy,
        Self::Service,
        Self::Deployment,
        Self::StatefulSet,
        Self::Job,
        Self::Ingress,
        Self::PodDisruptionBudget,
    ];

    /// As Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::PersistentVolumeClaim => "PersistentVolumeClaim",
            Self::NetworkPolicy => "NetworkPolicy",
            Self::Service => "Service",
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::Job => "Job",
            Self::Ingress => "Ingress",
            Self::PodDisruptionBudget => "PodDisruptionBudget",
        }
    }

    /// The kind of that name, if it is one that we make.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it stays when it is not wanted any more, since it holds people's data.
    pub fn is_kept(self) -> bool {
        self == Self::PersistentVolumeClaim
    }

    /// Whether one that cannot be changed as wanted makes room for a new one.
    pub fn is_replaceable(self) -> bool {
        matches!(self, Self::StatefulSet | Self::Service)
    }

    /// Whether it keeps pods.
    pub fn keeps_pods(self) -> bool {
        matches!(self, Self::Deployment | Self::StatefulSet | Self::Job)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The kinds of which something may have to be removed for such a workload. A microservice never has the others.
pub fn removable(workload: &Workload) -> Vec<Kind> {
    let all = Kind::ALL.into_iter().filter(|kind| !kind.is_kept());
    match workload.reach {
        Reach::Anyone => vec![Kind::Service, Kind::Deployment, Kind::StatefulSet],
        Reach::Only { .. } => all.collect(),
    }
}

/// One object to be in the cluster.
#[derive(Clone, PartialEq)]
pub struct Object {
    /// Its kind.
    pub kind: Kind,
    /// Its name in the namespace.
    pub name: String,
    /// The whole of it, for server-side apply.
    pub manifest: Value,
    /// Of `manifest`: an equal one need not be sent.
    pub hash: String,
    /// Of the pod template in it; empty where there is none.
    pub template_hash: String,
}

impl std::fmt::Debug for Object {
    /// Never the manifest, which may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Object").field("key", &self.key()).field("hash", &self.hash).finish_non_exhaustive()
    }
}

impl Object {
    /// Where it stands among the applied objects of a subject: `<kind>/<name>`.
    pub fn key(&self) -> String {
        key(self.kind, &self.name)
    }

    fn new(kind: Kind, name: &str, manifest: &impl Serialize) -> Self {
        // A value of Kubernetes' own types is always JSON: their maps have text keys.
        let manifest = serde_json::to_value(manifest).unwrap_or_default();
        let hash = digest(&manifest);
        let template_hash = manifest.pointer("/spec/template").map(digest).unwrap_or_default();
        Self { kind, name: name.to_owned(), manifest, hash, template_hash }
    }
}

/// The maps of a JSON value are in the order of their keys. Half a SHA-256: enough that chance never makes two equal.
fn digest(json: &Value) -> String {
    sha256_hex(json.to_string(), 16)
}

/// The key of an applied object: `<kind>/<name>`.
pub fn key(kind: Kind, name: &str) -> String {
    format!("{kind}/{name}")
}

/// What is to be in the cluster for the workload, in the order in which it is to be applied.
pub fn render(workload: &Workload) -> Vec<Object> {
    let mut objects: Vec<_> = policy::network(workload).into_iter().collect();
    for group in &workload.groups {
        objects.extend(storage::render(workload, group));
        objects.extend(service::render(workload, group));
        objects.push(workload::render(workload, group));
        objects.extend(ingress::render(workload, group));
        objects.extend(policy::disruption_budget(workload, group));
    }
    objects.sort_by_key(|object| object.kind);
    objects
}

#[cfg(test)]
mod tests;
