//! The development control plane: the upstream programs of a Kubernetes cluster on loopback, with kwok in place of
//! nodes. Pods become ready at once, or fail as their image asks (`stages/faults.yaml`); no container ever runs.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use futures::future::select_all;
use tokio::time::timeout;

mod api;
mod error;
mod identity;
mod kubeconfig;
mod launches;
mod ports;
mod process;
mod programs;
mod registry;

use self::{
    error::Doing,
    identity::{ADMIN, Identity, WORKER, create_private_folder},
    kubeconfig::Kubeconfig,
    launches::{Ports, Setting},
    process::Process,
};
pub use self::{
    error::{Error, Result},
    programs::Programs,
    registry::{Registry, Tokens},
};

const STAGES: &str = concat!(
    include_str!("cluster/stages/nodes.yaml"),
    "---\n",
    include_str!("cluster/stages/pods.yaml"),
    "---\n",
    include_str!("cluster/stages/faults.yaml")
);
/// The place of the API server among the programs: after etcd, before its clients.
const API_SERVER: usize = 1;
/// A slow machine needs a fraction of it.
const READY_WITHIN: Duration = Duration::from_mins(2);

/// Where a control plane lives.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of its state, which a later start finds again; made if absent.
    pub data: PathBuf,
    /// The folder of its programs' logs, which each start empties; made if absent.
    pub logs: PathBuf,
    /// Whether the state may be lost if the machine stops, which makes writes quicker. Removing it is the caller's.
    pub ephemeral: bool,
    /// Its programs.
    pub programs: Programs,
}

/// A control plane that runs. Dropping it asks its programs to stop; [`Self::stop`] waits for them too.
pub struct ControlPlane {
    /// In the order of their start: etcd, the API server, its clients.
    processes: Vec<Process>,
    client: kube::Client,
    admin_kubeconfig: PathBuf,
    worker_kubeconfig: PathBuf,
    kubectl: PathBuf,
    logs: PathBuf,
}

impl ControlPlane {
    /// Starts the control plane and waits until it takes pods.
    pub async fn start(options: Options) -> Result<Self> {
        let options = Options { data: absolute(&options.data)?, logs: absolute(&options.logs)?, ..options };
        create_private_folder(&options.data)?;
        create_private_folder(&options.logs)?;
        let identity = Identity::open(&options.data)?;
        let [api, etcd, etcd_peer] = ports::free()?;
        let admin_kubeconfig = write_kubeconfig(&options.data, &identity, api, ADMIN)?;
        let worker_kubeconfig = write_kubeconfig(&options.data, &identity, api, WORKER)?;
        let stages = write_private(&options.data, "stages.yaml", STAGES)?;
        let setting = Setting {
            options: &options,
            identity: &identity,
            ports: Ports { api, etcd, etcd_peer },
            kubeconfig: &admin_kubeconfig,
            stages: &stages,
        };

        let launches = [
            setting.etcd(),
            setting.api_server(),
            setting.kwok(),
            setting.controller_manager(),
            setting.scheduler(),
        ];
        let mut plane = Self {
            processes: launches.into_iter().map(Process::new).collect::<Result<_>>()?,
            client: api::client(&admin_kubeconfig).await?,
            kubectl: options.programs.kubectl(),
            logs: options.logs.clone(),
            worker_kubeconfig,
            admin_kubeconfig: admin_kubeconfig.clone(),
        };
        plane.run().await?;
        plane.set_up(&options.data).await?;
        Ok(plane)
    }

    /// The kubeconfig of an administrator, for people and tests.
    pub fn admin_kubeconfig(&self) -> &Path {
        &self.admin_kubeconfig
    }

    /// The kubeconfig of the worker, with the rights of `infra/kubernetes` and no others.
    pub fn worker_kubeconfig(&self) -> &Path {
        &self.worker_kubeconfig
    }

    /// A kubectl of the control plane's version.
    pub fn kubectl(&self) -> &Path {
        &self.kubectl
    }

    /// Waits until a program ends by itself, and names it; for ever if all is well.
    pub async fn died(&mut self) -> Error {
        died(&mut self.processes).await
    }

    /// Stops all programs, the first one last.
    pub async fn stop(mut self) {
        for process in self.processes.iter_mut().rev() {
            process.stop().await;
        }
    }

    /// Starts the programs, the API server's clients once it is ready.
    async fn run(&mut self) -> Result<()> {
        for index in 0..self.processes.len() {
            self.processes[index].start()?;
            if index == API_SERVER {
                self.server_ready().await?;
            }
        }
        Ok(())
    }

    async fn server_ready(&mut self) -> Result<()> {
        let Self { processes, client, logs, .. } = self;
        let ready = async {
            api::server_ready(client).await;
            Ok(())
        };
        within_time(processes, "the Kubernetes API server", logs, ready).await
    }

    async fn set_up(&mut self, data: &Path) -> Result<()> {
        let Self { processes, client, logs, kubectl, admin_kubeconfig, .. } = self;
        let set_up = async {
            api::set_up(kubectl, admin_kubeconfig, data).await?;
            api::node_ready(client).await;
            Ok(())
        };
        within_time(processes, "the node of the development cluster", logs, set_up).await
    }
}

/// Awaits something, unless a program dies or it takes too long.
async fn within_time(
    processes: &mut [Process],
    what: &'static str,
    logs: &Path,
    ready: impl Future<Output = Result<()>>,
) -> Result<()> {
    tokio::select! {
        done = timeout(READY_WITHIN, ready) => {
            done.unwrap_or_else(|_| Err(Error::NotReady { what, within: READY_WITHIN, logs: logs.to_owned() }))
        }
        error = died(processes) => Err(error),
    }
}

async fn died(processes: &mut [Process]) -> Error {
    let (error, ..) = select_all(processes.iter_mut().map(|process| Box::pin(process.died()))).await;
    error
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).doing(|| format!("find {}", path.display()))
}

fn write_kubeconfig(data: &Path, identity: &Identity, port: u16, user: &str) -> Result<PathBuf> {
    let authority = identity.authority();
    let authority = fs::read_to_string(&authority).doing(|| format!("read {}", authority.display()))?;
    let token = identity.token(user)?;
    let text = Kubeconfig { port, authority: &authority, user, token: &token }.text();
    write_private(data, &format!("{user}.kubeconfig"), &text)
}

/// Writes a file in one piece, which only its user may read.
fn write_private(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(&path)?;
        Ok(())
    };
    write().doing(|| format!("write {}", path.display()))?;
    Ok(path)
}
