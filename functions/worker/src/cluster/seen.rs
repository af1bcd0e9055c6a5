//! Seeing: Kubernetes' objects as [`common::domain::status`] knows them (kirk-spec §7). Pure.

use common::domain::status::{Groups, Pod, Seen, SeenObject, Trouble};
use common::domain::workload::label;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentCondition, StatefulSet};
use k8s_openapi::api::batch::v1::{Job, JobCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::api::DynamicObject;

use crate::render::Kind;

mod container;
mod instance;
mod pod;

pub(super) use self::pod::pod;

/// Pods that are shown of a service.
const PODS_MAX: usize = 100;
/// Their JSON together. Half of what a DynamoDB item may hold, 400 KB.
const PODS_BYTES_MAX: usize = 200_000;
/// A condition's message, which the spec does not limit.
const TROUBLE_CHARS_MAX: usize = 1024;

/// A pod, and what it is ordered and counted by.
pub(super) struct SeenPod {
    created: Option<Time>,
    live: bool,
    pod: Pod,
    /// Of a console app only.
    instance: Option<instance::Numbered>,
}

/// Puts a service's parts together: pods oldest first, the last ones left out if they are too many or too large.
pub(super) fn seen(object: Option<SeenObject>, mut pods: Vec<SeenPod>) -> Seen {
    pods.sort_by(|a, b| (&a.created, &a.pod.name).cmp(&(&b.created, &b.pod.name)));
    let live_pods = pods.iter().filter(|pod| pod.live).count();
    let (of_apps, of_services): (Vec<_>, Vec<_>) = pods.into_iter().partition(|pod| pod.instance.is_some());
    let mut instances: Vec<_> = of_apps.into_iter().filter_map(|pod| pod.instance).collect();
    // Pods with numbers by these; the order of the others stays.
    instances.sort_by_key(|numbered| numbered.number);
    Seen {
        object,
        pods: cut_list(PODS_BYTES_MAX, of_services.into_iter().map(|seen| seen.pod)),
        live_pods: u32::try_from(live_pods).unwrap_or(u32::MAX),
        instances: cut_list(PODS_BYTES_MAX, instances.into_iter().filter_map(|numbered| numbered.instance)),
    }
}

/// Leaves as many pods of each group as have room beside the other groups of the same subject.
pub(crate) fn fit(mut groups: Groups) -> Groups {
    let bytes_max = PODS_BYTES_MAX / groups.len().max(1);
    for seen in groups.values_mut() {
        seen.pods = cut_list(bytes_max, std::mem::take(&mut seen.pods).into_iter());
        seen.instances = cut_list(bytes_max, std::mem::take(&mut seen.instances).into_iter());
    }
    groups
}

/// The first of them, as many as may be shown.
fn cut_list<T: serde::Serialize>(bytes_max: usize, list: impl Iterator<Item = T>) -> Vec<T> {
    let mut bytes = 0;
    list.take(PODS_MAX)
        .take_while(|each| {
            bytes += serde_json::to_vec(each).map_or(0, |json| json.len());
            bytes <= bytes_max
        })
        .collect()
}

/// The workload object in an API server's answer; none if it is no workload.
pub(super) fn dynamic(kind: Kind, object: DynamicObject) -> Option<SeenObject> {
    match kind {
        Kind::Secret
        | Kind::PersistentVolumeClaim
        | Kind::NetworkPolicy
        | Kind::Service
        | Kind::Ingress
        | Kind::PodDisruptionBudget => None,
        Kind::Job => object.try_parse().ok().as_ref().map(job),
        Kind::Deployment => object.try_parse().ok().as_ref().map(deployment),
        Kind::StatefulSet => object.try_parse().ok().as_ref().map(stateful_set),
    }
}

pub(super) fn deployment(object: &Deployment) -> SeenObject {
    let status = object.status.clone().unwrap_or_default();
    SeenObject {
        replicas: count(status.replicas),
        updated: count(status.updated_replicas),
        available: count(status.available_replicas),
        unavailable: count(status.unavailable_replicas),
        trouble: trouble(status.conditions.as_deref().unwrap_or_default()),
        ..of_metadata(&object.metadata, status.observed_generation)
    }
}

/// `currentReplicas` is not looked at: it counts the pods of the old revision.
pub(super) fn stateful_set(object: &StatefulSet) -> SeenObject {
    let status = object.status.clone().unwrap_or_default();
    let wanted = object.spec.as_ref().map_or(0, |spec| count(spec.replicas.or(Some(1))));
    let available = count(status.available_replicas.or(status.ready_replicas));
    SeenObject {
        replicas: count(Some(status.replicas)),
        updated: count(status.updated_replicas),
        available,
        unavailable: wanted.saturating_sub(available),
        ..of_metadata(&object.metadata, status.observed_generation)
    }
}

/// What has succeeded is available.
pub(super) fn job(object: &Job) -> SeenObject {
    let status = object.status.clone().unwrap_or_default();
    let spec = object.spec.as_ref().filter(|spec| spec.suspend != Some(true));
    let wanted = spec.map_or(0, |spec| count(spec.completions.or(Some(1))));
    let succeeded = count(status.succeeded);
    let failed = |condition: &&JobCondition| condition.type_ == "Failed" && condition.status == "True";
    let failed = status.conditions.as_deref().unwrap_or_default().iter().find(failed);
    let generation = object.metadata.generation;
    SeenObject {
        replicas: succeeded + count(status.active),
        updated: succeeded + count(status.active),
        available: succeeded,
        unavailable: wanted.saturating_sub(succeeded),
        trouble: failed.map(|condition| {
            let reason = condition.reason.as_deref().unwrap_or(&condition.type_);
            told(reason, condition.message.as_deref().unwrap_or_default())
        }),
        ..of_metadata(&object.metadata, generation)
    }
}

fn of_metadata(metadata: &ObjectMeta, observed_generation: Option<i64>) -> SeenObject {
    SeenObject {
        owner: metadata.annotations.as_ref().and_then(|annotations| annotations.get(label::UID)).cloned(),
        generation: metadata.generation.unwrap_or_default(),
        observed_generation: observed_generation.unwrap_or_default(),
        ..SeenObject::default()
    }
}

/// A refused pod, say by a quota, before a rollout that takes too long: the first explains the second.
fn trouble(conditions: &[DeploymentCondition]) -> Option<Trouble> {
    let find = |kind: &str, status: &str| {
        conditions.iter().find(|condition| condition.type_ == kind && condition.status == status)
    };
    let late = || {
        find("Progressing", "False")
            .filter(|condition| condition.reason.as_deref() == Some("ProgressDeadlineExceeded"))
    };
    let condition = find("ReplicaFailure", "True").or_else(late)?;
    let reason = condition.reason.as_deref().unwrap_or(&condition.type_);
    Some(told(reason, condition.message.as_deref().unwrap_or_default()))
}

pub(super) fn told(reason: &str, message: &str) -> Trouble {
    Trouble { reason: reason.to_owned(), message: cut(message, TROUBLE_CHARS_MAX) }
}

/// When the newest of these pods was made.
pub(super) fn youngest(pods: &[SeenPod]) -> Option<&Time> {
    pods.iter().filter_map(|pod| pod.created.as_ref()).max_by_key(|created| created.0)
}

/// Kubernetes leaves out what is 0.
fn count(number: Option<i32>) -> u32 {
    number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
}

/// The first characters of a text, never half of one.
fn cut(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}

#[cfg(test)]
mod tests;
