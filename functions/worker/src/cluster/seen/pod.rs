//! How a pod does, in the wire's words.

use common::domain::Timestamp;
use common::domain::status::{ContainerState, Pod, PodPhase, PodStatus};
use k8s_openapi::api::core::v1::{
    Container, ContainerStatus as KubeStatus, Pod as KubePod, PodStatus as KubePodStatus,
};

use super::container::{self, Message, Told};
use super::instance;
use super::{SeenPod, cut};

/// What one is told of a pod: a reason and a message, at most this many characters each.
const CHARS_MAX: usize = 64;

pub(in crate::cluster) fn pod(pod: &KubePod, now: Timestamp) -> SeenPod {
    let status = pod.status.clone().unwrap_or_default();
    let phase = phase(status.phase.as_deref());
    let absent = if phase == PodPhase::Unknown { ContainerState::Unknown } else { ContainerState::Waiting };
    let tell = |containers: &[Container], statuses: Option<&Vec<KubeStatus>>| -> Vec<(String, Told)> {
        let statuses = statuses.map(Vec::as_slice).unwrap_or_default();
        let status = |name: &str| statuses.iter().find(|status| status.name == name);
        containers
            .iter()
            .map(|each| (each.name.clone(), container::told(status(&each.name), absent)))
            .collect()
    };
    let spec = pod.spec.clone().unwrap_or_default();
    let init = spec.init_containers.unwrap_or_default();
    let init = tell(&init, status.init_container_statuses.as_ref());
    let containers = tell(&spec.containers, status.container_statuses.as_ref());

    let name = pod.metadata.name.clone().unwrap_or_default();
    let container_statuses = containers.iter().map(|(name, told)| container::entry(name, told)).collect();
    let troubled = init.iter().chain(&containers).map(|(_, told)| told).find(|told| told.is_trouble);
    let trouble = reason(&status, troubled);
    let pod_status = if pod.metadata.deletion_timestamp.is_some() {
        PodStatus { phase: PodPhase::Pending, reason: "Terminating".to_owned(), message: String::new() }
    } else {
        let (reason, message) = &trouble;
        PodStatus { phase, reason: cut(reason, CHARS_MAX), message: message.cut(CHARS_MAX) }
    };
    SeenPod {
        created: pod.metadata.creation_timestamp.clone(),
        live: !matches!(phase, PodPhase::Succeeded | PodPhase::Failed),
        instance: instance::instance(pod, (&trouble.0, &trouble.1.cut(usize::MAX)), now),
        pod: Pod { name, status: pod_status, container_statuses },
    }
}

/// The pod's own reason, as of an eviction; else its first container's in trouble; else the scheduler's.
fn reason(status: &KubePodStatus, troubled: Option<&Told>) -> (String, Message) {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (reason, message) = (text(&status.reason), text(&status.message));
    if !reason.is_empty() || !message.is_empty() {
        return (reason, Message::from(message));
    }
    if let Some(told) = troubled {
        return (told.reason.clone(), told.message.clone());
    }
    let conditions = status.conditions.as_deref().unwrap_or_default();
    conditions
        .iter()
        .find(|condition| condition.type_ == "PodScheduled" && condition.status == "False")
        .map(|condition| (text(&condition.reason), Message::from(text(&condition.message))))
        .unwrap_or_default()
}

fn phase(text: Option<&str>) -> PodPhase {
    match text {
        Some("Running") => PodPhase::Running,
        Some("Pending") => PodPhase::Pending,
        Some("Succeeded") => PodPhase::Succeeded,
        Some("Failed") => PodPhase::Failed,
        Some(_) | None => PodPhase::Unknown,
    }
}
