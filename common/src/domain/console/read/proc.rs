//! A proc's members (lain-spec 2.4).

use super::{absolute, health, port, volume};
use crate::domain::console::manifest::{Filter, Proc, ProcKind};
use crate::domain::console::memory::Memory;
use crate::domain::console::yaml::At;
use crate::domain::workload::label;

const MEMBERS: [&str; 33] = [
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
    "build",
];
const MEMORY_DEFAULT: &str = "32m";
/// More than any cluster runs of one proc.
const INSTANCES_MAX: i64 = 10_000;
/// What is beyond the spec's bounds is brought within them; a day is beyond all sense.
const SECONDS_MAX: i64 = 24 * 60 * 60;
const LOGS: &str = "/lain/logs";

/// Reads the section of a proc.
pub(super) fn proc(at: &At<'_>, name: &str, kind: ProcKind) -> Option<Proc> {
    for (member, at) in at.members()? {
        if !MEMBERS.contains(&member) {
            at.ignore();
        }
    }
    let name = match name.parse() {
        Ok(name) => Some(name),
        Err(rule) => at.fault(format!("has a name that {rule}")),
    };
    let is_web = kind == ProcKind::Web;
    let text = |member: &str| match at.member(member) {
        None => Some(String::new()),
        Some(at) => at.text().map(str::to_owned),
    };
    let number = |member: &str, default: i64, max: i64| match at.member(member) {
        None => Some(default),
        Some(at) => at.integer(0, max),
    };
    let flag = |member: &str| at.member(member).map_or(Some(false), |at| at.bool());
    let directory = if at.member("workdir").is_some() { "workdir" } else { "working_dir" };
    let (persistent_dirs, backups) = volume::persistent(at);
    let instances = number("num_instances", 1, INSTANCES_MAX);
    let cpu = number("cpu", 0, 64);
    let (setup_time, kill_timeout) =
        (number("setup_time", 0, SECONDS_MAX), number("kill_timeout", 10, SECONDS_MAX));
    let image = at.member("image").map(|at| image(&at));
    let entrypoint = at.member("entrypoint").map(|at| words(&at));
    let cmd = at.member("cmd").map(|at| words(&at));
    let health = at.member("healthcheck").map(|at| health::path(&at, is_web));
    let container_health = at.member("container_healthcheck").map(|at| health::command(&at));
    let (user, working_dir, memory) = (text("user"), text(directory), memory(at));
    let (ports, stream_ports) = (port::ports(at, is_web), port::stream_ports(at));
    let (env, logs) = (env(at), logs(at));
    let cloud_volumes = at.member("cloud_volumes").map(|at| volume::cloud(&at));
    let secret_files = secret_files(at);
    let (bypass, https_only, stateful) = (flag("secret_files_bypass"), flag("https_only"), flag("stateful"));
    let mountpoint = mountpoint(
        at,
        is_web,
        name.as_ref().is_some_and(|name: &crate::domain::console::name::ProcName| name.as_str() == "web"),
    );
    let (labels, filters, dns_search) = (labels(at), filters(at), dns_search(at));
    Some(Proc {
        name: name?,
        kind,
        image: flatten(image)?,
        entrypoint: flatten(entrypoint)?,
        cmd: flatten(cmd)?,
        user: user?,
        working_dir: working_dir?,
        instances: u32::try_from(instances?).ok()?,
        cpu: u32::try_from(cpu?).ok()?,
        memory: memory?,
        ports: ports?,
        stream_ports: stream_ports?,
        env: env?,
        persistent_dirs: persistent_dirs?,
        cloud_volumes: flatten(cloud_volumes)?,
        secret_files: secret_files?,
        secret_files_bypass: bypass?,
        logs: logs?,
        mountpoint: mountpoint?,
        https_only: https_only?,
        healthcheck: flatten(health)?,
        container_healthcheck: flatten(container_health)?.flatten(),
        labels: labels?,
        filters: filters?,
        stateful: stateful?,
        setup_time: u32::try_from(setup_time?.clamp(0, 120)).ok()?,
        kill_timeout: u32::try_from(kill_timeout?.clamp(10, 60)).ok()?,
        dns_search: dns_search?,
        backups,
    })
}

/// A member that is absent, or read, or could not be: only the last fails.
#[expect(clippy::option_option, reason = "absent, and there but not good, are two things")]
fn flatten<T>(member: Option<Option<T>>) -> Option<Option<T>> {
    match member {
        None => Some(None),
        Some(Some(value)) => Some(Some(value)),
        Some(None) => None,
    }
}

fn image(at: &At<'_>) -> Option<String> {
    let text = at.text()?;
    match text.parse::<crate::domain::image::Image>() {
        Ok(image) => Some(image.to_string()),
        Err(rule) => at.fault(rule),
    }
}

/// A list, or a text that is split at spaces; LAIN knows no quoting.
fn words(at: &At<'_>) -> Option<Vec<String>> {
    if at.is_list() {
        return at.list(|at| at.text().map(str::to_owned));
    }
    at.text().map(|text| text.split_whitespace().map(str::to_owned).collect())
}

fn memory(at: &At<'_>) -> Option<Memory> {
    let Some(at) = at.member("memory") else { return Memory::parse(MEMORY_DEFAULT).ok() };
    let text = at.text()?;
    let digits = text.trim_end_matches(['m', 'M', 'g', 'G']);
    let has_unit = text.len() == digits.len() + 1;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    match Memory::parse(text) {
        Ok(memory) if has_unit && is_number && memory.bytes >= Memory::BYTES_MIN => Some(memory),
        Ok(_) | Err(_) => at.fault("must be a whole number with m or g, like 64m, and at least 4m"),
    }
}

/// Kubernetes takes fewer names than a shell.
fn env(at: &At<'_>) -> Option<Vec<(String, String)>> {
    let Some(at) = at.member("env") else { return Some(Vec::new()) };
    at.list(|at| {
        let (name, value) = at.text()?.split_once('=').or_else(|| at.fault("must be NAME=value"))?;
        match name.parse::<crate::domain::name::EnvName>() {
            Ok(name) => Some((name.to_string(), value.to_owned())),
            Err(rule) => at.fault(format!("has a name that {rule}")),
        }
    })
}

fn logs(at: &At<'_>) -> Option<Vec<String>> {
    let Some(at) = at.member("logs") else { return Some(Vec::new()) };
    at.list(|at| {
        let text = at.text()?;
        if text.starts_with('/') || text.is_empty() || text.split('/').any(|part| part == "..") {
            return at.fault(format!("must be a file below {LOGS}, without its path"));
        }
        Some(text.to_owned())
    })
}

fn secret_files(at: &At<'_>) -> Option<Vec<String>> {
    let Some(at) = at.member("secret_files") else { return Some(Vec::new()) };
    at.list(|at| absolute(at, at.text()?))
}

fn mountpoint(at: &At<'_>, is_web: bool, is_named_web: bool) -> Option<Vec<String>> {
    match at.member("mountpoint") {
        None if is_web && !is_named_web => {
            at.fault("must have mountpoint: only the proc web has hosts by default")
        }
        None => Some(Vec::new()),
        Some(at) if !is_web => at.fault("is for web procs only"),
        Some(at) => at.list(|at| {
            let text = at.text()?;
            let (host, path) = text.split_once('/').unwrap_or((text, ""));
            let label = |label: &str| {
                !label.is_empty()
                    && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            };
            let host_is_good = host.is_empty() || host.split('.').all(label);
            let path_is_good = path.bytes().all(|byte| byte.is_ascii_graphic()) && !path.contains("//");
            if host_is_good && path_is_good && !text.is_empty() {
                Some(text.to_owned())
            } else {
                at.fault("must be a host, a host with a path, or a path")
            }
        }),
    }
}

fn labels(at: &At<'_>) -> Option<Vec<String>> {
    let Some(at) = at.member("labels") else { return Some(Vec::new()) };
    at.list(|at| {
        let text = at.text()?;
        match text.split_once(':') {
            Some((key, _)) if !label::sanitized(key).is_empty() => Some(text.to_owned()),
            Some(_) | None => at.fault("must be key:value"),
        }
    })
}

/// `affinity:key==value` or `constraint:key!=value`, with `~` before the value for a wish.
fn filters(at: &At<'_>) -> Option<Vec<Filter>> {
    let Some(at) = at.member("filters") else { return Some(Vec::new()) };
    at.list(|at| {
        let text = at.text()?;
        let parsed = || {
            let (sort, rule) = text.split_once(':')?;
            let affinity = match sort.trim() {
                "affinity" => true,
                "constraint" => false,
                _ => return None,
            };
            let (key, value, equal) = match (rule.split_once("=="), rule.split_once("!=")) {
                (Some((key, value)), _) => (key, value, true),
                (None, Some((key, value))) => (key, value, false),
                (None, None) => return None,
            };
            let (value, soft) = value.strip_prefix('~').map_or((value, false), |value| (value, true));
            let key = key.trim().to_owned();
            let value = value.trim().to_owned();
            let is_good = !label::sanitized(&key).is_empty();
            is_good.then_some(Filter { affinity, key, equal, soft, value })
        };
        parsed()
            .or_else(|| at.fault("must be affinity:key==value or constraint:key!=value, with ~ for a wish"))
    })
}

fn dns_search(at: &At<'_>) -> Option<Vec<String>> {
    let Some(at) = at.member("dns_search") else { return Some(Vec::new()) };
    at.list(|at| {
        let text = at.text()?;
        let label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        if text.len() <= 253 && text.split('.').all(label) {
            Some(text.to_owned())
        } else {
            at.fault("must be a domain")
        }
    })
}
