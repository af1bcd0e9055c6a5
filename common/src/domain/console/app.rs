//! Apps of the console dialect as registered, and what is wanted of them (lain-spec §2).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::manifest::{Proc, ProcKind, ResourceManifest, UsedResource, UsedService};
use super::memory::Memory;
use super::name::{AppName, MetaVersion, ProcName};
use crate::domain::applied::Applied;
use crate::domain::name::Uid;
use crate::domain::status::Instance;
use crate::domain::subject::AppId;

/// A registered app.
#[derive(Clone, Debug, PartialEq)]
pub struct App {
    /// Where it is.
    pub id: AppId,
    /// Its identity, which it keeps when it is undeployed.
    pub uid: Uid,
    /// When it was last changed.
    pub updated: Timestamp,
    /// The repository that it is bound to, from its first deploy until it is undeployed.
    pub giturl: Option<String>,
    /// What is to run; none if it is only registered.
    pub deployment: Option<Deployment>,
    /// How many deploys were accepted.
    pub revision: u64,
    /// Counts the accepted mutations.
    pub generation: u64,
    /// What the cluster has of it.
    pub applied: Applied,
}

/// What is to run of an app, at one version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// The version of its images.
    pub version: MetaVersion,
    /// The image of the procs that name none.
    pub image: String,
    /// What its `lain.yaml` says.
    pub content: Content,
}

/// An app that runs, or a template of apps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// It runs.
    App(Running),
    /// It runs only as its clients' instances.
    Resource(ResourceManifest),
}

/// The procs of an app that runs, and what they use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Running {
    /// Its procs, portals among them, in the order of the `lain.yaml`.
    pub procs: Vec<DeployedProc>,
    /// The services that it uses.
    pub use_services: Vec<UsedService>,
    /// The resources that it uses.
    pub use_resources: Vec<UsedResource>,
    /// Pods to be replaced once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evictions: Vec<Eviction>,
}

/// A pod to be replaced by a new one, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eviction {
    /// The pod's name.
    pub pod: String,
    /// Which pod of that name; empty if it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// The generation that asked for it.
    pub generation: u64,
}

/// A proc with what was asked for since its `lain.yaml` was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeployedProc {
    /// As in the `lain.yaml`.
    pub proc: Proc,
    /// What was set by hand; it stays over deploys.
    pub sizing: Sizing,
    /// Whether it is to run.
    pub desired: Desired,
    /// The generation that last asked for new pods.
    pub rolled: u64,
}

/// Sizes set by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizing {
    /// The number of instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances: Option<u32>,
    /// The level of `cpu`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<u32>,
    /// The memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
}

/// Whether a proc is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Desired {
    /// Running.
    Started,
    /// No pods; the number of instances is kept.
    Stopped,
    /// Nothing of it, until the next deploy brings it back.
    Removed,
}

/// What an app is (lain-spec 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppType {
    /// An ordinary one.
    App,
    /// One with portals.
    Service,
    /// A template of apps.
    Resource,
    /// What was made of a template for a client.
    ResourceInstance,
}

impl AppType {
    /// The word of the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Service => "service",
            Self::Resource => "resource",
            Self::ResourceInstance => "resource-instance",
        }
    }
}

impl App {
    /// Its name.
    pub fn name(&self) -> &AppName {
        &self.id.app
    }

    /// Whether the cluster has the newest generation.
    pub fn is_applied(&self) -> bool {
        self.applied.generation >= self.generation
    }
}

impl DeployedProc {
    /// Its name.
    pub fn name(&self) -> &ProcName {
        &self.proc.name
    }

    /// How many instances there are while it runs.
    pub fn instances(&self) -> u32 {
        self.sizing.instances.unwrap_or(self.proc.instances)
    }

    /// The level of `cpu`.
    pub fn cpu(&self) -> u32 {
        self.sizing.cpu.unwrap_or(self.proc.cpu)
    }

    /// The memory of each instance.
    pub fn memory(&self) -> &Memory {
        self.sizing.memory.as_ref().unwrap_or(&self.proc.memory)
    }

    /// The number of its user, if it names one: the cluster takes no other user than the image's else.
    pub fn user_id(&self) -> Option<i64> {
        self.proc.user.parse().ok().filter(|id: &i32| *id >= 0).map(i64::from)
    }

    /// Whether a pod is of the template that it has now.
    pub fn is_current(&self, instance: &Instance) -> bool {
        instance.rolled.is_none_or(|rolled| rolled == self.rolled)
    }

    /// Whether it stands for a service in its clients.
    pub fn is_portal(&self) -> bool {
        matches!(self.proc.kind, ProcKind::Portal { .. })
    }

    /// Its id: `<app>.<type>.<proc>` (lain-spec 2.2). A change of type makes it another one.
    pub fn podgroup(&self, app: &AppName) -> String {
        format!("{app}.{}.{}", self.proc.kind.as_str(), self.proc.name)
    }
}
