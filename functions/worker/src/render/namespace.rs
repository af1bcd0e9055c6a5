//! The namespace of a subject (kirk-spec 6.1 and 6.7, lain-spec §6).

use common::domain::workload;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// Refuses pods that could take over a node. Ours never ask for that; a template that did would be refused.
const POD_SECURITY: (&str, &str) = ("pod-security.kubernetes.io/enforce", "baseline");

/// The namespace as it is to be.
pub fn namespace(namespace: &workload::Namespace) -> Namespace {
    let (policy, level) = POD_SECURITY;
    let mut labels = namespace.labels.clone();
    labels.insert(policy.to_owned(), level.to_owned());
    Namespace {
        metadata: ObjectMeta {
            name: Some(namespace.name.clone()),
            labels: Some(labels),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    }
}
