//! What an app uses of others.

use std::collections::BTreeMap;

use crate::domain::console::manifest::{Param, UsedResource, UsedService};
use crate::domain::console::name::AppName;
use crate::domain::console::yaml::At;
use crate::domain::name::Rule;

/// What one app may use: a deploy changes all its resources' instances at once.
const USED_MAX: usize = 16;
/// The member of a resource's use that is no parameter.
const SERVICES: &str = "services";

/// `use_services`: service names by their app.
pub(super) fn services(at: &At<'_>) -> Vec<UsedService> {
    let used = |(app, at): (&str, At<'_>)| Some(UsedService { app: key(app, &at)?, services: names(&at) });
    members(at).into_iter().filter_map(used).collect()
}

/// `use_resources`: for each resource its services, and what its template is rendered with.
pub(super) fn resources(at: &At<'_>) -> Vec<UsedResource> {
    let used = |(app, at): (&str, At<'_>)| {
        let app = key(app, &at)?;
        let services = at.member(SERVICES).map(|at| names(&at)).unwrap_or_default();
        let mut params = BTreeMap::new();
        for (name, at) in at.members()?.into_iter().filter(|(name, _)| *name != SERVICES) {
            params.insert(name.to_owned(), param(&at)?);
        }
        Some(UsedResource { app, services, params })
    };
    members(at).into_iter().filter_map(used).collect()
}

fn param(at: &At<'_>) -> Option<Param> {
    let text = at.text()?;
    let number = at.peek_integer().map(Param::Integer);
    Some(
        number.or_else(|| at.peek_bool().map(Param::Boolean)).unwrap_or_else(|| Param::Text(text.to_owned())),
    )
}

fn names(at: &At<'_>) -> Vec<String> {
    at.list(|at| at.text().map(str::to_owned))
}

fn members<'a>(at: &At<'a>) -> Vec<(&'a str, At<'a>)> {
    let members = at.members().unwrap_or_default();
    if members.len() > USED_MAX {
        at.fault(format!("must have at most {USED_MAX} members")).unwrap_or_default()
    } else {
        members
    }
}

/// A member's key as the name of an app.
fn key(app: &str, at: &At<'_>) -> Option<AppName> {
    match plain(app) {
        Ok(name) => Some(name),
        Err(rule) => at.fault(format!("has a name that {rule}")),
    }
}

/// The name of an app of which there can be a file: no instance of a resource.
pub(super) fn plain(app: &str) -> Result<AppName, Rule> {
    let name: AppName = app.parse()?;
    match name.instance_of() {
        None => Ok(name),
        Some(_) => Err("must not be that of a resource's instance, which its client's deploy makes"),
    }
}
