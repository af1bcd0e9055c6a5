//! Why pods are missing: of sets and Jobs Kubernetes tells it in events only.

use common::domain::status::SeenObject;
use k8s_openapi::api::core::v1::Event;
use kube::api::ListParams;

use crate::cluster::seen::{self, SeenPod};
use crate::cluster::{Cluster, PAGE_SIZE, call};
use crate::render::Kind;

/// The reason of the event of a pod that could not be made, say for a quota.
const REASON: &str = "FailedCreate";

impl Cluster {
    /// Adds to a set or a Job why some of its pods are missing, if that is known.
    pub(super) async fn explain(
        &self,
        kind: Kind,
        (namespace, name): (&str, &str),
        object: &mut SeenObject,
        pods: &[SeenPod],
    ) {
        let is_complete = object.replicas >= object.available.saturating_add(object.unavailable);
        if kind == Kind::Deployment || is_complete || object.trouble.is_some() {
            return;
        }
        let fields = format!("involvedObject.kind={kind},involvedObject.name={name},reason={REASON}");
        let params = ListParams::default().fields(&fields).limit(PAGE_SIZE);
        let api = self.typed::<Event>(namespace);
        // A look is not to fail for it.
        let Ok(events) = call("list the events of a workload", api.list(&params)).await else { return };
        let told = events.items.into_iter().filter_map(|event| Some((event.last_timestamp?, event.message)));
        let Some((time, message)) = told.max_by_key(|(time, _)| time.0) else { return };
        // After it one could be made.
        if seen::youngest(pods).is_some_and(|created| created.0 > time.0) {
            return;
        }
        object.trouble = Some(seen::told(REASON, message.as_deref().unwrap_or_default()));
    }
}
