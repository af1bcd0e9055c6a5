//! Observing: what a cluster has of one subject, or of all.

use std::collections::BTreeMap;

use common::domain::name::{AppName, ProjectName, ServiceName};
use common::domain::status::{Seen, SeenObject};
use common::domain::subject::ServiceId;
use common::domain::workload::Controller;
use futures::future::{try_join, try_join3};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ObjectMeta;
use kube::{Api, Resource};
use serde::de::DeserializeOwned;

use super::seen::{self, SeenPod};
use super::{Cluster, ClusterError, call, each};
use crate::render::names;

/// A service by its names in the cluster. The region is not among them: a cluster knows no regions.
pub type ServiceKey = (ProjectName, AppName, ServiceName);

impl Cluster {
    /// Looks at one service.
    pub async fn observe(&self, id: &ServiceId, controller: Controller) -> Result<Seen, ClusterError> {
        let name = names::workload(&id.app, &id.service);
        let object = async {
            match controller {
                Controller::Deployment => {
                    self.read(id, &name, |object: &Deployment| seen::deployment(object)).await
                }
                Controller::StatefulSet => {
                    self.read(id, &name, |object: &StatefulSet| seen::stateful_set(object)).await
                }
            }
        };
        let (object, pods) = try_join(object, self.pods(id)).await?;
        Ok(seen::seen(object, pods))
    }

    /// Looks at all services of the cluster that have an object or a pod under our labels.
    pub async fn observe_all(&self) -> Result<BTreeMap<ServiceKey, Seen>, ClusterError> {
        let (mut objects, stateful_sets, mut pods) = try_join3(
            self.objects(|object: &Deployment| seen::deployment(object)),
            self.objects(|object: &StatefulSet| seen::stateful_set(object)),
            self.all_pods(),
        )
        .await?;
        objects.extend(stateful_sets);
        let mut all = BTreeMap::new();
        for (key, object) in objects {
            let pods = pods.remove(&key).unwrap_or_default();
            all.insert(key, seen::seen(Some(object), pods));
        }
        for (key, pods) in pods {
            all.insert(key, seen::seen(None, pods));
        }
        Ok(all)
    }

    async fn read<K>(
        &self,
        id: &ServiceId,
        name: &str,
        see: impl Fn(&K) -> SeenObject,
    ) -> Result<Option<SeenObject>, ClusterError>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + DeserializeOwned
            + std::fmt::Debug,
    {
        let object = call("read a workload", self.typed::<K>(&id.project).get_opt(name)).await?;
        Ok(object.as_ref().map(see))
    }

    async fn pods(&self, id: &ServiceId) -> Result<Vec<SeenPod>, ClusterError> {
        let labels = names::list_selector(&id.app, &id.service);
        let mut pods = Vec::new();
        let api = self.typed::<Pod>(&id.project);
        each("list the pods of a service", &api, &labels, |pod| pods.push(seen::pod(&pod))).await?;
        Ok(pods)
    }

    async fn all_pods(&self) -> Result<BTreeMap<ServiceKey, Vec<SeenPod>>, ClusterError> {
        let mut pods: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let api = Api::<Pod>::all(self.client.clone());
        each("list the pods of the cluster", &api, &names::managed_selector(), |pod| {
            if let Some(key) = service_key(&pod.metadata) {
                pods.entry(key).or_default().push(seen::pod(&pod));
            }
        })
        .await?;
        Ok(pods)
    }

    async fn objects<K>(
        &self,
        see: impl Fn(&K) -> SeenObject,
    ) -> Result<BTreeMap<ServiceKey, SeenObject>, ClusterError>
    where
        K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug,
    {
        let mut objects = BTreeMap::new();
        let api = Api::<K>::all(self.client.clone());
        each("list the workloads of the cluster", &api, &names::managed_selector(), |object| {
            let Some(key) = service_key(object.meta()) else { return };
            // A copy under another name is nobody's workload.
            if object.meta().name.as_deref() == Some(names::workload(&key.1, &key.2).as_str()) {
                objects.insert(key, see(&object));
            }
        })
        .await?;
        Ok(objects)
    }
}

/// The service that an object's labels name; none if they name what cannot exist.
fn service_key(metadata: &ObjectMeta) -> Option<ServiceKey> {
    let labels = metadata.labels.as_ref()?;
    let project = metadata.namespace.as_ref()?.parse().ok()?;
    Some((project, labels.get(names::APP)?.parse().ok()?, labels.get(names::SERVICE)?.parse().ok()?))
}

#[cfg(test)]
mod tests;
