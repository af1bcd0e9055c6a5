//! Workloads: what a subject wants in a cluster, whatever the dialect it came by.
//!
//! ```text
//! service::workload, console::workload -> Workload -> the worker's render
//! ```

pub mod label;
mod pod;

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use super::name::Uid;
use super::service::Protocol;

pub use pod::{
    Container, Env, EnvValue, Mount, Placement, PlacementTarget, Pod, Probe, ProbeAction, Resources, Volume,
    VolumeSource,
};

/// Labels or annotations.
pub type Labels = BTreeMap<String, String>;

/// What is to be in the cluster for one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Which life of the subject owns all of it.
    pub owner: Uid,
    /// Where it is.
    pub namespace: Namespace,
    /// The labels that all objects and pods of the subject have in its namespace, and nobody else's.
    pub selector: Labels,
    /// What keeps pods. None of them: all of the subject is to go.
    pub groups: Vec<Group>,
    /// Who may reach its pods.
    pub reach: Reach,
}

/// A namespace of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// The labels that tell that it is the subject's.
    pub labels: Labels,
}

/// Pods of one template, and all that goes with them.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The name of the object that keeps the pods; unique in the namespace, at most 52 bytes.
    pub name: String,
    /// The labels of its objects and pods.
    pub labels: Labels,
    /// What selects its pods. Immutable, so it says the least.
    pub selector: Labels,
    /// Annotations of the object that keeps the pods: a change of them restarts nothing.
    pub annotations: Labels,
    /// Annotations of the pods: a change of them makes new ones.
    pub pod_annotations: Labels,
    /// How its pods are kept.
    pub controller: Controller,
    /// How many pods there are to be now.
    pub replicas: u32,
    /// Its pods.
    pub pod: Pod,
    /// By what its pods are reached inside the cluster, or from outside by TCP and UDP.
    pub services: Vec<Service>,
    /// By what they are reached over HTTP from outside.
    pub ingress: Option<Ingress>,
    /// Files that nobody else is to read.
    pub secret: Option<Secret>,
    /// Volume claims that all its pods share.
    pub claims: Vec<Claim>,
    /// Whether an eviction by the cluster may take only one pod at a time.
    pub has_disruption_budget: bool,
}

/// What keeps a group's pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Controller {
    /// Pods that can replace each other.
    Deployment(Rollout),
    /// Pods that keep their names and volumes.
    StatefulSet(StatefulSet),
    /// Pods that run to their end once; paused while no replicas are wanted.
    Job {
        /// How many of them.
        completions: u32,
    },
}

/// How a StatefulSet keeps its pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatefulSet {
    /// The headless Service that gives the pods their host names.
    pub service_name: String,
    /// The number of the first pod.
    pub first: u32,
    /// How long a new pod must have been ready before the next one's turn, in seconds.
    pub min_ready_s: u32,
    /// One claim of each for each pod.
    pub claims: Vec<Claim>,
}

/// How a Deployment replaces its pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollout {
    /// A quarter of them at a time.
    Quarters,
    /// One more than wanted, never one less.
    OneByOne {
        /// How long a new pod must have been ready before the next one's turn, in seconds.
        min_ready_s: u32,
    },
}

/// A Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name: its host name in the namespace.
    pub name: String,
    /// Where it can be reached.
    pub exposure: Exposure,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

/// Where a Service can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// At an address inside the cluster.
    ClusterIp,
    /// At its pods' own addresses.
    Headless,
    /// From outside too.
    LoadBalancer,
}

/// A port of a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// The Service's.
    pub port: NonZeroU16,
    /// The container's.
    pub target: NonZeroU16,
    /// Its transport.
    pub protocol: Protocol,
}

/// HTTP from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingress {
    /// The class of the controller that is to serve it; none means the cluster's default.
    pub class: Option<String>,
    /// The group's Service.
    pub service: String,
    /// Its port.
    pub port: NonZeroU16,
    /// Hosts with path prefixes.
    pub rules: Vec<(String, String)>,
    /// Names of TLS secrets, each with the hosts that it serves.
    pub tls: BTreeMap<String, Vec<String>>,
    /// What the controller is told besides.
    pub annotations: Labels,
}

/// A Secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// What is told of it.
    pub annotations: Labels,
    /// Contents by key.
    pub data: BTreeMap<String, Vec<u8>>,
}

impl std::fmt::Debug for Secret {
    /// Never its contents.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret")
            .field("name", &self.name)
            .field("keys", &self.data.keys())
            .finish_non_exhaustive()
    }
}

/// A volume claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its name.
    pub name: String,
    /// Whether pods of several nodes may mount it.
    pub is_shared: bool,
    /// The storage class; none means the cluster's default.
    pub storage_class: Option<String>,
    /// In units of 2^30 bytes.
    pub size_gi: u32,
}

/// Who may reach the pods of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Everybody in the cluster.
    Anyone,
    /// The same namespace, and these.
    Only {
        /// Other pods.
        peers: Vec<Peer>,
        /// Ports that are open to everybody.
        ports: Vec<(NonZeroU16, Protocol)>,
    },
}

/// Other pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// All pods of a namespace.
    Namespace(String),
    /// Pods with these labels in any namespace of ours.
    Pods(Labels),
}
