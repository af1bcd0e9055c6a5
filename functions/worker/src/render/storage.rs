//! What a group's pods mount that is an object of its own: secret files and volume claims.

use std::collections::BTreeMap;

use common::domain::workload::{Claim, Group, Workload};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{
    PersistentVolumeClaim, PersistentVolumeClaimSpec, Secret, VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{Kind, Object, metadata};

pub(super) fn render(workload: &Workload, group: &Group) -> Vec<Object> {
    let secret = group.secret.as_ref().map(|secret| {
        let mut meta = metadata::of_group(workload, group, &secret.name);
        meta.annotations.get_or_insert_default().extend(secret.annotations.clone());
        let data = secret.data.iter().map(|(key, bytes)| (key.clone(), ByteString(bytes.clone())));
        let manifest = Secret {
            metadata: meta,
            data: Some(data.collect()),
            type_: Some("Opaque".to_owned()),
            ..Secret::default()
        };
        Object::new(Kind::Secret, &secret.name, &manifest)
    });
    let claims = group.claims.iter().map(|each| {
        let manifest = claim(each, metadata::of_group(workload, group, &each.name));
        Object::new(Kind::PersistentVolumeClaim, &each.name, &manifest)
    });
    secret.into_iter().chain(claims).collect()
}

/// A claim, also as a StatefulSet's template of claims.
pub(super) fn claim(claim: &Claim, metadata: ObjectMeta) -> PersistentVolumeClaim {
    let access = if claim.is_shared { "ReadWriteMany" } else { "ReadWriteOnce" };
    let size = Quantity(format!("{}Gi", claim.size_gi));
    PersistentVolumeClaim {
        metadata,
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec![access.to_owned()]),
            resources: Some(VolumeResourceRequirements {
                limits: None,
                requests: Some(BTreeMap::from([("storage".to_owned(), size)])),
            }),
            storage_class_name: claim.storage_class.clone(),
            ..PersistentVolumeClaimSpec::default()
        }),
        status: None,
    }
}
