//! A pod as the console shows it.

use jiff::SignedDuration;
use serde::Serialize;

use super::utc;
use crate::domain::console::app::{App, DeployedProc};
use crate::domain::console::domains::Domains;
use crate::domain::console::workload::variables;
use crate::domain::status::Instance;

/// The console shows the times of pods in Shanghai, which has had no summer time since 1991.
const SHANGHAI: SignedDuration = SignedDuration::from_hours(8);

#[derive(Serialize)]
pub(super) struct PodJson {
    containerid: String,
    containername: String,
    containerip: String,
    containerport: u16,
    nodeip: String,
    status: &'static str,
    uptime: String,
    envs: Vec<String>,
}

impl PodJson {
    /// The pod at this place of its proc's.
    pub(super) fn new(
        domains: &Domains,
        app: &App,
        proc: &DeployedProc,
        instance: &Instance,
        index: usize,
    ) -> Self {
        // Of a pod of before nobody remembers them.
        let envs = proc
            .is_current(instance)
            .then(|| variables(app, proc, domains, instance.number_at(index + 1)))
            .into_iter()
            .flatten();
        let uptime = instance.started.and_then(|started| started.checked_add(SHANGHAI).ok());
        Self {
            containerid: instance.container_id.clone(),
            containername: instance.pod.clone(),
            containerip: instance.ip.clone(),
            containerport: proc.proc.ports.first().map_or(0, |port| port.port.get()),
            nodeip: instance.node_ip.clone(),
            status: if instance.is_ready { "True" } else { "False" },
            uptime: uptime.map(utc).unwrap_or_default(),
            envs: envs.map(|(name, value)| format!("{name}={value}")).collect(),
        }
    }
}
