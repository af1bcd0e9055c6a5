//! Where pods may or should run, and what they are found by.

use crate::domain::console::manifest::Filter;
use crate::domain::console::yaml::At;
use crate::domain::workload::label::sanitized;

pub(super) fn label(at: &At<'_>) -> Option<String> {
    let text = at.text()?;
    match text.split_once(':') {
        Some((key, _)) if !sanitized(key).is_empty() => Some(text.to_owned()),
        Some(_) | None => at.fault("must be key:value"),
    }
}

/// `affinity:key==value` or `constraint:key!=value`, with `~` before the value for a wish.
pub(super) fn filter(at: &At<'_>) -> Option<Filter> {
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

pub(super) fn domain(at: &At<'_>) -> Option<String> {
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
