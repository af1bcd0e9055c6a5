//! What no two procs of a file may have in common, and no two mounts of a proc.

use std::collections::BTreeMap;

use crate::domain::console::manifest::{Proc, ProcKind};
use crate::domain::console::yaml::At;

/// Notes what procs share; each comes with its section.
pub(super) fn check(procs: &[(At<'_>, Proc)]) {
    let mut names = BTreeMap::new();
    let mut ports = BTreeMap::new();
    let mut services = BTreeMap::new();
    for (at, proc) in procs {
        if let Some(first) = first(&mut names, proc.name.as_str(), at) {
            at.fault::<()>(format!("has the name {} as {first} has", proc.name));
        }
        let edge = at.member("ports").unwrap_or_else(|| at.clone());
        for port in &proc.stream_ports {
            if let Some(first) = first(&mut ports, port.source, &edge) {
                edge.fault::<()>(format!("has the port {} as {first} has", port.source));
            }
        }
        if let ProcKind::Portal { service_name, .. } = &proc.kind {
            let named = at.member("service_name").unwrap_or_else(|| at.clone());
            if let Some(first) = first(&mut services, service_name.as_str(), &named) {
                named.fault::<()>(format!("has the service_name {service_name} as {first} has"));
            }
        }
    }
}

/// Notes a path that a proc would have two things at.
pub(super) fn check_mounts(at: &At<'_>, proc: &Proc) {
    let own = |member| at.member(member).unwrap_or_else(|| at.clone());
    let cloud = proc.cloud_volumes.iter().flat_map(|volumes| &volumes.dirs);
    let mut taken: BTreeMap<&str, &str> =
        proc.persistent_dirs.iter().map(|path| (path.as_str(), "a volume")).collect();
    let others = cloud.map(|path| (path, "cloud_volumes", "a cloud volume"));
    let files = proc.secret_files.iter().map(|path| (path, "secret_files", "a secret file"));
    for (path, member, what) in others.chain(files) {
        if let Some(other) = taken.insert(path, what) {
            own(member).fault::<()>(format!("has {path}, which is {other} too"));
        }
    }
}

/// The place that had the key before this one, if one had.
fn first<K: Ord>(taken: &mut BTreeMap<K, String>, key: K, at: &At<'_>) -> Option<String> {
    let place = taken.get(&key).cloned();
    if place.is_none() {
        taken.insert(key, at.place());
    }
    place
}
