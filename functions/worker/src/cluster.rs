//! Clusters: everything that is asked of a Kubernetes API server.
//!
//! ```text
//! apply   render's objects -> look, dry-run, apply      prune, delete_all   what is ours and not wanted
//! observe -> domain::status::Seen (kirk-spec §7)        ensure_namespace    a subject's namespace
//! ```
//! Nothing here retries by itself, besides looking again once where an object or a namespace was not as it was known:
//! [`ClusterError::is_transient`] tells the caller, who has one retry layer, whether the same may work later.

use std::time::Duration;

use common::domain::workload::{Labels, label};
use http::uri::PathAndQuery;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Secret, Service};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::api::{Api, ApiResource, DynamicObject, ListParams};
use kube::client::ClientBuilder;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config, Resource};
use serde::de::DeserializeOwned;
use tower::util::MapRequestLayer;

mod apply;
mod error;
mod namespace;
mod observe;
mod remove;
mod seen;

pub use self::apply::{Mode, Report};
pub use self::error::ClusterError;
pub use self::observe::ByNamespace;
pub(crate) use self::seen::fit;
use crate::render::Kind;

/// The name under which our changes are known to the API server.
const FIELD_MANAGER: &str = label::SLIPWAY;
/// A cluster that takes longer to be reached is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// No call takes longer, connecting included: what a killed worker left under way is over by then.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// After how long the API server gives up a write.
const SERVER_TIMEOUT: Duration = Duration::from_secs(8);
/// Objects of a list that come at once.
const PAGE_SIZE: u32 = 500;
/// Pages of a list that are read: 500 000 objects, more than one cluster bears.
const PAGES_MAX: usize = 1000;

/// A target cluster.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
}

impl Cluster {
    /// Prepares a client, without a call yet: by the kubeconfig file of that path, or by `$KUBECONFIG`, `~/.kube/config`
    /// or the pod that we are in.
    ///
    /// The process must have a rustls provider installed, if more than one is compiled in.
    pub async fn connect(kubeconfig: Option<&str>) -> Result<Self, ClusterError> {
        let doing = "read the kubeconfig of the cluster";
        let mut config = match kubeconfig {
            Some(path) => {
                let kubeconfig =
                    Kubeconfig::read_from(path).map_err(|error| ClusterError::unreachable(doing, error))?;
                Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
                    .await
                    .map_err(|error| ClusterError::unreachable(doing, error))?
            }
            None => Config::infer().await.map_err(|error| ClusterError::unreachable(doing, error))?,
        };
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        config.read_timeout = Some(CALL_TIMEOUT);
        config.write_timeout = Some(CALL_TIMEOUT);
        // Else the time for which a connection was idle counts as time without an answer.
        config.reset_reader_on_write = true;
        // The queue is the one retry layer; kube's own would wait for minutes.
        config.default_retry = false;
        let builder = ClientBuilder::try_from(config)
            .map_err(|error| ClusterError::unreachable("prepare a client of the cluster", error))?;
        Ok(Self::new(builder.with_layer(&MapRequestLayer::new(with_server_timeout)).build()))
    }

    /// The cluster that a client reaches.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Objects of a kind in a namespace.
    fn api(&self, namespace: &str, kind: Kind) -> Api<DynamicObject> {
        let resource = match kind {
            Kind::Secret => ApiResource::erase::<Secret>(&()),
            Kind::PersistentVolumeClaim => ApiResource::erase::<PersistentVolumeClaim>(&()),
            Kind::NetworkPolicy => ApiResource::erase::<NetworkPolicy>(&()),
            Kind::Job => ApiResource::erase::<Job>(&()),
            Kind::Ingress => ApiResource::erase::<Ingress>(&()),
            Kind::PodDisruptionBudget => ApiResource::erase::<PodDisruptionBudget>(&()),
            Kind::Service => ApiResource::erase::<Service>(&()),
            Kind::Deployment => ApiResource::erase::<Deployment>(&()),
            Kind::StatefulSet => ApiResource::erase::<StatefulSet>(&()),
        };
        Api::namespaced_with(self.client.clone(), namespace, &resource)
    }

    /// Objects of a type in a namespace.
    fn typed<K>(&self, namespace: &str) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), namespace)
    }
}

/// Has the API server give up a write before we do: what we no longer wait for does not happen any more.
fn with_server_timeout<B>(mut request: http::Request<B>) -> http::Request<B> {
    if request.method() == http::Method::GET {
        return request;
    }
    let mut parts = request.uri().clone().into_parts();
    let path_and_query = parts.path_and_query.as_ref().map_or("/", PathAndQuery::as_str);
    let separator = if path_and_query.contains('?') { '&' } else { '?' };
    let bounded = format!("{path_and_query}{separator}timeout={}s", SERVER_TIMEOUT.as_secs());
    parts.path_and_query = PathAndQuery::try_from(bounded).ok();
    if let Ok(uri) = http::Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}

/// Awaits a call, for as long as one may take.
async fn call<T>(
    doing: &'static str,
    call: impl Future<Output = kube::Result<T>>,
) -> Result<T, ClusterError> {
    match tokio::time::timeout(CALL_TIMEOUT, call).await {
        Ok(answer) => answer.map_err(|error| ClusterError::of(doing, error)),
        Err(late) => Err(ClusterError::unreachable(doing, late)),
    }
}

/// A label selector of exactly these labels, for lists.
fn selector(labels: &Labels) -> String {
    let terms: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    terms.join(",")
}

/// The label selector of everything of ours, for lists.
fn managed() -> String {
    format!("{}={}", label::MANAGED_BY, label::SLIPWAY)
}

/// Hands over each object with these labels, page by page.
async fn each<K>(
    doing: &'static str,
    api: &Api<K>,
    labels: &str,
    mut take: impl FnMut(K),
) -> Result<(), ClusterError>
where
    K: Clone + DeserializeOwned + std::fmt::Debug,
{
    let mut params = ListParams::default().labels(labels).limit(PAGE_SIZE);
    for _ in 0..PAGES_MAX {
        let page = call(doing, api.list(&params)).await?;
        page.items.into_iter().for_each(&mut take);
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params = params.continue_token(&token),
            None => return Ok(()),
        }
    }
    Err(ClusterError::unreachable(doing, "the list does not end"))
}

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_tell_the_server_when_to_give_up() {
        for (method, uri, expected) in [
            ("PATCH", "/apis/apps/v1/x?force=true", "/apis/apps/v1/x?force=true&timeout=8s"),
            ("DELETE", "/api/v1/x", "/api/v1/x?timeout=8s"),
            ("GET", "/api/v1/x?limit=1", "/api/v1/x?limit=1"),
        ] {
            let request = http::Request::builder().method(method).uri(uri).body(()).unwrap();
            assert_eq!(with_server_timeout(request).uri(), expected);
        }
        assert!(SERVER_TIMEOUT < CALL_TIMEOUT);
    }
}
