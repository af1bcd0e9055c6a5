//! What a `lain.yaml` says, once it is known to be good (lain-spec 2.4).

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use super::memory::Memory;
use super::name::{AppName, ProcName};
use crate::domain::service::{Port, Protocol};

/// A `lain.yaml`.
#[derive(Clone, Debug, PartialEq)]
pub enum LainYaml {
    /// Of an app that runs.
    App(Manifest),
    /// Of a resource, which runs only as its clients' instances.
    Resource(ResourceManifest),
}

/// An app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `appname`.
    pub app: AppName,
    /// `giturl`: without `.git`, with a scheme.
    pub giturl: Option<String>,
    /// `use_services`, in the order of the file.
    pub use_services: Vec<UsedService>,
    /// `use_resources`, in the order of the file.
    pub use_resources: Vec<UsedResource>,
    /// Its procs, portals among them, in the order of the file.
    pub procs: Vec<Proc>,
    /// What the file has besides, and counts for nothing: members with their lines.
    pub ignored: Vec<String>,
}

/// A resource: a template of apps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceManifest {
    /// `appname`.
    pub app: AppName,
    /// `giturl`: without `.git`, with a scheme.
    pub giturl: Option<String>,
    /// Its procs as written, portals among them.
    pub procs: Vec<ProcTemplate>,
    /// The file, from which instances are rendered.
    pub yaml: String,
    /// What the file has besides, and counts for nothing: members with their lines.
    #[serde(default)]
    pub ignored: Vec<String>,
}

/// A proc of a resource as its file has it: numbers and amounts may be templates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcTemplate {
    /// The proc with the default in place of each member that is a template.
    pub proc: Proc,
    /// `num_instances` where it is a template, as written.
    pub instances: Option<String>,
    /// `memory` as written.
    pub memory: String,
}

/// Portals of a service app that an app uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedService {
    /// The service app.
    pub app: AppName,
    /// `service_name`s of its portals.
    pub services: Vec<String>,
}

/// A resource that an app uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedResource {
    /// The resource.
    pub app: AppName,
    /// `service_name`s of its portals.
    pub services: Vec<String>,
    /// What its template is rendered with.
    pub params: BTreeMap<String, Param>,
}

/// A parameter of a resource's template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Param {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Any other scalar.
    Text(String),
}

/// A proc.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proc {
    /// Unique in the app.
    pub name: ProcName,
    /// What it is.
    pub kind: ProcKind,
    /// `image`; none means the version's release image.
    pub image: Option<String>,
    /// `entrypoint`, split; none means the image's own.
    pub entrypoint: Option<Vec<String>>,
    /// `cmd`, split; none means the image's own.
    pub cmd: Option<Vec<String>>,
    /// `user`, may be empty.
    pub user: String,
    /// `workdir` or `working_dir`, may be empty.
    pub working_dir: String,
    /// `num_instances`.
    pub instances: u32,
    /// `cpu`: a level from 0 to 8, not cores.
    pub cpu: u32,
    /// `memory`.
    pub memory: Memory,
    /// `port`; the first one is the exposed one.
    pub ports: Vec<Port>,
    /// `ports`: reached from outside the cluster by TCP or UDP.
    pub stream_ports: Vec<StreamPort>,
    /// `env`, in the order of the file.
    pub env: Vec<(String, String)>,
    /// `volumes` or `persistent_dirs` as absolute paths, `/lain/logs` the last.
    pub persistent_dirs: Vec<String>,
    /// `cloud_volumes`.
    pub cloud_volumes: Option<CloudVolumes>,
    /// `secret_files` as absolute paths.
    pub secret_files: Vec<String>,
    /// `secret_files_bypass`: missing ones are tolerated.
    pub secret_files_bypass: bool,
    /// `logs`: files below `/lain/logs`.
    pub logs: Vec<String>,
    /// `mountpoint` as written; only a web proc has any.
    pub mountpoint: Vec<String>,
    /// `https_only`.
    pub https_only: bool,
    /// `healthcheck`: the path to be asked for at the exposed port.
    pub healthcheck: Option<String>,
    /// `container_healthcheck`.
    pub container_healthcheck: Option<ContainerHealthcheck>,
    /// `labels`.
    pub labels: Vec<String>,
    /// `filters`: where its pods may or should run.
    pub filters: Vec<Filter>,
    /// `stateful`.
    pub stateful: bool,
    /// `setup_time` in seconds, 0 to 120.
    pub setup_time: u32,
    /// `kill_timeout` in seconds, 10 to 60.
    pub kill_timeout: u32,
    /// `dns_search` as written.
    pub dns_search: Vec<String>,
    /// The volumes' `backup_full` and `backup_increment` as JSON, which a backup system may read.
    pub backups: Option<serde_json::Value>,
}

/// What a proc is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProcKind {
    /// Serves HTTP.
    Web,
    /// Works.
    Worker,
    /// Runs to its end once for each deploy.
    Oneshot,
    /// Stands for a service in each of its clients.
    Portal {
        /// `service_name`: the name by which clients reach it.
        service_name: String,
        /// `allow_clients`; `**` means all.
        allow_clients: String,
    },
}

impl ProcKind {
    /// The word of the wire.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Worker => "worker",
            Self::Oneshot => "oneshot",
            Self::Portal { .. } => "portal",
        }
    }
}

/// A port of the cluster's edge that leads to a proc.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamPort {
    /// Outside: 9500 to 10000, one app's in a cluster.
    pub source: NonZeroU16,
    /// In the container.
    pub target: NonZeroU16,
    /// Its transport.
    pub protocol: Protocol,
}

/// `cloud_volumes`: directories on a shared file system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudVolumes {
    /// Whether all instances share one directory (`single`), or each has its own (`multi`).
    pub shared: bool,
    /// Absolute paths.
    pub dirs: Vec<String>,
}

/// `container_healthcheck`: a command in the container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerHealthcheck {
    /// The command, for a shell.
    pub cmd: String,
    /// Seconds from one try to the next.
    pub interval: u32,
    /// Seconds that a try may take.
    pub timeout: u32,
    /// Tries that fail before the container counts as not ready.
    pub retries: u32,
}

/// A filter, like `constraint:group!=~batch`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Whether it is about other pods (`affinity`), or about nodes (`constraint`).
    pub affinity: bool,
    /// The label's key.
    pub key: String,
    /// `==`, or else `!=`.
    pub equal: bool,
    /// Whether it is a wish (`~`).
    pub soft: bool,
    /// The label's value.
    pub value: String,
}
