//! The pods of a proc.

use super::group::{Shape, claim_prefix, group_name, headless, shared_claim};
use super::{Place, SecretFiles, namespace};
use crate::domain::console::app::{App, DeployedProc};
use crate::domain::console::domains::Domains;
use crate::domain::console::manifest::{Filter, Proc, ProcKind};
use crate::domain::console::name::kubernetes_name;
use crate::domain::digest::sha256_hex;
use crate::domain::workload::{
    Container, Env, EnvValue, Mount, Placement, PlacementTarget, Pod, Probe, ProbeAction, Resources, Volume,
    VolumeSource, label,
};

/// Where LAIN's own files are; it is there in every proc and ends with the pod.
const LOGS: &str = "/lain/logs";
const LOGS_VOLUME: &str = "logs";
const SECRET_VOLUME: &str = "secret-files";
/// The volume of the cloud volumes.
pub(super) const CLOUD: &str = "cloud";
/// The node's cores are shared out in sixteenths: a level of `cpu` is one (lain-spec 2.4).
const SIXTEENTHS: u32 = 16;
/// Of its limit, what is kept for a container: procs seldom use what they may.
const CPU_REQUEST_PART: u32 = 4;
/// A number of a StatefulSet's pod.
const POD_INDEX: &str = "metadata.labels['apps.kubernetes.io/pod-index']";

impl Place<'_> {
    pub(super) fn pod(&self, app: &App, proc: &DeployedProc, secret: Option<(&str, &SecretFiles)>) -> Pod {
        let Proc { filters, kill_timeout, cloud_volumes, .. } = &proc.proc;
        let has_files = secret.is_some() || cloud_volumes.is_some() || volumes(&proc.proc).next().is_some();
        Pod {
            containers: vec![self.container(app, proc, secret)],
            volumes: volumes_of(app, proc, secret),
            image_pull_secrets: self.region.image_pull_secrets.clone(),
            grace_s: Some(*kill_timeout),
            dns_searches: self.dns_searches(app, proc),
            placement: filters.iter().filter_map(placement).collect(),
            // Also of a single one: another number of instances restarts nothing.
            is_spread: true,
            run_as_user: proc.user_id(),
            // Else volumes and secret files are root's alone.
            fs_group: proc.user_id().filter(|_| has_files),
            runs_once: Shape::of(proc) == Shape::Once,
        }
    }

    fn container(&self, app: &App, proc: &DeployedProc, secret: Option<(&str, &SecretFiles)>) -> Container {
        let Proc { name, image, entrypoint, cmd, working_dir, .. } = &proc.proc;
        let release = app.deployment.as_ref().map(|deployment| &deployment.image);
        Container {
            name: kubernetes_name(name.as_str()),
            image: image.as_ref().or(release).cloned().unwrap_or_default(),
            command: entrypoint.iter().flatten().map(|word| literal(word)).collect(),
            args: cmd.iter().flatten().map(|word| literal(word)).collect(),
            working_dir: Some(working_dir.clone()).filter(|path| !path.is_empty()),
            env: env(app, proc, self.domains).into_iter().map(unexpanded).collect(),
            resources: self.resources(proc),
            mounts: mounts(&proc.proc, secret.map(|(_, files)| files)),
            readiness: readiness(&proc.proc),
        }
    }

    fn resources(&self, proc: &DeployedProc) -> Resources {
        let level = match proc.cpu() {
            0 => 2,
            level => level.min(8),
        };
        let cores = self.region.console.node_cpus.get();
        let limit = (level.saturating_mul(cores).saturating_mul(1000) / SIXTEENTHS).max(1);
        Resources {
            cpu_request: (limit / CPU_REQUEST_PART).max(1),
            cpu_limit: limit,
            memory: proc.memory().bytes,
        }
    }

    /// A portal looks its service up in the service's own namespace; `web-1` is looked up at the proc `web`.
    fn dns_searches(&self, app: &App, proc: &DeployedProc) -> Vec<String> {
        // What Kubernetes takes.
        const SEARCHES_MAX: usize = 20;
        const CHARS_MAX: usize = 2048;
        let home = format!("{}.svc.cluster.local", namespace(app.name()).name);
        let numbered =
            app.procs().iter().filter(|proc| Shape::of(proc) == Shape::Numbered && !proc.is_portal());
        let numbered = numbered.map(|proc| format!("{}.{home}", headless(&group_name(app, proc))));
        let far = (app.id != self.client.id).then(|| home.clone());
        let mut searches: Vec<String> = far.into_iter().chain(numbered).collect();
        searches.extend(proc.proc.dns_searches(app.name()).into_iter().map(|name| name.to_ascii_lowercase()));
        let mut chars = 0;
        let fits = |search: &String| {
            chars += search.len() + 1;
            chars <= CHARS_MAX
        };
        searches.into_iter().take(SEARCHES_MAX).take_while(fits).collect()
    }
}

/// A text that Kubernetes leaves as it is: of its own it would read `$(NAME)` and `$$`, which LAIN does not.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

fn unexpanded(env: Env) -> Env {
    let value = match env.value {
        EnvValue::Literal(text) => EnvValue::Literal(literal(&text)),
        value @ (EnvValue::ConfigMap { .. } | EnvValue::Field(_)) => value,
    };
    Env { value, ..env }
}

/// The variables of the environment of a proc's pod, the one with this number: the file's, then LAIN's, which replace
/// those of the same name.
pub fn variables(app: &App, proc: &DeployedProc, domains: &Domains, number: usize) -> Vec<(String, String)> {
    let value = |value: EnvValue| match value {
        EnvValue::Literal(text) => text,
        EnvValue::Field(_) | EnvValue::ConfigMap { .. } => number.to_string(),
    };
    env(app, proc, domains).into_iter().map(|env| (env.name, value(env.value))).collect()
}

fn env(app: &App, proc: &DeployedProc, domains: &Domains) -> Vec<Env> {
    let given =
        |name: &str, value: &str| Env { name: name.to_owned(), value: EnvValue::Literal(value.to_owned()) };
    let version = app.deployment.as_ref().map(|deployment| deployment.version.as_str()).unwrap_or_default();
    let mut injected = vec![
        given("TZ", "Asia/Shanghai"),
        given("LAIN_APPNAME", app.name().as_str()),
        given("LAIN_APP_RELEASE_VERSION", version),
        given("LAIN_PROCNAME", proc.name().as_str()),
        given("LAIN_DOMAIN", domains.main()),
        given("DEPLOYD_POD_NAME", &proc.podgroup(app.name())),
        given("DEPLOYD_POD_NAMESPACE", app.name().as_str()),
    ];
    if let ProcKind::Portal { service_name, .. } = &proc.proc.kind {
        injected.push(given("LAIN_SERVICE_NAME", service_name));
    }
    if Shape::of(proc) == Shape::Numbered {
        let value = EnvValue::Field(POD_INDEX.to_owned());
        injected.push(Env { name: "DEPLOYD_POD_INSTANCE_NO".to_owned(), value });
    }
    let is_injected = |name: &str| injected.iter().any(|env| env.name == name);
    let own = proc.proc.env.iter().filter(|(name, _)| !is_injected(name));
    let mut all: Vec<_> = own.map(|(name, value)| given(name, value)).collect();
    all.append(&mut injected);
    all
}

/// The paths of the volumes that each instance has for itself.
pub(super) fn volumes(proc: &Proc) -> impl Iterator<Item = &str> {
    proc.persistent_dirs.iter().map(String::as_str).filter(|path| *path != LOGS)
}

/// The name of the volume at a path.
pub(super) fn volume_name(path: &str) -> String {
    format!("vol-{}", sha256_hex(path, 4))
}

/// The key of a secret file: readable, and unique by its path's hash.
pub fn secret_key(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or_default();
    let good = |char: char| if char.is_ascii_alphanumeric() || "._-".contains(char) { char } else { '_' };
    let file: String = file.chars().take(64).map(good).collect();
    format!("{}-{file}", sha256_hex(path, 4))
}

fn volumes_of(app: &App, proc: &DeployedProc, secret: Option<(&str, &SecretFiles)>) -> Vec<Volume> {
    let Proc { cloud_volumes, secret_files, .. } = &proc.proc;
    // A StatefulSet brings the volumes of its claims itself.
    let mut all = vec![Volume { name: LOGS_VOLUME.to_owned(), source: VolumeSource::Empty }];
    if cloud_volumes.as_ref().is_some_and(|volumes| volumes.shared) {
        let source = VolumeSource::Claim(shared_claim(app, proc));
        all.push(Volume { name: CLOUD.to_owned(), source });
    }
    if Shape::of(proc) == Shape::Once {
        let prefix = claim_prefix(app, proc);
        let own = volumes(&proc.proc).map(volume_name);
        let cloud = cloud_volumes.as_ref().filter(|volumes| !volumes.shared).map(|_| CLOUD.to_owned());
        all.extend(own.chain(cloud).map(|name| {
            let source = VolumeSource::Claim(format!("{prefix}{name}"));
            Volume { name, source }
        }));
    }
    if let Some((name, files)) = secret {
        let declared = secret_files.iter().filter_map(|path| Some((path, files.get(path)?)));
        let files = declared.map(|(path, file)| (secret_key(path), file.mode)).collect();
        let source = VolumeSource::Secret { name: name.to_owned(), files };
        all.push(Volume { name: SECRET_VOLUME.to_owned(), source });
    }
    all
}

fn mounts(proc: &Proc, secret: Option<&SecretFiles>) -> Vec<Mount> {
    let mount = |volume: String, path: &str, sub_path: Option<String>| Mount {
        volume,
        path: path.to_owned(),
        sub_path,
        is_read_only: false,
    };
    let mut all = vec![mount(LOGS_VOLUME.to_owned(), LOGS, None)];
    all.extend(volumes(proc).map(|path| mount(volume_name(path), path, None)));
    let cloud = proc.cloud_volumes.iter().flat_map(|volumes| &volumes.dirs);
    all.extend(cloud.map(|dir| mount(CLOUD.to_owned(), dir, Some(dir.trim_start_matches('/').to_owned()))));
    if let Some(files) = secret {
        let declared = proc.secret_files.iter().filter(|path| files.contains_key(*path));
        all.extend(declared.map(|path| Mount {
            is_read_only: true,
            ..mount(SECRET_VOLUME.to_owned(), path, Some(secret_key(path)))
        }));
    }
    all
}

/// LAIN never restarts what is unhealthy, and so a check tells only who serves (lain-spec §6).
fn readiness(proc: &Proc) -> Option<Probe> {
    if let Some(check) = &proc.container_healthcheck {
        let shell = ["/bin/sh", "-c", &literal(&check.cmd)].map(str::to_owned);
        return Some(Probe {
            action: ProbeAction::Exec(shell.to_vec()),
            period_s: check.interval,
            timeout_s: check.timeout,
            failures: check.retries,
        });
    }
    let (path, port) = (proc.healthcheck.as_ref()?, proc.ports.first()?.port);
    let path = if path.starts_with('/') { path.clone() } else { format!("/{path}") };
    Some(Probe { action: ProbeAction::Http { path, port }, period_s: 10, timeout_s: 3, failures: 3 })
}

/// Every node is of the group `default`.
fn placement(filter: &Filter) -> Option<Placement> {
    let Filter { affinity, key, equal, soft, value } = filter;
    if !affinity && key == "group" && value == "default" {
        return None;
    }
    let (target, key) = if *affinity {
        (PlacementTarget::Pod, label::of_lain(key))
    } else {
        (PlacementTarget::Node, label::sanitized(key))
    };
    Some(Placement { target, key, value: label::sanitized(value), is_wanted: *equal, is_soft: *soft })
}
