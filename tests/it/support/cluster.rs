//! The cluster's side of a project: what is really there.

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Service};
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config, Resource};
use serde_json::{Value, json};

use super::stack::endpoints;

/// A namespace, with an administrator's rights.
#[derive(Clone)]
pub(crate) struct Cluster {
    pub(crate) client: Client,
    namespace: String,
}

impl Cluster {
    pub(crate) async fn of(namespace: &str) -> Self {
        let file = endpoints().kubeconfig.as_ref().expect("the shared stack has a cluster");
        let kubeconfig = Kubeconfig::read_from(file).unwrap();
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
        Self { client: Client::try_from(config).unwrap(), namespace: namespace.to_owned() }
    }

    /// The objects of a type in the namespace.
    pub(crate) fn objects<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    pub(crate) async fn deployment(&self, name: &str) -> Option<Deployment> {
        self.objects().get_opt(name).await.unwrap()
    }

    pub(crate) async fn stateful_set(&self, name: &str) -> Option<StatefulSet> {
        self.objects().get_opt(name).await.unwrap()
    }

    pub(crate) async fn service(&self, name: &str) -> Option<Service> {
        self.objects().get_opt(name).await.unwrap()
    }

    /// The pods of a service, by name.
    pub(crate) async fn pods(&self, app: &str, service: &str) -> Vec<Pod> {
        let labels = format!("slipway.dev/app={app},slipway.dev/service={service}");
        let mut pods =
            self.objects::<Pod>().list(&ListParams::default().labels(&labels)).await.unwrap().items;
        pods.sort_by_key(|pod| pod.metadata.name.clone());
        pods
    }

    /// Makes a volume claim, which the development cluster binds.
    pub(crate) async fn claim(&self, name: &str) -> PersistentVolumeClaim {
        let claim = json!({
            "metadata": {"name": name},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        });
        self.objects().create(&PostParams::default(), &serde_json::from_value(claim).unwrap()).await.unwrap()
    }

    /// Changes an object behind Slipway's back.
    pub(crate) async fn patch<K>(&self, name: &str, patch: &Value) -> K
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + serde::de::DeserializeOwned
            + std::fmt::Debug,
    {
        self.objects().patch(name, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap()
    }

    /// Deletes an object behind Slipway's back.
    pub(crate) async fn delete<K>(&self, name: &str)
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + serde::de::DeserializeOwned
            + std::fmt::Debug,
    {
        self.objects::<K>().delete(name, &DeleteParams::default()).await.unwrap();
    }
}
