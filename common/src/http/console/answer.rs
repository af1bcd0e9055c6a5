//! Apps, procs and pods as the console shows them (lain-spec 1.2).

mod error;
mod pod;
mod proc;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use self::proc::ProcJson;
use super::url;
use crate::clock;
use crate::domain::Timestamp;
use crate::domain::console::app::{App, AppType, Content, DeployedProc};
use crate::domain::console::domains::Domains;
use crate::domain::console::manifest::{ProcKind, UsedResource, UsedService};
use crate::domain::console::name::AppName;
use crate::domain::status::Observation;
use crate::http::Context;
use crate::store::ReadApp;

/// A registered app.
#[derive(Debug, Serialize)]
pub struct RepoJson<'a> {
    appname: &'a str,
    url: String,
}

impl<'a> RepoJson<'a> {
    /// The app of this name.
    pub fn new(app: &'a str) -> Self {
        Self { appname: app, url: url::repo(app) }
    }
}

#[derive(Serialize)]
struct AppJson {
    appname: String,
    apptype: &'static str,
    metaversion: String,
    updatetime: String,
    deployerror: String,
    canaries: Value,
    procs: Vec<ProcJson>,
    portals: Vec<ProcJson>,
    useservices: Vec<Value>,
    useresources: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resourceinstances: Option<Vec<Value>>,
    url: String,
    // Ours, beyond LAIN's.
    deploystate: &'static str,
    revision: u64,
}

/// What apps are shown with: the domains, and what is known of the others.
#[derive(Clone, Copy, Debug)]
pub struct Views<'a> {
    /// The installation's domains.
    pub domains: &'a Domains,
    /// The apps that those to be shown use, and the instances of those that are resources.
    pub others: &'a BTreeMap<AppName, ReadApp>,
    /// What time it is.
    pub now: Timestamp,
}

impl<'a> Views<'a> {
    /// What apps are shown with now.
    pub fn new(context: &'a Context, others: &'a BTreeMap<AppName, ReadApp>) -> Self {
        Self { domains: &context.console.domains, others, now: clock::now() }
    }

    /// An app with the services and resources that it uses.
    pub fn app(&self, read: &ReadApp) -> Value {
        let app = &read.app;
        let mut json = self.app_json(read);
        if let Some(running) = app.running() {
            let services = running.use_services.iter().map(|used| self.used_service(read, used));
            let resources = running.use_resources.iter().map(|used| self.used_resource(read, used));
            let (services, resources): (Vec<Used>, Vec<Used>) = (services.collect(), resources.collect());
            // Clients look only here for what keeps an app from running.
            let mut errors = services.iter().chain(&resources).map(|used| &used.error);
            if json.deployerror.is_empty() && app.is_applied() {
                json.deployerror = errors.find(|error| !error.is_empty()).cloned().unwrap_or_default();
            }
            json.useservices = services.into_iter().map(|used| used.json).collect();
            json.useresources = resources.into_iter().map(|used| used.json).collect();
        }
        if app.app_type() == AppType::Resource {
            let is_instance = |read: &&ReadApp| {
                read.app.deployment.is_some()
                    && read.app.name().instance_of().is_some_and(|(resource, _)| resource == *app.name())
            };
            let instances = self.others.values().filter(is_instance);
            json.resourceinstances = Some(instances.map(|read| json!(self.app_json(read))).collect());
        }
        json!(json)
    }

    /// A proc of an app, with its pods if it is deployed.
    pub fn proc(&self, read: &ReadApp, proc: &DeployedProc) -> Value {
        json!(ProcJson::new(self.domains, read, proc))
    }

    /// A proc as its `lain.yaml` has it.
    pub fn static_proc(&self, read: &ReadApp, proc: &DeployedProc) -> Value {
        json!(ProcJson::without_pods(self.domains, &read.app, &proc.proc))
    }

    /// A proc of a resource, as written; none if the app is no resource, or has no such proc.
    pub fn template(&self, read: &ReadApp, proc: &str) -> Option<Value> {
        let Some(Content::Resource(manifest)) =
            read.app.deployment.as_ref().map(|deployment| &deployment.content)
        else {
            return None;
        };
        let template = manifest.procs.iter().find(|template| template.proc.name.as_str() == proc)?;
        Some(json!(ProcJson::of_template(self.domains, read, template)))
    }

    /// The procs of an app, its portals left out.
    pub fn procs(&self, read: &ReadApp) -> Value {
        json!(self.app_json(read).procs)
    }

    fn app_json(&self, read: &ReadApp) -> AppJson {
        let app = &read.app;
        let of_kind = |is_portal: bool| -> Vec<ProcJson> {
            match app.deployment.as_ref().map(|deployment| &deployment.content) {
                Some(Content::App(running)) => {
                    let procs = running.procs.iter().filter(|proc| proc.is_portal() == is_portal);
                    procs.map(|proc| ProcJson::new(self.domains, read, proc)).collect()
                }
                Some(Content::Resource(manifest)) => {
                    let is_of_kind = |kind: &ProcKind| matches!(kind, ProcKind::Portal { .. }) == is_portal;
                    let procs = manifest.procs.iter().filter(|template| is_of_kind(&template.proc.kind));
                    procs.map(|template| ProcJson::of_template(self.domains, read, template)).collect()
                }
                None => Vec::new(),
            }
        };
        let procs = of_kind(false);
        let deployerror = error::of_deploy(read, &procs, self.now);
        AppJson {
            appname: app.name().to_string(),
            apptype: if app.deployment.is_some() { app.app_type().as_str() } else { "" },
            metaversion: version(app),
            updatetime: utc(app.updated),
            deploystate: error::state(app, &procs, &deployerror),
            deployerror,
            canaries: json!({}),
            procs,
            portals: of_kind(true),
            useservices: Vec::new(),
            useresources: Vec::new(),
            resourceinstances: (app.app_type() == AppType::Resource).then(Vec::new),
            url: url::app(app.name().as_str()),
            revision: app.revision,
        }
    }

    fn used_service(&self, client: &ReadApp, used: &UsedService) -> Used {
        let service = self.deployed(&used.app);
        let nested = service.map(|service| self.nested(client, service, &used.services));
        let error = nested.as_ref().map(error_of_portals).unwrap_or_default();
        let json = json!({
            "servicename": used.app,
            "serviceprocs": portal_names(service, &used.services),
            "service": nested.map_or_else(|| json!({}), |nested| json!(nested)),
        });
        Used { json, error }
    }

    fn used_resource(&self, client: &ReadApp, used: &UsedResource) -> Used {
        let instance = used.app.instance_for(client.app.name()).ok().and_then(|name| self.deployed(&name));
        let nested = instance.map(|instance| self.nested(client, instance, &used.services));
        // An instance is there for this client alone.
        let error = nested.as_ref().map(|nested| match nested.deployerror.as_str() {
            "" => error_of_portals(nested),
            error => error.to_owned(),
        });
        let json = json!({
            "resourcename": used.app,
            "resourceprocs": portal_names(instance, &used.services),
            "resourceinstance": nested.map_or_else(|| json!({}), |nested| json!(nested)),
        });
        Used { json, error: error.unwrap_or_default() }
    }

    fn deployed(&self, name: &AppName) -> Option<&ReadApp> {
        self.others.get(name).filter(|read| read.app.deployment.is_some())
    }

    /// An app as one of its clients sees it: with the portals that the client uses, and the client's pods of them.
    fn nested(&self, client: &ReadApp, service: &ReadApp, names: &[String]) -> AppJson {
        let used = service.app.procs().iter().filter(|proc| match &proc.proc.kind {
            ProcKind::Portal { service_name, .. } => names.contains(service_name),
            ProcKind::Web | ProcKind::Worker | ProcKind::Oneshot => false,
        });
        let portals = used.map(|proc| ProcJson::of_portal(self.domains, service, proc, client)).collect();
        AppJson { portals, ..self.app_json(service) }
    }
}

/// A service or resource as its client sees it, and what keeps its portals from running there.
struct Used {
    json: Value,
    error: String,
}

fn error_of_portals(service: &AppJson) -> String {
    let mut errors = service.portals.iter().map(|portal| &portal.lasterror);
    errors.find(|error| !error.is_empty()).cloned().unwrap_or_default()
}

/// The portal proc of each of these services; a guess where there is no such app, nothing where it has no such service.
fn portal_names(service: Option<&ReadApp>, names: &[String]) -> Vec<Value> {
    let name_of = |name: &String| match service {
        None => json!(format!("portal-{name}")),
        Some(service) => {
            let portal = service.app.procs().iter().find(|proc| match &proc.proc.kind {
                ProcKind::Portal { service_name, .. } => service_name == name,
                ProcKind::Web | ProcKind::Worker | ProcKind::Oneshot => false,
            });
            portal.map_or(Value::Null, |portal| json!(portal.name()))
        }
    };
    names.iter().map(name_of).collect()
}

/// The deployed version; empty for none.
pub fn version(app: &App) -> String {
    app.deployment.as_ref().map(|deployment| deployment.version.to_string()).unwrap_or_default()
}

/// A time as the console writes it.
pub fn utc(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The groups of pods that were last seen of an app.
fn groups(read: &ReadApp) -> Option<&crate::domain::status::Groups> {
    match &read.observation {
        Some(Observation::Seen(groups)) => Some(groups),
        Some(Observation::Unreachable) | None => None,
    }
}

#[cfg(test)]
#[cfg(feature = "deploy")]
mod tests;
