//! Volumes of a proc.

use serde_json::{Map, Value, json};

use super::absolute;
use crate::domain::console::manifest::CloudVolumes;
use crate::domain::console::yaml::At;

const LOGS: &str = "/lain/logs";
/// What the image's own files are in.
const FORBIDDEN: [&str; 2] = ["/lain", "/lain/app"];
/// Claims of one pod: more than any node can mount.
const VOLUMES_MAX: usize = 20;

/// `volumes` or `persistent_dirs`, `/lain/logs` the last; and what is to be backed up of them.
pub(super) fn persistent(at: &At<'_>) -> (Option<Vec<String>>, Option<Value>) {
    let member = at.member("volumes").or_else(|| at.member("persistent_dirs"));
    let mut backups = Map::new();
    let read = match member {
        None => Some(Vec::new()),
        Some(at) => at.list(|item| {
            if !item.is_map() {
                return directory(item, item.text()?);
            }
            let members = item.members()?;
            let [(path, plan)] = members.as_slice() else {
                return item.fault("must be a path, or a path with its backups");
            };
            let path = directory(item, path)?;
            for (name, at) in plan.members()? {
                backup(name, &at)?;
            }
            backups.insert(path.clone(), plan.json());
            Some(path)
        }),
    };
    let all = read.and_then(|mut all| {
        all.retain(|path| path != LOGS);
        let is_twice = all.iter().enumerate().any(|(index, path)| all[..index].contains(path));
        if is_twice || all.len() > VOLUMES_MAX {
            return at.fault(format!("must have at most {VOLUMES_MAX} volumes, each once"));
        }
        all.push(LOGS.to_owned());
        Some(all)
    });
    (all, (!backups.is_empty()).then(|| json!(backups)))
}

fn backup(name: &str, at: &At<'_>) -> Option<()> {
    if !matches!(name, "backup_full" | "backup_increment") {
        return at.fault("must be backup_full or backup_increment");
    }
    at.required("schedule")?.text()?;
    for (member, at) in at.members()? {
        if !matches!(member, "schedule" | "expire" | "pre_run" | "post_run") {
            return at.fault("must be schedule, expire, pre_run or post_run");
        }
    }
    Some(())
}

fn directory(at: &At<'_>, text: &str) -> Option<String> {
    let path = absolute(at, text)?;
    if path.is_empty() || FORBIDDEN.contains(&path.as_str()) {
        return at.fault("must not be /, /lain or /lain/app");
    }
    Some(path)
}

/// `cloud_volumes`.
pub(super) fn cloud(at: &At<'_>) -> Option<CloudVolumes> {
    let shared = match at.member("type") {
        None => false,
        Some(at) => match at.text()? {
            "multi" => false,
            "single" => true,
            _ => return at.fault("must be multi or single"),
        },
    };
    let dirs = at.required("dirs")?;
    let list = dirs.list(|at| directory(at, at.text()?))?;
    let is_twice = list.iter().enumerate().any(|(index, path)| list[..index].contains(path));
    if list.is_empty() || list.len() > VOLUMES_MAX || is_twice {
        return dirs.fault(format!("must be 1 to {VOLUMES_MAX} directories, each once"));
    }
    Some(CloudVolumes { shared, dirs: list })
}
