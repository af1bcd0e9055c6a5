//! A proc's members (lain-spec 2.4).

use std::collections::BTreeSet;

use super::{health, path, placement, port, unique, volume, web};
use crate::domain::console::manifest::{Proc, ProcKind};
use crate::domain::console::memory::Memory;
use crate::domain::console::name::ProcName;
use crate::domain::console::yaml::At;
use crate::domain::image::Image;
use crate::domain::name::EnvName;

const MEMBERS: [&str; 32] = [
    "type",
    "image",
    "entrypoint",
    "cmd",
    "user",
    "workdir",
    "working_dir",
    "num_instances",
    "cpu",
    "memory",
    "port",
    "ports",
    "env",
    "volumes",
    "persistent_dirs",
    "cloud_volumes",
    "secret_files",
    "secret_files_bypass",
    "logs",
    "mountpoint",
    "https_only",
    "healthcheck",
    "container_healthcheck",
    "labels",
    "filters",
    "stateful",
    "setup_time",
    "kill_timeout",
    "dns_search",
    "service_name",
    "allow_clients",
    "portal",
];
const MEMORY_DEFAULT: &str = "32m";
/// More than any cluster runs of one proc.
const INSTANCES_MAX: i64 = 10_000;
/// Levels above the spec's 8 count as it, and are shown as they are.
const CPU_MAX: u32 = 1_000;
const LOGS: &str = "/lain/logs";

/// Reads the section of a proc. What is not good is noted, and something else stands for it: with a fault the whole file
/// is refused.
pub(super) fn proc(at: &At<'_>, name: &str, kind: ProcKind) -> Option<Proc> {
    at.members()?;
    at.ignore_others(&MEMBERS);
    let is_web = kind == ProcKind::Web;
    let web = web::read(at, name, &kind);
    let name = match name.parse::<ProcName>() {
        Ok(name) => Some(name),
        Err(rule) => at.fault(format!("has a name that {rule}")),
    };
    let is_portal = matches!(kind, ProcKind::Portal { .. });
    pass_over(at, is_portal);
    let section = Section(at);
    let (persistent_dirs, backups) = volume::persistent(at);
    let proc = Proc {
        kind,
        image: section.optional("image", image),
        entrypoint: section.optional("entrypoint", words),
        cmd: section.optional("cmd", words),
        user: section.optional("user", text).unwrap_or_default(),
        working_dir: working_dir(at).unwrap_or_default(),
        instances: section.number("num_instances", 1, INSTANCES_MAX),
        cpu: section.clamped("cpu", 0, CPU_MAX),
        memory: section.optional("memory", memory).or_else(|| Memory::parse(MEMORY_DEFAULT).ok())?,
        ports: port::ports(at, is_web),
        stream_ports: if is_portal { Vec::new() } else { port::stream_ports(at) },
        env: env(at),
        persistent_dirs,
        cloud_volumes: section.optional("cloud_volumes", volume::cloud),
        secret_files: if is_portal { Vec::new() } else { secret_files(&section) },
        secret_files_bypass: section.flag("secret_files_bypass"),
        logs: section.list("logs", |at| path::relative(at, LOGS)),
        mountpoint: web.mountpoint,
        https_only: web.https_only,
        healthcheck: web.healthcheck,
        container_healthcheck: section.optional("container_healthcheck", health::command).flatten(),
        labels: section.list("labels", placement::label),
        filters: section.list("filters", placement::filter),
        stateful: section.flag("stateful"),
        setup_time: section.clamped("setup_time", 0, 120),
        kill_timeout: section.clamped("kill_timeout", 10, 60),
        dns_search: section.list("dns_search", placement::domain),
        backups,
        name: name?,
    };
    unique::check_mounts(at, &proc);
    Some(proc)
}

/// Tells which members count for nothing in a proc of this sort, though they do in others.
fn pass_over(at: &At<'_>, is_portal: bool) {
    let (members, why) = if is_portal {
        (["ports", "secret_files"], "portals have none")
    } else {
        (["service_name", "allow_clients"], "only portals have it")
    };
    for member in members.iter().filter_map(|member| at.member(member)) {
        member.ignore_since(why);
    }
}

/// A section, whose members may be absent.
struct Section<'a>(&'a At<'a>);

impl Section<'_> {
    fn optional<T>(&self, member: &str, read: impl FnOnce(&At<'_>) -> Option<T>) -> Option<T> {
        read(&self.0.member(member)?)
    }

    fn number(&self, member: &str, default: u32, max: i64) -> u32 {
        let number = self.optional(member, |at| at.integer(0, max));
        number.and_then(|number| u32::try_from(number).ok()).unwrap_or(default)
    }

    /// What is out of range is brought within it; the least is the default.
    fn clamped(&self, member: &str, min: u32, max: u32) -> u32 {
        let number = self.optional(member, |at| at.clamped(min.into(), max.into()));
        number.and_then(|number| u32::try_from(number).ok()).unwrap_or(min)
    }

    fn flag(&self, member: &str) -> bool {
        self.0.member(member).and_then(|at| at.bool()).unwrap_or_default()
    }

    fn list<T>(&self, member: &str, read: impl FnMut(&At<'_>) -> Option<T>) -> Vec<T> {
        self.0.member(member).map(|at| at.list(read)).unwrap_or_default()
    }
}

fn text(at: &At<'_>) -> Option<String> {
    at.text().map(str::to_owned)
}

/// Kubernetes takes an image without a tag as the latest, as LAIN does.
fn image(at: &At<'_>) -> Option<String> {
    let text = at.text()?;
    let has_tag = text.rsplit('/').next().is_some_and(|last| last.contains([':', '@']));
    let whole = if has_tag { text.to_owned() } else { format!("{text}:latest") };
    match whole.parse::<Image>() {
        Ok(_) => Some(text.to_owned()),
        Err(rule) => at.fault(rule),
    }
}

fn working_dir(at: &At<'_>) -> Option<String> {
    let (one, other) = (at.member("workdir"), at.member("working_dir"));
    if let (Some(_), Some(other)) = (&one, &other) {
        other.ignore_since("workdir is there");
    }
    text(&one.or(other)?)
}

/// A list, or a text that is split at spaces; LAIN knows no quoting.
fn words(at: &At<'_>) -> Option<Vec<String>> {
    if at.is_list() {
        return Some(at.list(text));
    }
    at.text().map(|text| text.split_whitespace().map(str::to_owned).collect())
}

fn memory(at: &At<'_>) -> Option<Memory> {
    match Memory::parse(at.text()?) {
        Ok(memory) if memory.bytes >= Memory::BYTES_MIN => Some(memory),
        Ok(_) | Err(_) => at.fault("must be an amount of memory, like 64m, and at least 4m"),
    }
}

/// Of a name that is given twice the last one counts, as in LAIN's containers.
fn env(at: &At<'_>) -> Vec<(String, String)> {
    let all = at.member("env").map(|at| at.list(|at| Some((at.clone(), variable(at)?))));
    let mut names = BTreeSet::new();
    let mut env = Vec::new();
    for (at, (name, value)) in all.unwrap_or_default().into_iter().rev() {
        if names.insert(name.clone()) {
            env.push((name, value));
        } else {
            at.ignore_since("a later one has the same name");
        }
    }
    env.reverse();
    env
}

/// Kubernetes takes fewer names than a shell.
fn variable(at: &At<'_>) -> Option<(String, String)> {
    let (name, value) = at.text()?.split_once('=').or_else(|| at.fault("must be NAME=value"))?;
    match name.parse::<EnvName>() {
        Ok(name) => Some((name.to_string(), value.to_owned())),
        Err(rule) => at.fault(format!("has a name that {rule}")),
    }
}

fn secret_files(section: &Section<'_>) -> Vec<String> {
    let mut paths = BTreeSet::new();
    let files = section.list("secret_files", |at| path::absolute(at, at.text()?));
    files.into_iter().filter(|path| paths.insert(path.clone())).collect()
}
