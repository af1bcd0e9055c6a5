//! The containers of a request (kirk-spec 2.3).

use std::collections::HashSet;

use super::refuse_repeats;
use crate::domain::container::{Container, Env, EnvValue};
use crate::domain::mount::{ConfigMount, MountPath, VolumeMount, WorkingDir};
use crate::domain::name::{ContainerName, Rule};
use crate::http::json::At;

const CONTAINERS_MAX: usize = 8;
const COMMAND_ITEMS_MAX: usize = 64;
const ARGS_ITEMS_MAX: usize = 256;
const ITEM_CHARS_MAX: usize = 8192;
const MOUNTS_MAX: usize = 32;
const ENVS_MAX: usize = 256;
const ENV_VALUE_CHARS_MAX: usize = 1024;

/// Reads the list, which must not be empty, and names those that have no name.
pub(super) fn list(at: &At<'_>, stateless: bool) -> Option<Vec<Container>> {
    let items = at.items(CONTAINERS_MAX)?;
    if items.is_empty() {
        return at.fault("must have at least one container");
    }
    refuse_repeats(at, "name");
    let names = names(&items);
    let containers = items.iter().zip(names).map(|(at, name)| container(at, name, stateless));
    // All are read, so that the faults of all are noted.
    containers.collect::<Vec<_>>().into_iter().collect()
}

/// A container without a name is `container-<k>`, where k is the smallest number from its index on that is free.
/// None stands for a name with a fault.
fn names(items: &[At<'_>]) -> Vec<Option<ContainerName>> {
    let given: Vec<_> = items.iter().map(|at| optional::<ContainerName>(&at.member("name"))).collect();
    let mut taken: HashSet<ContainerName> = given.iter().flatten().flatten().cloned().collect();
    let mut free = |index: usize| {
        let mut names = (index..).filter_map(|k| format!("container-{k}").parse::<ContainerName>().ok());
        let free = names.find(|name| !taken.contains(name))?;
        taken.insert(free.clone());
        Some(free)
    };
    given.into_iter().enumerate().map(|(index, given)| given?.or_else(|| free(index))).collect()
}

fn container(at: &At<'_>, name: Option<ContainerName>, stateless: bool) -> Option<Container> {
    at.object()?;
    let image = at.member("image").required().and_then(At::parse);
    let working_dir = optional::<WorkingDir>(&at.member("workingDir"));
    let command = strings(&at.member("command"), COMMAND_ITEMS_MAX);
    let args = strings(&at.member("args"), ARGS_ITEMS_MAX);
    let volume_mounts = volume_mounts(&at.member("volumeMounts"), stateless);
    let configs = at.member("configs").list(MOUNTS_MAX, config_mount);
    refuse_shared_paths(at);
    let envs = at.member("envs").list(ENVS_MAX, env);
    refuse_repeats(&at.member("envs"), "name");
    Some(Container {
        name: name?,
        image: image?,
        working_dir: working_dir?,
        command: command?,
        args: args?,
        volume_mounts: volume_mounts?,
        configs: configs?,
        envs: envs?,
    })
}

/// `""` is the same as absent.
#[expect(clippy::option_option, reason = "absent and faulty are two things")]
fn optional<T: std::str::FromStr<Err = Rule>>(at: &At<'_>) -> Option<Option<T>> {
    if at.is_absent() || at.string()?.is_empty() { Some(None) } else { at.parse().map(Some) }
}

fn strings(at: &At<'_>, max: usize) -> Option<Vec<String>> {
    at.list(max, |at| short_string(at, ITEM_CHARS_MAX))
}

fn short_string(at: &At<'_>, chars_max: usize) -> Option<String> {
    let text = at.string()?;
    if text.chars().count() > chars_max {
        return at.fault(format!("must be at most {chars_max} characters"));
    }
    Some(text.to_owned())
}

fn volume_mounts(at: &At<'_>, stateless: bool) -> Option<Vec<VolumeMount>> {
    if stateless && !at.items(MOUNTS_MAX)?.is_empty() {
        return at.fault("must be empty for a stateless service");
    }
    at.list(MOUNTS_MAX, |at| {
        at.object()?;
        let volume_name = at.member("volumeName").required().and_then(At::parse);
        let read_only = at.member("readOnly");
        let read_only = if read_only.is_absent() { Some(true) } else { read_only.bool() };
        let mount_path = mount_path(&at.member("mountPath"));
        Some(VolumeMount { volume_name: volume_name?, read_only: read_only?, mount_path: mount_path? })
    })
}

fn config_mount(at: &At<'_>) -> Option<ConfigMount> {
    at.object()?;
    let config_map_name = at.member("configMapName").required().and_then(At::parse);
    let mount_path = mount_path(&at.member("mountPath"));
    Some(ConfigMount { config_map_name: config_map_name?, mount_path: mount_path? })
}

fn mount_path(at: &At<'_>) -> Option<MountPath> {
    let text = at.required()?.string()?;
    MountPath::parse(text).map_or_else(|rule| at.fault(rule), Some)
}

/// Volumes and configuration files of a container need places of their own.
fn refuse_shared_paths(container: &At<'_>) {
    let mut seen = HashSet::new();
    for list in ["volumeMounts", "configs"] {
        for item in container.member(list).peek_items() {
            let at = item.member("mountPath");
            if let Some(path) = at.peek_string().and_then(|text| MountPath::parse(text).ok())
                && !seen.insert(path)
            {
                at.fault::<()>("is there twice");
            }
        }
    }
}

fn env(at: &At<'_>) -> Option<Env> {
    at.object()?;
    let name = at.member("name").required().and_then(At::parse);
    let kind = at.member("type");
    let value = at.member("value");
    let from_config_map = match (kind.is_absent(), kind.peek_string()) {
        (true, _) | (false, Some("")) => Some(false),
        (false, Some("configMap")) => Some(true),
        (false, _) => kind.fault("must be absent or \"configMap\""),
    };
    let value = match from_config_map {
        Some(true) => value.required().and_then(At::parse).map(EnvValue::ConfigMap),
        Some(false) if value.is_absent() => Some(EnvValue::Literal(String::new())),
        Some(false) => short_string(&value, ENV_VALUE_CHARS_MAX).map(EnvValue::Literal),
        None => None,
    };
    Some(Env { name: name?, value: value? })
}
