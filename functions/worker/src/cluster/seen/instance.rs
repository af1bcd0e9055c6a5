//! A pod as the console shows it (lain-spec 1.2 and §6).

use common::domain::Timestamp;
use common::domain::status::Instance;
use common::domain::workload::label;
use k8s_openapi::api::core::v1::{Pod, PodStatus};

use super::cut;

/// The label of a StatefulSet's pods that has their number.
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";
/// What one is told of a pod: at most this many characters.
const ERROR_CHARS_MAX: usize = 512;

/// How long it may take until volumes are there for a new pod.
const VOLUMES_GRACE_S: i64 = 30;

/// A pod of a console app, with its number if it has one. One that is on its way out is not shown.
pub(in crate::cluster) struct Numbered {
    pub(super) number: Option<u32>,
    pub(super) instance: Option<Instance>,
}

/// The pod, if it is a console app's; `trouble` is what is wrong with it: a reason and a message.
pub(super) fn instance(pod: &Pod, (reason, message): (&str, &str), now: Timestamp) -> Option<Numbered> {
    let labels = pod.metadata.labels.as_ref()?;
    labels.get(label::WORKLOAD)?;
    let number = labels.get(POD_INDEX).and_then(|index| index.parse().ok());
    let status = pod.status.clone().unwrap_or_default();
    let container = status.container_statuses.as_ref().and_then(|statuses| statuses.first());
    let id = container.and_then(|container| container.container_id.as_deref()).unwrap_or_default();
    let running = container.and_then(|container| container.state.as_ref()?.running.as_ref());
    let started = running.and_then(|running| running.started_at.as_ref());
    let rolled = pod.metadata.annotations.as_ref().and_then(|annotations| annotations.get(label::ROLLED));
    let is_ready = is_ready(&status);
    let error = match (reason, message) {
        _ if is_ready => String::new(),
        ("Unschedulable", message) if waits_for_volumes(pod, message, now) => String::new(),
        (reason, "") => reason.to_owned(),
        ("", message) => message.to_owned(),
        (reason, message) => format!("{reason}: {message}"),
    };
    let instance = pod.metadata.deletion_timestamp.is_none().then(|| Instance {
        pod: pod.metadata.name.clone().unwrap_or_default(),
        uid: pod.metadata.uid.clone().unwrap_or_default(),
        number,
        rolled: rolled.and_then(|generation| generation.parse().ok()),
        container_id: id.split_once("://").map_or(id, |(_, id)| id).to_owned(),
        ip: status.pod_ip.clone().unwrap_or_default(),
        node_ip: status.host_ip.clone().unwrap_or_default(),
        is_ready,
        started: started.map(|time| time.0),
        error: cut(&error, ERROR_CHARS_MAX),
    });
    Some(Numbered { number, instance })
}

/// Whether a new pod waits for its volumes, which are made only when it is there.
fn waits_for_volumes(pod: &Pod, message: &str, now: Timestamp) -> bool {
    let created = pod.metadata.creation_timestamp.as_ref();
    let is_new = created.is_some_and(|created| now.duration_since(created.0).as_secs() < VOLUMES_GRACE_S);
    is_new && message.to_lowercase().contains("persistentvolumeclaim")
}

fn is_ready(status: &PodStatus) -> bool {
    let conditions = status.conditions.as_deref().unwrap_or_default();
    status.phase.as_deref() == Some("Succeeded")
        || conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
