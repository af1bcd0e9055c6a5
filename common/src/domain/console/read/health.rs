//! Health checks of a proc.

use crate::domain::console::manifest::ContainerHealthcheck;
use crate::domain::console::yaml::At;

/// `healthcheck`: a path of the exposed port.
pub(super) fn path(at: &At<'_>, is_web: bool) -> Option<String> {
    let text = at.text()?;
    if !is_web {
        return at.fault("is for web procs only: container_healthcheck is for all");
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return at.fault("must be a path, like /ping");
    }
    Some(text.to_owned())
}

/// `container_healthcheck`: a command; none where it is switched off.
#[expect(clippy::option_option, reason = "not good, and switched off, are two things")]
pub(super) fn command(at: &At<'_>) -> Option<Option<ContainerHealthcheck>> {
    let cmd = at.required("cmd")?.text()?;
    let options = at.member("options");
    let at_least = |name: &str, min: i64| match options.as_ref().and_then(|options| options.member(name)) {
        None => u32::try_from(min).ok(),
        Some(at) => u32::try_from(at.integer(0, 3600)?.max(min)).ok(),
    };
    let (interval, timeout, retries) =
        (at_least("interval", 10), at_least("timeout", 3), at_least("retries", 3));
    let check = ContainerHealthcheck {
        cmd: cmd.to_owned(),
        interval: interval?,
        timeout: timeout?,
        retries: retries?,
    };
    Some((cmd != "none").then_some(check))
}
