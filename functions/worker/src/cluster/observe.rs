//! Observing: what a cluster has of one subject, or of all.

use std::collections::BTreeMap;
use std::time::Duration;

use common::clock;
use common::domain::name::Uid;
use common::domain::service::workload::name;
use common::domain::status::{Groups, Seen, SeenObject};
use common::domain::workload::{Controller, Group, Labels, Workload, label};
use futures::future::{try_join, try_join_all, try_join4};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::ObjectMeta;
use kube::{Api, Resource};
use serde::de::DeserializeOwned;

use super::apply::is_owner;
use super::seen::{self, SeenPod};
use super::{Cluster, ClusterError, call, each, managed, selector};
use crate::render::Kind;

mod missing;

/// How long a look at a whole cluster goes on with why pods are missing.
const EXPLAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// What there is under our labels, by namespace. A cluster knows no regions.
pub type ByNamespace = BTreeMap<String, Groups>;

/// A namespace, and the name of an object in it that keeps pods.
type Place = (String, String);

impl Cluster {
    /// Looks at one subject: a call for each object that keeps pods, and one for the pods.
    pub async fn observe(&self, workload: &Workload) -> Result<Groups, ClusterError> {
        let objects = try_join_all(workload.groups.iter().map(|group| self.object(workload, group)));
        let (objects, pods) = try_join(objects, self.pods(workload)).await?;
        let mut groups = Groups::new();
        let mut pods = by_group(workload, pods);
        for (group, mut object) in workload.groups.iter().zip(objects) {
            let pods = pods.remove(&group.name).unwrap_or_default();
            if let Some(object) = &mut object {
                let place = (workload.namespace.name.as_str(), group.name.as_str());
                self.explain(kind(&group.controller), place, object, &pods).await;
            }
            groups.insert(group.name.clone(), seen::seen(object, pods));
        }
        Ok(seen::fit(groups))
    }

    /// Looks at all subjects of the cluster that have an object or a pod under our labels.
    pub async fn observe_all(&self) -> Result<ByNamespace, ClusterError> {
        let (mut objects, mut stateful_sets, mut jobs, mut pods) = try_join4(
            self.objects(|object: &Deployment| seen::deployment(object)),
            self.objects(|object: &StatefulSet| seen::stateful_set(object)),
            self.objects(|object: &Job| seen::job(object)),
            self.all_pods(),
        )
        .await?;
        let explain = async {
            for (kind, objects) in [(Kind::StatefulSet, &mut stateful_sets), (Kind::Job, &mut jobs)] {
                for (place, object) in objects {
                    let pods = pods.get(place).map(Vec::as_slice).unwrap_or_default();
                    self.explain(kind, (&place.0, &place.1), object, pods).await;
                }
            }
        };
        // What is not explained by then is seen nevertheless.
        let _in_time = tokio::time::timeout(EXPLAIN_TIMEOUT, explain).await;
        objects.extend(stateful_sets);
        objects.extend(jobs);
        let mut all = ByNamespace::new();
        let mut add =
            |(namespace, name): Place, seen: Seen| all.entry(namespace).or_default().insert(name, seen);
        for (place, object) in objects {
            let pods = pods.remove(&place).unwrap_or_default();
            add(place, seen::seen(Some(object), pods));
        }
        for (place, pods) in pods {
            add(place, seen::seen(None, pods));
        }
        Ok(all)
    }

    /// A Secret of this life of a subject; none if there is none, or it is another's.
    pub(crate) async fn secret(
        &self,
        namespace: &str,
        name: &str,
        owner: &Uid,
    ) -> Result<Option<Secret>, ClusterError> {
        let secret = call("read a secret", self.typed::<Secret>(namespace).get_opt(name)).await?;
        Ok(secret.filter(|secret| is_owner(owner, secret.metadata.annotations.as_ref())))
    }

    async fn object(&self, workload: &Workload, group: &Group) -> Result<Option<SeenObject>, ClusterError> {
        let namespace = &workload.namespace.name;
        match &group.controller {
            Controller::Deployment(_) => {
                self.read(namespace, &group.name, |object: &Deployment| seen::deployment(object)).await
            }
            Controller::StatefulSet(_) => {
                self.read(namespace, &group.name, |object: &StatefulSet| seen::stateful_set(object)).await
            }
            Controller::Job { .. } => {
                self.read(namespace, &group.name, |object: &Job| seen::job(object)).await
            }
        }
    }

    async fn read<K>(
        &self,
        namespace: &str,
        name: &str,
        see: impl Fn(&K) -> SeenObject,
    ) -> Result<Option<SeenObject>, ClusterError>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + DeserializeOwned
            + std::fmt::Debug,
    {
        let object = call("read a workload", self.typed::<K>(namespace).get_opt(name)).await?;
        Ok(object.as_ref().map(see))
    }

    async fn pods(&self, workload: &Workload) -> Result<Vec<(Labels, SeenPod)>, ClusterError> {
        let (mut pods, now) = (Vec::new(), clock::now());
        let api = self.typed::<Pod>(&workload.namespace.name);
        each("list the pods of a subject", &api, &selector(&workload.selector), |pod: Pod| {
            pods.push((pod.metadata.labels.clone().unwrap_or_default(), seen::pod(&pod, now)));
        })
        .await?;
        Ok(pods)
    }

    async fn all_pods(&self) -> Result<BTreeMap<Place, Vec<SeenPod>>, ClusterError> {
        let (mut pods, now) = (BTreeMap::<_, Vec<_>>::new(), clock::now());
        let api = Api::<Pod>::all(self.client.clone());
        each("list the pods of the cluster", &api, &managed(), |pod| {
            if let Some(place) = place(&pod.metadata) {
                pods.entry(place).or_default().push(seen::pod(&pod, now));
            }
        })
        .await?;
        Ok(pods)
    }

    async fn objects<K>(
        &self,
        see: impl Fn(&K) -> SeenObject,
    ) -> Result<BTreeMap<Place, SeenObject>, ClusterError>
    where
        K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug,
    {
        let mut objects = BTreeMap::new();
        let api = Api::<K>::all(self.client.clone());
        each("list the workloads of the cluster", &api, &managed(), |object| {
            let Some(place) = place(object.meta()) else { return };
            // A copy under another name is nobody's workload.
            if object.meta().name.as_ref() == Some(&place.1) {
                objects.insert(place, see(&object));
            }
        })
        .await?;
        Ok(objects)
    }
}

fn kind(controller: &Controller) -> Kind {
    match controller {
        Controller::Deployment(_) => Kind::Deployment,
        Controller::StatefulSet(_) => Kind::StatefulSet,
        Controller::Job { .. } => Kind::Job,
    }
}

/// The pods of each group, by its name.
fn by_group(workload: &Workload, pods: Vec<(Labels, SeenPod)>) -> BTreeMap<String, Vec<SeenPod>> {
    let mut groups: BTreeMap<String, Vec<SeenPod>> = BTreeMap::new();
    for (labels, pod) in pods {
        let is_of = |group: &&Group| group.selector.iter().all(|(key, value)| labels.get(key) == Some(value));
        if let Some(group) = workload.groups.iter().find(is_of) {
            groups.entry(group.name.clone()).or_default().push(pod);
        }
    }
    groups
}

/// Where the labels of an object or a pod say that it belongs; none if they name what cannot exist.
fn place(metadata: &ObjectMeta) -> Option<Place> {
    let labels = metadata.labels.as_ref()?;
    let namespace = metadata.namespace.clone()?;
    let workload = match labels.get(label::WORKLOAD) {
        Some(name) => name.clone(),
        None => name(&labels.get(label::APP)?.parse().ok()?, &labels.get(label::SERVICE)?.parse().ok()?),
    };
    Some((namespace, workload))
}

#[cfg(test)]
mod tests;
