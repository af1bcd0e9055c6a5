//! The pods of a workload. What is left out, Kubernetes or the image decides.

use std::num::NonZeroU16;

/// A pod template.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pod {
    /// What runs in it.
    pub containers: Vec<Container>,
    /// What its containers mount.
    pub volumes: Vec<Volume>,
    /// Names of the secrets by which nodes pull its images.
    pub image_pull_secrets: Vec<String>,
    /// How long it has to end by itself, in seconds.
    pub grace_s: Option<u32>,
    /// Domains in which short host names are looked up, before the cluster's own.
    pub dns_searches: Vec<String>,
    /// Where it may or should run.
    pub placement: Vec<Placement>,
    /// Whether it should not run beside another one of its group.
    pub is_spread: bool,
    /// The user of all its containers; none means the images'.
    pub run_as_user: Option<i64>,
    /// The group to which its volumes belong; none means root's.
    pub fs_group: Option<i64>,
    /// Whether it is made again when it has failed, and not when it has succeeded.
    pub runs_once: bool,
}

/// A container.
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// The image's entrypoint, replaced; empty means the image's own.
    pub command: Vec<String>,
    /// Its arguments, replaced; empty means the image's own.
    pub args: Vec<String>,
    /// Where it starts.
    pub working_dir: Option<String>,
    /// Its environment, in order.
    pub env: Vec<Env>,
    /// What it gets of a node.
    pub resources: Resources,
    /// What it sees of the pod's volumes.
    pub mounts: Vec<Mount>,
    /// Tells whether it can serve; a container is never ended for it.
    pub readiness: Option<Probe>,
}

/// A variable of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Env {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: EnvValue,
}

/// Where a variable's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvValue {
    /// It is this.
    Literal(String),
    /// From a key of a ConfigMap.
    ConfigMap {
        /// The map.
        map: String,
        /// The key.
        key: String,
    },
    /// From a field of the pod, like `metadata.name`.
    Field(String),
}

/// What a container gets of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    /// What is kept for it, in thousandths of a core.
    pub cpu_request: u32,
    /// The most that it gets, in thousandths of a core.
    pub cpu_limit: u32,
    /// Both kept for it and the most that it gets, in bytes.
    pub memory: u64,
}

/// A volume of the pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its name in the pod.
    pub name: String,
    /// What it is.
    pub source: VolumeSource,
}

/// What a volume is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeSource {
    /// A volume claim of this name.
    Claim(String),
    /// A ConfigMap of this name, each key a file.
    ConfigMap(String),
    /// A Secret of this name: keys as files, with their modes.
    Secret {
        /// The Secret.
        name: String,
        /// Key and mode of each file.
        files: Vec<(String, u32)>,
    },
    /// An empty directory that ends with the pod.
    Empty,
}

/// Where a container sees a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The volume's name in the pod.
    pub volume: String,
    /// Where.
    pub path: String,
    /// A part of the volume; none means all of it.
    pub sub_path: Option<String>,
    /// Whether it may only be read.
    pub is_read_only: bool,
}

/// A question to a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// What is asked.
    pub action: ProbeAction,
    /// Seconds from one time to the next.
    pub period_s: u32,
    /// Seconds that an answer may take.
    pub timeout_s: u32,
    /// Failures in a row that count.
    pub failures: u32,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeAction {
    /// An HTTP path.
    Http {
        /// The path.
        path: String,
        /// The port.
        port: NonZeroU16,
    },
    /// A command in the container.
    Exec(Vec<String>),
}

/// Where a pod may or should run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Whose label.
    pub target: PlacementTarget,
    /// The label's key.
    pub key: String,
    /// The label's value.
    pub value: String,
    /// Whether with the label, or away from it.
    pub is_wanted: bool,
    /// Whether it is a wish only.
    pub is_soft: bool,
}

/// Whose label a placement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlacementTarget {
    /// The node's.
    Node,
    /// That of pods on the same node.
    Pod,
}
