//! Making room: an object that cannot become what is wanted goes, and a new one comes.

use kube::api::{DeleteParams, Preconditions};
use serde_json::Value;

use super::{Change, Place};
use crate::cluster::{Cluster, ClusterError, call};

impl Cluster {
    /// Deletes an object that has to make room for a new one. The volumes stay.
    pub(super) async fn make_room(&self, change: &mut Change<'_>) -> Result<(), ClusterError> {
        let Change { workload, object, place, .. } = change;
        let Place::Outdated(uid) = place else { return Ok(()) };
        let same = Preconditions { uid: Some(uid.clone()), resource_version: None };
        let api = self.api(&workload.namespace.name, object.kind);
        let present = call("look at an object that cannot be changed", api.get_opt(&object.name)).await?;
        let has_pods = object.kind.keeps_pods();
        // Its pods go with it where they could not have the new one's volumes; else they need not.
        let leaves_pods =
            has_pods && present.is_some_and(|present| claims(&present.data) == claims(&object.manifest));
        let params = if leaves_pods { DeleteParams::orphan() } else { DeleteParams::background() };
        let params = params.preconditions(same);
        let deletion = api.delete(&object.name, &params);
        match call("delete an object that cannot be changed", deletion).await {
            Ok(_) => {}
            Err(error) if error.is_not_found() || error.is_conflict() => {}
            Err(error) => return Err(error),
        }
        *place = self.look(workload, object).await?;
        match place {
            Place::Empty => Ok(()),
            // Kubernetes still takes its pods from it.
            Place::Ours(_) | Place::Outdated(_) => {
                Err(ClusterError::ObjectTerminating { kind: object.kind.as_str(), name: object.name.clone() })
            }
        }
    }
}

/// The names of the claims of which each pod of a set has one.
fn claims(set: &Value) -> Vec<Option<&str>> {
    let templates = set.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array);
    templates.into_iter().flatten().map(|claim| claim.pointer("/metadata/name")?.as_str()).collect()
}
