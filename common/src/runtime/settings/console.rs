//! The part of the environment that is about the console dialect.

use std::time::Duration;

use super::bad;
use crate::domain::Result;
use crate::domain::console::domains::Domains;
use crate::domain::console::notify::Schedule;
use crate::domain::console::settings::Settings;
use crate::runtime::variable::{DOMAINS, PROTECTED_APPS, REGISTRY, WEBHOOK_SCHEDULE};

/// Apps on which an installation of LAIN itself rests.
const PROTECTED_DEFAULT: &str = "console,registry,tinydns,sso,webrouter,lvault";
/// Ten tries within some three days.
const SCHEDULE_DEFAULT: &str = "0s,5s,5m,30m,2h,5h,10h,14h,20h,24h";
/// Only for installations whose people never say: names below it lead nowhere.
const DOMAIN_DEFAULT: &str = "lain.local";

/// Reads the settings; `optional` gives a variable that is set and not empty.
pub(super) fn read(optional: impl Fn(&str) -> Option<String>) -> Result<Settings> {
    let or = |name: &str, default: &str| optional(name).unwrap_or_else(|| default.to_owned());
    let domains = Domains::parse(&or(DOMAINS, DOMAIN_DEFAULT));
    let domains = domains.ok_or_else(|| bad(DOMAINS, "must be a list of domains, the main one first"))?;
    let protected = or(PROTECTED_APPS, PROTECTED_DEFAULT);
    let protected = protected.split(',').filter(|name| !name.is_empty()).map(str::parse);
    Ok(Settings {
        registry: or(REGISTRY, &format!("registry.{}", domains.main())),
        domains,
        protected_apps: protected.collect::<Result<_, _>>().map_err(|rule| bad(PROTECTED_APPS, rule))?,
        webhook_schedule: schedule(&or(WEBHOOK_SCHEDULE, SCHEDULE_DEFAULT))
            .ok_or_else(|| bad(WEBHOOK_SCHEDULE, "must be a list of waits, like 0s,5s,5m"))?,
    })
}

/// Waits like `0s,200ms,5m,2h`; at least one.
fn schedule(text: &str) -> Option<Schedule> {
    let wait = |text: &str| {
        let text = text.trim();
        let digits = text.find(|char: char| !char.is_ascii_digit())?;
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().ok()?;
        match unit {
            "ms" => Some(Duration::from_millis(number)),
            "s" => Some(Duration::from_secs(number)),
            "m" => number.checked_mul(60).map(Duration::from_secs),
            "h" => number.checked_mul(3600).map(Duration::from_secs),
            _ => None,
        }
    };
    text.split(',').map(wait).collect::<Option<Vec<_>>>().map(Schedule)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<Settings> {
        let env: HashMap<_, _> = pairs.iter().copied().collect();
        read(|name| env.get(name).map(|text| (*text).to_owned()))
    }

    #[test]
    fn what_is_not_said_has_defaults() {
        let settings = settings(&[]).unwrap();
        assert_eq!(settings.registry, "registry.lain.local");
        assert!(settings.is_protected(&"console".parse().unwrap()));
        assert_eq!(settings.webhook_schedule.0.len(), 10);
    }

    #[test]
    fn what_is_said_is_taken() {
        let settings = settings(&[
            (DOMAINS, "a.example,b.example"),
            (PROTECTED_APPS, "core"),
            (WEBHOOK_SCHEDULE, "0s,200ms, 5m,1h"),
        ])
        .unwrap();
        assert_eq!(settings.registry, "registry.a.example");
        assert_eq!(settings.protected_apps, ["core".parse().unwrap()]);
        let waits = [0, 200, 300_000, 3_600_000].map(Duration::from_millis);
        assert_eq!(settings.webhook_schedule.0, waits);
    }

    #[test]
    fn a_bad_variable_is_named() {
        for (name, value) in [
            (DOMAINS, "a b"),
            (PROTECTED_APPS, "a_b"),
            (WEBHOOK_SCHEDULE, "5"),
            (WEBHOOK_SCHEDULE, "5s,"),
            (WEBHOOK_SCHEDULE, "5d"),
        ] {
            let error = settings(&[(name, value)]).unwrap_err();
            assert!(std::error::Error::source(&error).unwrap().to_string().starts_with(name), "{error:?}");
        }
    }
}
