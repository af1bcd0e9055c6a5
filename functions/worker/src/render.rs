//! Rendering: a workload as the Kubernetes objects that it becomes (kirk-spec §6).
//!
//! Pure: the same workload gives the same bytes, so that a hash tells whether an object must be sent.

mod namespace;
mod pod;
mod service;
mod workload;

pub mod names;

use common::domain::digest::sha256_hex;
use common::domain::workload::Workload;
use serde::Serialize;
use serde_json::Value;

pub use self::namespace::namespace;

/// The kinds of objects that a subject may own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words of Kubernetes")]
pub enum Kind {
    Service,
    Deployment,
    StatefulSet,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Service, Self::Deployment, Self::StatefulSet];

    /// As Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "Service",
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
        }
    }

    /// The kind of that name, if it is one that we make.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One object to be in the cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Its kind.
    pub kind: Kind,
    /// Its name in the project's namespace.
    pub name: String,
    /// The whole of it, for server-side apply.
    pub manifest: Value,
    /// Of `manifest`: an equal one need not be sent.
    pub hash: String,
    /// Of the pod template in it; empty where there is none.
    pub template_hash: String,
}

impl Object {
    /// Where it stands among the applied objects of a subject: `<kind>/<name>`.
    pub fn key(&self) -> String {
        key(self.kind, &self.name)
    }

    fn new(kind: Kind, name: String, manifest: &impl Serialize) -> Self {
        // A value of Kubernetes' own types is always JSON: their maps have text keys.
        let manifest = serde_json::to_value(manifest).unwrap_or_default();
        let hash = digest(&manifest);
        let template_hash = manifest.pointer("/spec/template").map(digest).unwrap_or_default();
        Self { kind, name, manifest, hash, template_hash }
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
    let mut objects = service::render(workload);
    objects.push(workload::render(workload));
    objects
}

#[cfg(test)]
mod tests;
