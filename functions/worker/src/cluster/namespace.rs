//! The namespace of a subject: made if absent, never taken over (kirk-spec 6.7).

use common::domain::workload::{self, label};
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};

use super::{Cluster, ClusterError, FIELD_MANAGER, call};
use crate::render;

impl Cluster {
    /// Makes sure that there is the namespace. One without our label, or with another subject's, is somebody else's, and
    /// is left as it is.
    pub async fn ensure_namespace(&self, namespace: &workload::Namespace) -> Result<(), ClusterError> {
        let api = Api::<Namespace>::all(self.client.clone());
        let wanted = render::namespace(namespace);
        if let Some(present) = read(&api, namespace).await? {
            return complete(&api, namespace, present, wanted).await;
        }
        // Created and not applied: an apply would add our labels to one that somebody makes at this moment.
        let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
        match call("create a namespace", api.create(&params, &wanted)).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_conflict() => match read(&api, namespace).await? {
                Some(present) => complete(&api, namespace, present, wanted).await,
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }
}

async fn read(
    api: &Api<Namespace>,
    namespace: &workload::Namespace,
) -> Result<Option<Namespace>, ClusterError> {
    call("read a namespace", api.get_opt(&namespace.name)).await
}

/// Adds labels that are missing to a namespace of ours. Other values of them are an administrator's, and stay.
async fn complete(
    api: &Api<Namespace>,
    namespace: &workload::Namespace,
    present: Namespace,
    mut wanted: Namespace,
) -> Result<(), ClusterError> {
    let labels = present.metadata.labels.unwrap_or_default();
    let is_of_another = namespace.labels.iter().any(|(key, value)| match labels.get(key) {
        Some(present) => present != value,
        None => key == label::MANAGED_BY,
    });
    // A project and an app may have namespaces of the same name, and each a label that the other has not.
    let is_of_another_sort = [label::PROJECT, label::APP]
        .into_iter()
        .any(|key| labels.contains_key(key) && !namespace.labels.contains_key(key));
    if is_of_another || is_of_another_sort {
        return Err(ClusterError::NameConflict { kind: "Namespace", name: namespace.name.clone() });
    }
    if present.metadata.deletion_timestamp.is_some() {
        return Err(ClusterError::NamespaceTerminating { message: namespace.name.clone() });
    }
    let wanted_labels = wanted.metadata.labels.get_or_insert_default();
    if wanted_labels.keys().all(|label| labels.contains_key(label)) {
        return Ok(());
    }
    for (label, value) in wanted_labels {
        if let Some(present) = labels.get(label) {
            value.clone_from(present);
        }
    }
    let params = PatchParams::apply(FIELD_MANAGER).force();
    call("label a namespace", api.patch(&namespace.name, &params, &Patch::Apply(&wanted))).await?;
    Ok(())
}
