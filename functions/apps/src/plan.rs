//! What a deploy changes: the app, the instances of resources that come with it, and those that go.
//!
//! Everything that can be refused is refused here, before anything is stored (lain-spec 3.9).

use std::collections::{BTreeMap, BTreeSet};

use common::domain::console::app::{App, Content};
use common::domain::console::domains::Domains;
use common::domain::console::manifest::{LainYaml, Manifest, ProcKind, ResourceManifest, UsedResource};
use common::domain::console::name::AppName;
use common::domain::console::workload::{Files, workload};
use common::domain::name::Uid;
use common::domain::subject::AppId;
use common::domain::{Error, Result, Timestamp};
use common::http::console::{Apps, check_ports, make_instance_group, used};
use common::http::{Context, Scope};
use common::store::{AppChange, ReadApp};
use futures::stream::{StreamExt, TryStreamExt, iter};

use super::release::{Release, unacceptable};

/// What a deploy changes.
#[derive(Debug)]
pub(super) struct Plan {
    /// The app first.
    pub(super) changes: Vec<AppChange>,
    /// The others, as they are now or will be.
    pub(super) others: Apps,
    /// What people should know.
    pub(super) warnings: Vec<String>,
}

impl Plan {
    /// The app as it is to be.
    pub(super) fn app(&self) -> Option<&App> {
        self.changes.first().map(|change| &change.after)
    }
}

/// Plans the deploy of a release of the app.
pub(super) async fn plan(
    context: &Context,
    scope: &Scope,
    before: &App,
    release: &Release,
    now: Timestamp,
) -> Result<Plan> {
    let Release { version, image, yaml, text } = release.clone();
    let ignored = ignored(&yaml);
    let after = before.deploy(version, image, yaml, now);
    let after = after.map_err(|refusal| Error::Unacceptable(refusal.to_string()))?;
    let others = others(context, before, &after).await?;
    let mut changes =
        vec![AppChange { before: Some(before.clone()), after: after.clone(), yaml: Some(text) }];
    changes.extend(instances(&others, before, &after, now)?);
    let mut warnings = missing_services(&others, &after);
    warnings.extend(ignored);
    warnings.extend(named_users(&after));
    warnings.extend(orphans(context, before, &after).await?);
    check(context, scope, &changes, &others).await?;
    make_groups(context, scope, &changes).await?;
    Ok(Plan { changes, others, warnings })
}

/// What the worker could not do is refused.
pub(super) async fn check(
    context: &Context,
    scope: &Scope,
    changes: &[AppChange],
    others: &Apps,
) -> Result<()> {
    for change in changes {
        check_sizes(scope, &change.after)?;
        check_secrets(context, &change.after).await?;
    }
    let apps: Vec<_> = changes.iter().map(|change| &change.after).collect();
    check_ports(context, &scope.region.cluster, &apps).await?;
    changes.iter().try_for_each(|change| check_names(scope, &context.console.domains, &change.after, others))
}

/// Makes the groups of instances that are registered now.
async fn make_groups(context: &Context, scope: &Scope, changes: &[AppChange]) -> Result<()> {
    for instance in changes.iter().filter(|change| change.before.is_none()) {
        let (name, id) = (instance.after.name(), &instance.after.id);
        let Some((resource, client)) = name.instance_of() else { continue };
        check_group(context, id).await?;
        if !make_instance_group(context, scope, name, (&resource, &client)).await? {
            // Somebody who deployed at the same time has made it, and the app.
            if context.store.console_app(id).await?.is_some() {
                return Err(Error::Conflict("the same app is being changed by others: try again"));
            }
            return Err(Error::Unacceptable(format!("the SSO refuses to make the group of {name}")));
        }
    }
    Ok(())
}

/// Names of groups have `-` for `.`: two instances may come to the same one, and to each other's people.
async fn check_group(context: &Context, instance: &AppId) -> Result<()> {
    if !context.auth.tells_callers_apart() {
        return Ok(());
    }
    let group = context.console.group(&instance.app);
    let names = context.store.console_names(&instance.region).await?;
    let other = names.iter().find(|name| **name != instance.app && context.console.group(name) == group);
    other.map_or(Ok(()), |other| {
        let msg =
            format!("{} would have the group of {other} in the SSO: rename one of the two", instance.app);
        Err(Error::Unacceptable(msg))
    })
}

/// Portals that go although other apps may use them (lain-spec B16).
pub(super) async fn orphans(context: &Context, before: &App, after: &App) -> Result<Option<String>> {
    let gone: Vec<_> = portals(before).difference(&portals(after)).cloned().collect();
    if gone.is_empty() {
        return Ok(None);
    }
    let clients = context.store.clients(&after.id).await?;
    let clients: Vec<_> = clients.iter().map(|client| client.app.to_string()).collect();
    Ok((!clients.is_empty()).then(|| {
        format!("the portals of {} go, and these apps may use them: {}", gone.join(", "), clients.join(", "))
    }))
}

/// All that the app uses or used: service apps, resources, and its own instances of these.
async fn others(context: &Context, before: &App, after: &App) -> Result<Apps> {
    let mut names: BTreeSet<AppName> = used(after);
    names.extend(used(before));
    names.extend(after.resources());
    let mut others = context.store.console_apps_of(&after.id.region, &names).await?;
    // It may use itself, as it is to be.
    if let Some(own) = names.get(after.name()) {
        others.insert(own.clone(), ReadApp { app: after.clone(), observation: None });
    }
    Ok(others)
}

/// Instances for the resources that are new, and an end of those that are no longer used. The others stay as they are.
fn instances(others: &Apps, before: &App, after: &App, now: Timestamp) -> Result<Vec<AppChange>> {
    let (had, has) = (before.resources(), after.resources());
    let mut changes = Vec::new();
    let uses = after.running().map(|running| running.use_resources.as_slice()).unwrap_or_default();
    for used in uses {
        let template = others.get(&used.app).and_then(|read| read.app.deployment.as_ref());
        if !matches!(template.map(|deployment| &deployment.content), Some(Content::Resource(_))) {
            let why = if template.is_some() { "is no resource" } else { "is not deployed: deploy it first" };
            return Err(Error::Unacceptable(format!("the app uses the resource {}, which {why}", used.app)));
        }
        // One that somebody undeployed by itself comes back.
        let name =
            used.app.instance_for(after.name()).map_err(|rule| Error::Unacceptable(rule.to_owned()))?;
        let runs = others.get(&name).is_some_and(|read| read.app.deployment.is_some());
        if !had.contains(&used.app) || !runs {
            changes.push(instance(others, after, used, now)?);
        }
    }
    for gone in had.difference(&has) {
        let name = gone.instance_for(after.name()).map_err(|rule| Error::Unacceptable(rule.to_owned()))?;
        changes.extend(others.get(&name).and_then(|read| end(&read.app, now)));
    }
    Ok(changes)
}

/// The end of an instance that is deployed.
pub(super) fn end(instance: &App, now: Timestamp) -> Option<AppChange> {
    instance.deployment.as_ref()?;
    Some(AppChange { before: Some(instance.clone()), after: instance.undeploy(now), yaml: None })
}

/// The instance of a resource for a client, as its template has it now.
pub(super) fn instance(
    others: &Apps,
    client: &App,
    used: &UsedResource,
    now: Timestamp,
) -> Result<AppChange> {
    let resource = others.get(&used.app).and_then(|read| read.app.deployment.as_ref());
    let Some((deployment, Content::Resource(template))) =
        resource.map(|deployment| (deployment, &deployment.content))
    else {
        return Err(Error::Unacceptable(format!("the resource {} is not deployed", used.app)));
    };
    let manifest = template.instance(client.name(), &used.params);
    let manifest = manifest.map_err(|error| unacceptable(&format!("the resource {}", used.app), error))?;
    let app = used.app.instance_for(client.name()).map_err(|rule| Error::Unacceptable(rule.to_owned()))?;
    let id = AppId { region: client.id.region.clone(), app };
    let before = others.get(&id.app).map(|read| read.app.clone());
    let known = before.clone().unwrap_or_else(|| App::register(id, Uid::random(), now));
    let (version, image) = (deployment.version.clone(), deployment.image.clone());
    let after = known.deploy(version, image, LainYaml::App(manifest), now);
    let after = after.map_err(|refusal| Error::Unacceptable(refusal.to_string()))?;
    Ok(AppChange { before, after, yaml: Some(template.yaml.clone()) })
}

/// A service that is not there is no reason to refuse (lain-spec Q14), nor is one without the portal that is asked for.
fn missing_services(others: &Apps, after: &App) -> Vec<String> {
    let mut missing = Vec::new();
    for (app, names) in after.used_portals() {
        let Some(service) = others.get(&app).filter(|read| read.app.deployment.is_some()) else {
            // Instances are deployed with the app itself.
            if app.instance_of().is_none() {
                missing.push(format!("the service app {app} is not deployed: its portals come when it is"));
            }
            continue;
        };
        let has = portals(&service.app);
        for name in names.iter().filter(|name| !has.contains(*name)) {
            missing.push(format!("the app {app} has no service {name}"));
        }
    }
    missing
}

/// The services that an app has portals for.
fn portals(app: &App) -> BTreeSet<String> {
    let names = app.procs().iter().filter_map(|proc| match &proc.proc.kind {
        ProcKind::Portal { service_name, .. } => Some(service_name.clone()),
        ProcKind::Web | ProcKind::Worker | ProcKind::Oneshot => None,
    });
    names.collect()
}

/// What a file has that counts for nothing is mostly a slip.
fn ignored(yaml: &LainYaml) -> Option<String> {
    let (LainYaml::App(Manifest { ignored, .. }) | LainYaml::Resource(ResourceManifest { ignored, .. })) =
        yaml;
    let list = ignored.join(", ");
    (!list.is_empty())
        .then(|| format!("these members of the lain.yaml count for nothing in a deploy: {list}"))
}

/// Kubernetes takes numbers only, and looks into no image.
fn named_users(after: &App) -> Option<String> {
    let named = after.procs().iter().filter(|proc| !proc.proc.user.is_empty() && proc.user_id().is_none());
    let named: Vec<_> = named.map(|proc| format!("{} of {}", proc.proc.user, proc.name())).collect();
    (!named.is_empty()).then(|| {
        format!("users are taken as numbers only, and these count for nothing: {}", named.join(", "))
    })
}

/// Numbers of instances that the file asks for, those set by hand were looked at when they were; and how much there is to
/// be kept of it.
fn check_sizes(scope: &Scope, app: &App) -> Result<()> {
    // An item of the table has 400 KB, for what the cluster has of the app too.
    const KIB_MAX: usize = 180;
    let bytes = serde_json::to_vec(&(&app.giturl, &app.deployment)).map_or(0, |json| json.len());
    if bytes > KIB_MAX * 1024 {
        let msg = format!("the lain.yaml of {} says more than there is room for, {KIB_MAX} KiB", app.name());
        return Err(Error::Unacceptable(msg));
    }
    let limit = scope.region.max_instances.get();
    let is_bad = |instances: u32| instances == 0 || instances > limit;
    let bad = app.procs().iter().find(|proc| !proc.is_portal() && is_bad(proc.proc.instances));
    bad.map_or(Ok(()), |proc| {
        let name = proc.name();
        Err(Error::Unacceptable(format!("num_instances of {name} must be between 1 and {limit}")))
    })
}

async fn check_secrets(context: &Context, app: &App) -> Result<()> {
    /// Procs whose files are asked for at a time.
    const AT_ONCE: usize = 10;
    let reads = app.secret_files().into_iter().map(async |(owner, podgroup, paths)| {
        let found = context.secrets.read(&owner, &podgroup, &paths).await;
        let found = found.map_err(|error| unacceptable("a secret file", error))?;
        Ok::<_, Error>((owner, podgroup, paths, found))
    });
    let all: Vec<_> = iter(reads).buffered(AT_ONCE).try_collect().await?;
    for (owner, podgroup, paths, found) in all {
        let bypassed =
            app.procs().iter().any(|proc| proc.podgroup(&owner) == podgroup && proc.proc.secret_files_bypass);
        let missing: Vec<_> = paths.iter().filter(|path| !found.contains_key(*path)).cloned().collect();
        if !bypassed && !missing.is_empty() {
            return Err(Error::Unacceptable(format!(
                "secret files of {podgroup} are missing: {}; add them, or set secret_files_bypass",
                missing.join(", ")
            )));
        }
    }
    Ok(())
}

/// Whether it can be rendered: the worker would refuse it else.
fn check_names(scope: &Scope, domains: &Domains, app: &App, others: &Apps) -> Result<()> {
    let services: BTreeMap<_, _> =
        others.iter().map(|(name, read)| (name.clone(), read.app.clone())).collect();
    match workload(app, &services, &Files::new(), &scope.region, domains) {
        Ok(_) => Ok(()),
        Err(failure) => Err(Error::Unacceptable(failure.message)),
    }
}
