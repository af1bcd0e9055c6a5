//! What an app is, runs, uses and holds, as its deployed version tells.

use std::collections::{BTreeMap, BTreeSet};

use super::app::{App, AppType, Content, DeployedProc, Desired, Eviction, Running};
use super::manifest::StreamPort;
use super::name::AppName;

impl App {
    /// What it is; as it was said last, if it is not deployed.
    pub fn app_type(&self) -> AppType {
        match self.deployment.as_ref().map(|deployment| &deployment.content) {
            _ if self.name().instance_of().is_some() => AppType::ResourceInstance,
            Some(Content::Resource(_)) => AppType::Resource,
            Some(Content::App(running)) if running.procs.iter().any(DeployedProc::is_portal) => {
                AppType::Service
            }
            Some(Content::App(_)) | None => AppType::App,
        }
    }

    /// What runs of it, if anything is to.
    pub fn running(&self) -> Option<&Running> {
        match self.deployment.as_ref().map(|deployment| &deployment.content) {
            Some(Content::App(running)) => Some(running),
            Some(Content::Resource(_)) | None => None,
        }
    }

    /// The procs of the deployed version, portals among them; none of a resource.
    pub fn procs(&self) -> &[DeployedProc] {
        self.running().map(|running| running.procs.as_slice()).unwrap_or_default()
    }

    /// The pods that are to be replaced and were not yet.
    pub fn pending_evictions(&self) -> impl Iterator<Item = &Eviction> {
        let all = self.running().map(|running| running.evictions.as_slice()).unwrap_or_default();
        all.iter().filter(|eviction| eviction.generation > self.applied.generation)
    }

    /// A proc of the deployed version.
    pub fn proc(&self, name: &str) -> Option<&DeployedProc> {
        self.procs().iter().find(|proc| proc.name().as_str() == name)
    }

    /// The portals that it uses: service names by the app that has them, its own instances of resources among these.
    pub fn used_portals(&self) -> BTreeMap<AppName, Vec<String>> {
        let Some(running) = self.running() else { return BTreeMap::new() };
        let services = running.use_services.iter().map(|used| (used.app.clone(), &used.services));
        let instances = running.use_resources.iter().filter_map(|used| {
            Some((used.app.instance_for(self.name()).ok()?, &used.services))
                .filter(|(_, names)| !names.is_empty())
        });
        let mut portals: BTreeMap<AppName, Vec<String>> = BTreeMap::new();
        for (app, names) in services.chain(instances) {
            portals.entry(app).or_default().extend(names.iter().cloned());
        }
        portals
    }

    /// The apps whose portals it uses.
    pub fn service_apps(&self) -> BTreeSet<AppName> {
        self.used_portals().into_keys().collect()
    }

    /// The resources that it uses.
    pub fn resources(&self) -> BTreeSet<AppName> {
        let used = self.running().map(|running| running.use_resources.as_slice()).unwrap_or_default();
        used.iter().map(|used| used.app.clone()).collect()
    }

    /// The secret files that its procs declare: the app that they are kept for, which is the resource of an instance; the
    /// proc's id there; and their paths. Portals have none.
    pub fn secret_files(&self) -> Vec<(AppName, String, Vec<String>)> {
        let owner = self.name().repository();
        let with_files =
            self.procs().iter().filter(|proc| !proc.is_portal() && !proc.proc.secret_files.is_empty());
        with_files
            .map(|proc| (owner.clone(), proc.podgroup(&owner), proc.proc.secret_files.clone()))
            .collect()
    }

    /// The ports of the cluster's edge that it holds, each with its proc.
    pub fn stream_ports(&self) -> Vec<(&DeployedProc, StreamPort)> {
        let deployed =
            self.procs().iter().filter(|proc| proc.desired != Desired::Removed && !proc.is_portal());
        deployed.flat_map(|proc| proc.proc.stream_ports.iter().map(move |port| (proc, *port))).collect()
    }
}
