//! The namespace of a project: made if absent, never taken over (kirk-spec 6.7).

use common::domain::name::ProjectName;
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};

use super::{Cluster, ClusterError, FIELD_MANAGER, call};
use crate::render::{self, names};

impl Cluster {
    /// Makes sure that the project has its namespace. One without our label is somebody else's, and is left as it is.
    pub async fn ensure_namespace(&self, project: &ProjectName) -> Result<(), ClusterError> {
        let api = Api::<Namespace>::all(self.client.clone());
        let wanted = render::namespace(project);
        if let Some(present) = read(&api, project).await? {
            return complete(&api, project, present, wanted).await;
        }
        // Created and not applied: an apply would add our labels to one that somebody makes at this moment.
        let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
        match call("create the project's namespace", api.create(&params, &wanted)).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_conflict() => match read(&api, project).await? {
                Some(present) => complete(&api, project, present, wanted).await,
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }
}

async fn read(api: &Api<Namespace>, project: &ProjectName) -> Result<Option<Namespace>, ClusterError> {
    call("read the project's namespace", api.get_opt(project.as_str())).await
}

/// Adds labels that are missing to a namespace of ours. Other values of them are an administrator's, and stay.
async fn complete(
    api: &Api<Namespace>,
    project: &ProjectName,
    present: Namespace,
    mut wanted: Namespace,
) -> Result<(), ClusterError> {
    let labels = present.metadata.labels.unwrap_or_default();
    if labels.get(names::MANAGED_BY).map(String::as_str) != Some(names::SLIPWAY) {
        return Err(ClusterError::NameConflict { kind: "Namespace", name: project.to_string() });
    }
    if present.metadata.deletion_timestamp.is_some() {
        return Err(ClusterError::NamespaceTerminating { message: project.to_string() });
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
    call("label the project's namespace", api.patch(project.as_str(), &params, &Patch::Apply(&wanted)))
        .await?;
    Ok(())
}
