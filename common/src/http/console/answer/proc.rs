//! A proc as the console shows it.

use serde::Serialize;
use serde_json::{Value, json};

use super::pod::PodJson;
use super::{groups, url};
use crate::domain::console::app::{App, DeployedProc, Desired};
use crate::domain::console::domains::Domains;
use crate::domain::console::manifest::{Proc, ProcKind, ProcTemplate};
use crate::domain::console::workload::group_name;
use crate::domain::service::Port;
use crate::http::console::envelope::ascii;
use crate::store::ReadApp;

#[derive(Serialize)]
pub(super) struct ProcJson {
    procname: String,
    proctype: &'static str,
    image: String,
    numinstances: Value,
    cpu: u32,
    memory: String,
    persistentdirs: Vec<String>,
    dnssearchs: Vec<String>,
    ports: Vec<PortJson>,
    mountpoints: Vec<String>,
    httpsonly: bool,
    user: String,
    workingdir: String,
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    envs: Vec<String>,
    pub(super) pods: Vec<PodJson>,
    depends: [(); 0],
    url: String,
    logs: Vec<String>,
    pub(super) lasterror: String,
    /// How many pods of its newest template are ready, or have done what they were to do.
    #[serde(skip)]
    pub(super) ready: usize,
}

#[derive(Serialize)]
struct PortJson {
    portnumber: u16,
    porttype: &'static str,
}

impl ProcJson {
    /// A proc of an app that runs, with the pods that there are of it.
    pub(super) fn new(domains: &Domains, read: &ReadApp, proc: &DeployedProc) -> Self {
        let json = Self::without_pods(domains, &read.app, &proc.proc);
        let is_deployed = proc.desired != Desired::Removed && !proc.is_portal();
        Self {
            numinstances: json!(proc.instances()),
            cpu: proc.cpu(),
            memory: if is_deployed { proc.memory().display() } else { proc.memory().text.clone() },
            ..if is_deployed { json.with_pods(domains, read, read, proc) } else { json }
        }
    }

    /// A portal of a service app, with its pods in the namespace of a client.
    pub(super) fn of_portal(
        domains: &Domains,
        service: &ReadApp,
        proc: &DeployedProc,
        client: &ReadApp,
    ) -> Self {
        let json = Self::without_pods(domains, &service.app, &proc.proc);
        Self { memory: proc.memory().display(), ..json.with_pods(domains, service, client, proc) }
    }

    /// A proc of a resource, as written.
    pub(super) fn of_template(domains: &Domains, read: &ReadApp, template: &ProcTemplate) -> Self {
        let json = Self::without_pods(domains, &read.app, &template.proc);
        let numinstances =
            template.instances.as_ref().map_or_else(|| json!(template.proc.instances), |text| json!(text));
        Self { numinstances, memory: template.memory.clone(), ..json }
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.procname
    }

    /// A proc as its `lain.yaml` has it.
    pub(super) fn without_pods(domains: &Domains, app: &App, proc: &Proc) -> Self {
        let release = app.deployment.as_ref().map(|deployment| &deployment.image);
        let name = proc.name.to_string();
        Self {
            url: url::proc(app.name().as_str(), &name),
            procname: name,
            proctype: proc.kind.as_str(),
            image: proc.image.as_ref().or(release).cloned().unwrap_or_default(),
            numinstances: json!(proc.instances),
            cpu: proc.cpu,
            memory: proc.memory.text.clone(),
            persistentdirs: proc.persistent_dirs.clone(),
            dnssearchs: proc.dns_searches(app.name()),
            ports: proc.ports.iter().copied().map(port).collect(),
            mountpoints: proc.mountpoints(app.name(), domains),
            // In LAIN only a web proc may be reached without TLS.
            httpsonly: proc.kind != ProcKind::Web || proc.https_only,
            user: proc.user.clone(),
            workingdir: proc.working_dir.clone(),
            entrypoint: proc.entrypoint.clone(),
            cmd: proc.cmd.clone(),
            envs: proc.env.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            pods: Vec::new(),
            depends: [],
            logs: proc.logs.clone(),
            lasterror: String::new(),
            ready: 0,
        }
    }

    fn with_pods(self, domains: &Domains, owner: &ReadApp, place: &ReadApp, proc: &DeployedProc) -> Self {
        let seen = groups(place).and_then(|groups| groups.get(&group_name(&owner.app, proc)));
        let Some(seen) = seen else { return self };
        let pods = seen.instances.iter().enumerate();
        let pods =
            pods.map(|(index, instance)| PodJson::new(domains, &owner.app, proc, instance, index)).collect();
        let current = || seen.instances.iter().filter(|instance| proc.is_current(instance));
        let ready = current().filter(|instance| instance.is_ready).count();
        // What was seen before the newest change was looked at is about an older one.
        let object = seen.object.as_ref().filter(|object| object.observed_generation >= object.generation);
        // A Job whose pods somebody has removed has been done all the same.
        let done =
            object.filter(|_| proc.proc.kind == ProcKind::Oneshot).map_or(0, |object| object.available);
        let trouble = object.and_then(|object| object.trouble.as_ref());
        let of_object = trouble.map(|trouble| format!("{}: {}", trouble.reason, trouble.message));
        let of_pods = current().map(|instance| &instance.error).find(|error| !error.is_empty());
        let lasterror = of_pods.cloned().or(of_object).unwrap_or_default();
        Self { pods, lasterror: ascii(&lasterror), ready: ready.max(done as usize), ..self }
    }
}

fn port(port: Port) -> PortJson {
    PortJson { portnumber: port.port.get(), porttype: port.protocol.as_lowercase() }
}
