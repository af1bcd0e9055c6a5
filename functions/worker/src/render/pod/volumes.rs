//! What is mounted into the pods: config maps (kirk-spec 6.4) and volume claims (6.5).

use common::domain::container::Container;
use common::domain::mount::{ConfigMount, VolumeMount as ClaimMount};
use common::domain::name::{ConfigMapName, VolumeName};
use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, PersistentVolumeClaimVolumeSource, Volume, VolumeMount,
};

use crate::render::names;

/// One volume for each config map and claim, in the order in which the containers first name them.
pub(super) fn volumes(containers: &[Container]) -> Vec<Volume> {
    let mut volumes: Vec<Volume> = Vec::new();
    let mentioned = containers.iter().flat_map(|container| {
        let claims = container.volume_mounts.iter().map(|mount| claim(&mount.volume_name));
        claims.chain(container.configs.iter().map(|mount| config(&mount.config_map_name)))
    });
    for volume in mentioned {
        if !volumes.iter().any(|known| known.name == volume.name) {
            volumes.push(volume);
        }
    }
    volumes
}

/// Where the container sees them.
pub(super) fn mounts(container: &Container) -> Vec<VolumeMount> {
    let claims = container.volume_mounts.iter().map(|mount| {
        let ClaimMount { volume_name, read_only, mount_path } = mount;
        // Read-only here and not at the claim, where it would bind the other mounts of it too.
        volume_mount(claim_volume_name(volume_name), mount_path.as_str(), *read_only)
    });
    let configs = container.configs.iter().map(|mount| {
        let ConfigMount { config_map_name, mount_path } = mount;
        volume_mount(config_volume_name(config_map_name), mount_path.as_str(), true)
    });
    claims.chain(configs).collect()
}

fn volume_mount(name: String, mount_path: &str, read_only: bool) -> VolumeMount {
    VolumeMount {
        name,
        mount_path: mount_path.to_owned(),
        read_only: read_only.then_some(true),
        ..VolumeMount::default()
    }
}

fn claim(name: &VolumeName) -> Volume {
    Volume {
        name: claim_volume_name(name),
        persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
            claim_name: name.to_string(),
            read_only: None,
        }),
        ..Volume::default()
    }
}

fn config(name: &ConfigMapName) -> Volume {
    Volume {
        name: config_volume_name(name),
        config_map: Some(ConfigMapVolumeSource {
            name: name.to_string(),
            ..ConfigMapVolumeSource::default()
        }),
        ..Volume::default()
    }
}

/// A claim's own name may be a character too long for a volume's.
fn claim_volume_name(name: &VolumeName) -> String {
    format!("vol-{}", names::short_hash(name.as_str()))
}

fn config_volume_name(name: &ConfigMapName) -> String {
    format!("cm-{}", names::short_hash(name.as_str()))
}
