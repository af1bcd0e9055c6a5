//! Volumes of a proc.

use serde_json::{Map, Value, json};

use super::path::absolute;
use crate::domain::console::manifest::CloudVolumes;
use crate::domain::console::yaml::At;

const LOGS: &str = "/lain/logs";
const BACKUPS: [&str; 2] = ["backup_full", "backup_increment"];
/// Claims of one pod: more than any node can mount.
const VOLUMES_MAX: usize = 20;

/// `persistent_dirs`, or else `volumes`; `/lain/logs` the last. And what is to be backed up of them.
pub(super) fn persistent(at: &At<'_>) -> (Vec<String>, Option<Value>) {
    let (volumes, dirs) = (at.member("volumes"), at.member("persistent_dirs"));
    if let (Some(volumes), Some(_)) = (&volumes, &dirs) {
        volumes.ignore_since("persistent_dirs is there");
    }
    let mut backups = Map::new();
    let mut all = dirs.or(volumes).map(|at| volumes_of(&at, &mut backups)).unwrap_or_default();
    all.retain(|path| path != LOGS);
    all.push(LOGS.to_owned());
    (all, (!backups.is_empty()).then(|| json!(backups)))
}

fn volumes_of(at: &At<'_>, backups: &mut Map<String, Value>) -> Vec<String> {
    let read = |item: &At<'_>| {
        if !item.is_map() {
            return absolute(item, item.text()?);
        }
        let members = item.members()?;
        let [(path, plan)] = members.as_slice() else {
            return item.fault("must be a path, or a path with its backups");
        };
        let path = absolute(item, path)?;
        plan.ignore_others(&BACKUPS);
        for at in BACKUPS.iter().filter_map(|name| plan.member(name)) {
            at.required("schedule")?.text()?;
            at.ignore_others(&["schedule", "expire", "pre_run", "post_run"]);
        }
        if plan.is_map() {
            backups.insert(path.clone(), plan.json());
        }
        Some(path)
    };
    // A map is one volume with its backups.
    let all = if at.is_map() { at.items().iter().filter_map(read).collect() } else { at.list(read) };
    check_count(at, &all);
    all
}

fn check_count(at: &At<'_>, all: &[String]) {
    let is_twice = || all.iter().enumerate().any(|(index, path)| all[..index].contains(path));
    if all.len() > VOLUMES_MAX || is_twice() {
        at.fault::<()>(format!("must have at most {VOLUMES_MAX} directories, each once"));
    }
}

/// `cloud_volumes`.
pub(super) fn cloud(at: &At<'_>) -> Option<CloudVolumes> {
    at.ignore_others(&["type", "dirs"]);
    let shared = match at.member("type") {
        None => false,
        Some(at) => match at.text()? {
            "multi" => false,
            "single" => true,
            _ => return at.fault("must be multi or single"),
        },
    };
    let dirs = at.required("dirs")?;
    let list = dirs.list(|at| absolute(at, at.text()?));
    check_count(&dirs, &list);
    if list.is_empty() {
        return dirs.fault("must have a directory");
    }
    Some(CloudVolumes { shared, dirs: list })
}
