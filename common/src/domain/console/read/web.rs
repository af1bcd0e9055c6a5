//! What HTTP has to do with a proc.

use crate::domain::console::manifest::ProcKind;
use crate::domain::console::yaml::At;

/// LAIN lets other procs have these, and reads them of web procs only.
const MEMBERS: [&str; 3] = ["mountpoint", "https_only", "healthcheck"];

const RULE: &str = "only the proc web has hosts by default";

#[derive(Default)]
pub(super) struct Web {
    pub(super) mountpoint: Vec<String>,
    pub(super) https_only: bool,
    pub(super) healthcheck: Option<String>,
}

pub(super) fn read(at: &At<'_>, name: &str, kind: &ProcKind) -> Web {
    match kind {
        ProcKind::Web => Web {
            mountpoint: mountpoint(at, name).unwrap_or_default(),
            https_only: at.member("https_only").and_then(|at| at.bool()).unwrap_or_default(),
            healthcheck: at.member("healthcheck").and_then(|at| path(&at)),
        },
        ProcKind::Worker | ProcKind::Oneshot | ProcKind::Portal { .. } => {
            for at in MEMBERS.iter().filter_map(|member| at.member(member)) {
                at.ignore_since("only web procs have it");
            }
            Web::default()
        }
    }
}

fn mountpoint(at: &At<'_>, name: &str) -> Option<Vec<String>> {
    match at.member("mountpoint") {
        Some(at) if name == "web" || !at.items().is_empty() => Some(at.list(entry)),
        Some(at) => at.fault(format!("must have an entry: {RULE}")),
        None if name == "web" || at.awaits("mountpoint") => None,
        None => at.fault(format!("must have mountpoint: {RULE}")),
    }
}

fn entry(at: &At<'_>) -> Option<String> {
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
}

/// A path of the exposed port; an empty one is none.
fn path(at: &At<'_>) -> Option<String> {
    let text = at.text()?;
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return at.fault("must be a path, like /ping");
    }
    (!text.is_empty()).then(|| text.to_owned())
}
