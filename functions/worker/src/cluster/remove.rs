//! Removing: what a subject owns and no longer wants, and nothing else (design §4, step 6).

use std::collections::{BTreeMap, BTreeSet};

use common::domain::applied::AppliedObject;
use common::domain::console::app::Eviction;
use common::domain::name::Uid;
use common::domain::workload::Workload;
use futures::future::{try_join, try_join_all};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, Preconditions};

use super::apply::is_owner;
use super::{Cluster, ClusterError, call, each, selector};
use crate::render::{Kind, Object, key, removable};

/// An object that is there, or was.
#[derive(Clone)]
struct Found {
    kind: Kind,
    name: String,
    uid: String,
    ours: bool,
    /// Whether it was seen, and not only recorded.
    listed: bool,
}

impl Found {
    fn key(&self) -> String {
        key(self.kind, &self.name)
    }
}

impl Cluster {
    /// Deletes what is known of the workload and not wanted any more. `sweep` looks for more of it: objects that name this
    /// life of the subject as their owner, and were lost from what is known.
    pub async fn prune(
        &self,
        workload: &Workload,
        wanted: &[Object],
        known: &BTreeMap<String, AppliedObject>,
        sweep: bool,
    ) -> Result<(), ClusterError> {
        let listed = if sweep { self.list_objects(workload).await? } else { Vec::new() };
        let wanted: BTreeSet<_> = wanted.iter().map(Object::key).collect();
        let unwanted = of_ours(&listed, known).into_iter().filter(|found| !wanted.contains(&found.key()));
        let params = DeleteParams::background();
        try_join_all(unwanted.map(|found| self.delete(&workload.namespace.name, found, &params))).await?;
        Ok(())
    }

    /// Deletes all objects of a subject, and tells whether nothing of it is left, its pods included. Claims stay, and
    /// config maps are not its own. To be called again until it is so.
    pub async fn delete_all(
        &self,
        workload: &Workload,
        known: &BTreeMap<String, AppliedObject>,
    ) -> Result<bool, ClusterError> {
        let (listed, pods) = try_join(self.list_objects(workload), self.count_pods(workload)).await?;
        let params = DeleteParams::foreground();
        let ours = of_ours(&listed, known);
        let namespace = &workload.namespace.name;
        let deleted =
            try_join_all(ours.into_iter().map(|found| self.delete(namespace, found, &params))).await?;
        // Where somebody else's workload stands under our labels, the pods are its.
        let foreign_workload = listed.iter().any(|found| !found.ours && found.kind.keeps_pods());
        Ok(!deleted.contains(&true) && (pods == 0 || foreign_workload))
    }

    /// Deletes a pod of the subject, for which another one is made; one that is gone is no failure.
    pub async fn evict(&self, workload: &Workload, eviction: &Eviction) -> Result<(), ClusterError> {
        let api = self.typed::<Pod>(&workload.namespace.name);
        // The next pod of a set has the same name.
        let uid = Some(eviction.uid.clone()).filter(|uid| !uid.is_empty());
        let same = Preconditions { uid, resource_version: None };
        let params = DeleteParams::default().preconditions(same);
        match call("delete a pod", api.delete(&eviction.pod, &params)).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() || error.is_conflict() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Deletes an object, if it is still the same one; tells whether it was.
    async fn delete(
        &self,
        namespace: &str,
        found: Found,
        params: &DeleteParams,
    ) -> Result<bool, ClusterError> {
        let same = Preconditions { uid: Some(found.uid), resource_version: None };
        let params = params.clone().preconditions(same);
        match call("delete an object", self.api(namespace, found.kind).delete(&found.name, &params)).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            // What was listed a moment ago is still there, if as another one: look again. What is only on record has gone.
            Err(error) if error.is_conflict() => Ok(found.listed),
            Err(error) => Err(error),
        }
    }

    async fn list_objects(&self, workload: &Workload) -> Result<Vec<Found>, ClusterError> {
        let labels = selector(&workload.selector);
        let uid: &Uid = &workload.owner;
        let lists = removable(workload).into_iter().map(|kind| {
            let (api, labels) = (self.api(&workload.namespace.name, kind), &labels);
            async move {
                let mut found = Vec::new();
                each("list the objects of a subject", &api, labels, |object| {
                    let ours = is_owner(uid, object.metadata.annotations.as_ref());
                    let (name, uid) = (object.metadata.name, object.metadata.uid);
                    let (name, uid) = (name.unwrap_or_default(), uid.unwrap_or_default());
                    found.push(Found { kind, name, uid, ours, listed: true });
                })
                .await?;
                Ok::<_, ClusterError>(found)
            }
        });
        Ok(try_join_all(lists).await?.into_iter().flatten().collect())
    }

    async fn count_pods(&self, workload: &Workload) -> Result<usize, ClusterError> {
        let labels = selector(&workload.selector);
        let mut count = 0;
        let api = self.typed::<Pod>(&workload.namespace.name);
        each("list the pods of a subject", &api, &labels, |pod| {
            // A copy that somebody made by hand has no controller, and stays.
            let owners = pod.metadata.owner_references.unwrap_or_default();
            count += usize::from(owners.iter().any(|owner| owner.controller == Some(true)));
        })
        .await?;
        Ok(count)
    }
}

/// What was listed as ours, and what is known and was not listed: its labels may have been taken from it.
fn of_ours(listed: &[Found], known: &BTreeMap<String, AppliedObject>) -> Vec<Found> {
    let listed_keys: BTreeSet<_> = listed.iter().map(Found::key).collect();
    let known = known.iter().filter(|(key, _)| !listed_keys.contains(*key)).filter_map(|(key, known)| {
        let (kind, name) = key.split_once('/')?;
        // A kind that we do not know is a newer version's, which will remove it.
        Some(Found {
            kind: Kind::parse(kind).filter(|kind| !kind.is_kept())?,
            name: name.to_owned(),
            uid: known.uid.clone(),
            ours: true,
            listed: false,
        })
    });
    listed.iter().filter(|found| found.ours).cloned().chain(known).collect()
}

#[cfg(test)]
mod tests;
