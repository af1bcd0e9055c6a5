//! The namespace of a project (kirk-spec 6.1 and 6.7).

use common::domain::name::ProjectName;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::names;

/// Refuses pods that could take over a node. Ours never ask for that; a template that did would be refused.
const POD_SECURITY: (&str, &str) = ("pod-security.kubernetes.io/enforce", "baseline");

/// The project's namespace, of the same name.
pub fn namespace(project: &ProjectName) -> Namespace {
    let (policy, level) = POD_SECURITY;
    let mut labels = names::project_labels(project);
    labels.insert(policy.to_owned(), level.to_owned());
    Namespace {
        metadata: ObjectMeta {
            name: Some(project.to_string()),
            labels: Some(labels),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    }
}
