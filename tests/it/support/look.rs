//! Looking at any object, and making objects that are not Slipway's.

use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use kube::api::PostParams;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::cluster::Cluster;
use super::wait::eventually;

/// A type of objects in namespaces.
pub(crate) trait Object:
    Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + Debug + DeserializeOwned + Serialize
{
}

impl<K> Object for K where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
        + Clone
        + Debug
        + DeserializeOwned
        + Serialize
{
}

impl Cluster {
    /// An object as JSON; null if there is none.
    pub(crate) async fn json<K: Object>(&self, name: &str) -> Value {
        let object = self.objects::<K>().get_opt(name).await.unwrap();
        object.map_or(Value::Null, |object| serde_json::to_value(object).unwrap())
    }

    /// Waits until an object has this value at a JSON pointer, null for none; gives the object.
    pub(crate) async fn until<K: Object>(&self, name: &str, pointer: &str, expected: Value) -> Value {
        let kind = K::kind(&());
        eventually(&format!("{kind} {name} has {expected} at {pointer}"), async || {
            let object = self.json::<K>(name).await;
            if object.pointer(pointer).unwrap_or(&Value::Null) == &expected {
                Ok(object)
            } else {
                Err(object)
            }
        })
        .await
    }

    /// Waits until there is no object of that name.
    pub(crate) async fn gone<K: Object>(&self, name: &str) {
        self.until::<K>(name, "", Value::Null).await;
    }

    /// Makes an object behind Slipway's back.
    pub(crate) async fn create<K: Object>(&self, object: Value) -> K {
        let object = serde_json::from_value(object).unwrap();
        self.objects().create(&PostParams::default(), &object).await.unwrap()
    }

    /// The names of a service's pods, in order.
    pub(crate) async fn pod_names(&self, app: &str, service: &str) -> Vec<String> {
        let pods = self.pods(app, service).await;
        pods.into_iter().map(|pod| pod.metadata.name.unwrap()).collect()
    }
}
