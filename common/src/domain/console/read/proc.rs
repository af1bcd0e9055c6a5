//! A proc's members (lain-spec 2.4).

use super::{absolute, health, port, volume};
use crate::domain::console::manifest::{Filter, Proc, ProcKind};
use crate::domain::console::memory::Memory;
use crate::domain::console::name::ProcName;
use crate::domain::console::yaml::At;
use crate::domain::workload::label::sanitized;

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
/// Levels above the spec's 8 are brought down to it.
const CPU_MAX: i64 = 64;
const LOGS: &str = "/lain/logs";

/// Reads the section of a proc. What is not good is noted, and something else stands for it: with a fault the whole file
/// is refused.
pub(super) fn proc(at: &At<'_>, name: &str, kind: ProcKind) -> Option<Proc> {
    for (member, at) in at.members()? {
        if !MEMBERS.contains(&member) {
            at.ignore();
        }
    }
    let name = match name.parse::<ProcName>() {
        Ok(name) => Some(name),
        Err(rule) => at.fault(format!("has a name that {rule}")),
    };
    let is_web = kind == ProcKind::Web;
    let is_named_web = name.as_ref().is_some_and(|name| name.as_str() == "web");
    let section = Section(at);
    let directory = if at.member("workdir").is_some() { "workdir" } else { "working_dir" };
    let (persistent_dirs, backups) = volume::persistent(at);
    Some(Proc {
        kind,
        image: section.optional("image", image),
        entrypoint: section.optional("entrypoint", words),
        cmd: section.optional("cmd", words),
        user: section.optional("user", text).unwrap_or_default(),
        working_dir: section.optional(directory, text).unwrap_or_default(),
        instances: section.number("num_instances", 1, INSTANCES_MAX),
        cpu: section.number("cpu", 0, CPU_MAX),
        memory: section.optional("memory", memory).or_else(|| Memory::parse(MEMORY_DEFAULT).ok())?,
        ports: port::ports(at, is_web).unwrap_or_default(),
        stream_ports: port::stream_ports(at).unwrap_or_default(),
        env: section.list("env", variable),
        persistent_dirs: persistent_dirs.unwrap_or_default(),
        cloud_volumes: section.optional("cloud_volumes", volume::cloud),
        secret_files: section.list("secret_files", |at| absolute(at, at.text()?)),
        secret_files_bypass: section.flag("secret_files_bypass"),
        logs: section.list("logs", log),
        mountpoint: mountpoint(at, is_web, is_named_web).unwrap_or_default(),
        https_only: section.flag("https_only"),
        healthcheck: section.optional("healthcheck", |at| health::path(at, is_web)),
        container_healthcheck: section.optional("container_healthcheck", health::command).flatten(),
        labels: section.list("labels", label),
        filters: section.list("filters", filter),
        stateful: section.flag("stateful"),
        setup_time: section.number("setup_time", 0, SECONDS_MAX).clamp(0, 120),
        kill_timeout: section.number("kill_timeout", 10, SECONDS_MAX).clamp(10, 60),
        dns_search: section.list("dns_search", domain),
        backups,
        name: name?,
    })
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

    fn flag(&self, member: &str) -> bool {
        self.0.member(member).and_then(|at| at.bool()).unwrap_or_default()
    }

    fn list<T>(&self, member: &str, read: impl FnMut(&At<'_>) -> Option<T>) -> Vec<T> {
        self.0.member(member).and_then(|at| at.list(read)).unwrap_or_default()
    }
}

fn text(at: &At<'_>) -> Option<String> {
    at.text().map(str::to_owned)
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
fn variable(at: &At<'_>) -> Option<(String, String)> {
    let (name, value) = at.text()?.split_once('=').or_else(|| at.fault("must be NAME=value"))?;
    match name.parse::<crate::domain::name::EnvName>() {
        Ok(name) => Some((name.to_string(), value.to_owned())),
        Err(rule) => at.fault(format!("has a name that {rule}")),
    }
}

fn log(at: &At<'_>) -> Option<String> {
    let text = at.text()?;
    if text.starts_with('/') || text.is_empty() || text.split('/').any(|part| part == "..") {
        return at.fault(format!("must be a file below {LOGS}, without its path"));
    }
    Some(text.to_owned())
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

fn label(at: &At<'_>) -> Option<String> {
    let text = at.text()?;
    match text.split_once(':') {
        Some((key, _)) if !sanitized(key).is_empty() => Some(text.to_owned()),
        Some(_) | None => at.fault("must be key:value"),
    }
}

/// `affinity:key==value` or `constraint:key!=value`, with `~` before the value for a wish.
fn filter(at: &At<'_>) -> Option<Filter> {
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
        let is_good = !sanitized(&key).is_empty();
        is_good.then_some(Filter { affinity, key, equal, soft, value })
    };
    parsed().or_else(|| at.fault("must be affinity:key==value or constraint:key!=value, with ~ for a wish"))
}

fn domain(at: &At<'_>) -> Option<String> {
    let text = at.text()?;
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if text.len() <= 253 && text.split('.').all(label) {
        Some(text.to_owned())
    } else {
        at.fault("must be a domain")
    }
}
