//! The health check that a proc's container runs.

use crate::domain::console::manifest::ContainerHealthcheck;
use crate::domain::console::yaml::At;

/// `container_healthcheck`: a command; none where it is switched off.
#[expect(clippy::option_option, reason = "not good, and switched off, are two things")]
pub(super) fn command(at: &At<'_>) -> Option<Option<ContainerHealthcheck>> {
    let cmd = at.required("cmd")?.text()?;
    let options = at.member("options");
    at.ignore_others(&["cmd", "options"]);
    if let Some(options) = &options {
        options.ignore_others(&["interval", "timeout", "retries"]);
    }
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
