//! What an app uses of others.

use std::collections::BTreeMap;

use crate::domain::console::manifest::{Param, UsedResource, UsedService};
use crate::domain::console::name::AppName;
use crate::domain::console::yaml::At;

/// What one app may use: a deploy changes all its resources' instances at once.
const USED_MAX: usize = 16;

/// `use_services`: service names by their app.
pub(super) fn services(at: &At<'_>) -> Option<Vec<UsedService>> {
    let used = |(app, at): (&str, At<'_>)| {
        let app = plain(app, &at)?;
        Some(UsedService { app, services: at.list(|at| at.text().map(str::to_owned))? })
    };
    members(at)?.into_iter().map(used).collect()
}

/// `use_resources`: for each resource its services, and what its template is rendered with.
pub(super) fn resources(at: &At<'_>) -> Option<Vec<UsedResource>> {
    let used = |(app, at): (&str, At<'_>)| {
        let app = plain(app, &at)?;
        let mut services = Vec::new();
        let mut params = BTreeMap::new();
        for (name, at) in at.members()? {
            if name == "services" {
                services = at.list(|at| at.text().map(str::to_owned))?;
            } else {
                let text = at.text()?;
                let param = at.peek_integer().map_or_else(|| Param::Text(text.to_owned()), Param::Integer);
                params.insert(name.to_owned(), param);
            }
        }
        Some(UsedResource { app, services, params })
    };
    members(at)?.into_iter().map(used).collect()
}

fn members<'a>(at: &At<'a>) -> Option<Vec<(&'a str, At<'a>)>> {
    let members = at.members()?;
    if members.len() > USED_MAX {
        at.fault(format!("must have at most {USED_MAX} members"))
    } else {
        Some(members)
    }
}

fn plain(app: &str, at: &At<'_>) -> Option<AppName> {
    match app.parse::<AppName>() {
        Ok(name) if name.instance_of().is_none() => Some(name),
        Ok(_) => at.fault("must not be an instance of a resource"),
        Err(rule) => at.fault(format!("has a name that {rule}")),
    }
}
