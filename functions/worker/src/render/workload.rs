//! What keeps a group's pods: a Deployment, a StatefulSet or a Job (kirk-spec 6.2, lain-spec §6).

use common::domain::workload::{Claim, Controller, Group, Rollout, StatefulSet as Wanted, Workload, label};
use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment, StatefulSet,
    StatefulSetOrdinals, StatefulSetPersistentVolumeClaimRetentionPolicy, StatefulSetSpec,
};
use k8s_openapi::api::batch::v1::{Job, JobSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::{int, selector, some};
use super::{Kind, Object, metadata, pod, storage};

/// Our own table holds the history; Kubernetes need not.
const REVISION_HISTORY_LIMIT: i32 = 2;
/// How many pods a rollout by quarters may add and take away at a time.
const QUARTER: &str = "25%";
/// How often a Job's pod is made again that fails (lain-spec §6).
const BACKOFF_LIMIT: i32 = 3;

pub(super) fn render(workload: &Workload, group: &Group) -> Object {
    let name = &group.name;
    match &group.controller {
        Controller::Deployment(rollout) => {
            Object::new(Kind::Deployment, name, &deployment(workload, group, *rollout))
        }
        Controller::StatefulSet(set) => {
            Object::new(Kind::StatefulSet, name, &stateful_set(workload, group, set))
        }
        Controller::Job { completions } => Object::new(Kind::Job, name, &job(workload, group, *completions)),
    }
}

fn deployment(workload: &Workload, group: &Group, rollout: Rollout) -> Deployment {
    let (surge, unavailable, min_ready_s) = match rollout {
        Rollout::Quarters => {
            let quarter = || IntOrString::String(QUARTER.to_owned());
            (quarter(), quarter(), 0)
        }
        Rollout::OneByOne { min_ready_s } => (IntOrString::Int(1), IntOrString::Int(0), min_ready_s),
    };
    Deployment {
        metadata: annotated(workload, group),
        spec: Some(DeploymentSpec {
            min_ready_seconds: seconds(min_ready_s),
            replicas: Some(int(group.replicas)),
            revision_history_limit: Some(REVISION_HISTORY_LIMIT),
            selector: selector(&group.selector),
            strategy: Some(DeploymentStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(RollingUpdateDeployment {
                    max_surge: Some(surge),
                    max_unavailable: Some(unavailable),
                }),
            }),
            template: pod::template(group),
            ..DeploymentSpec::default()
        }),
        status: None,
    }
}

fn stateful_set(workload: &Workload, group: &Group, set: &Wanted) -> StatefulSet {
    let Wanted { service_name, first, min_ready_s, claims } = set;
    let template = |claim: &Claim| {
        // They can never be changed: none that changes with a version.
        let lasting = [label::MANAGED_BY, label::APP, label::PROC];
        let labels = group.labels.iter().filter(|(key, _)| lasting.contains(&key.as_str()));
        let metadata = ObjectMeta {
            name: Some(claim.name.clone()),
            labels: Some(labels.map(|(key, value)| (key.clone(), value.clone())).collect()),
            ..ObjectMeta::default()
        };
        storage::claim(claim, metadata)
    };
    let kept = || Some("Retain".to_owned());
    StatefulSet {
        metadata: annotated(workload, group),
        spec: Some(StatefulSetSpec {
            min_ready_seconds: seconds(*min_ready_s),
            ordinals: (*first > 0).then(|| StatefulSetOrdinals { start: Some(int(*first)) }),
            persistent_volume_claim_retention_policy: (!claims.is_empty()).then(|| {
                StatefulSetPersistentVolumeClaimRetentionPolicy { when_deleted: kept(), when_scaled: kept() }
            }),
            // With OrderedReady a pod that never becomes ready blocks every upgrade and rollback (kubernetes#67250).
            pod_management_policy: Some("Parallel".to_owned()),
            replicas: Some(int(group.replicas)),
            revision_history_limit: Some(REVISION_HISTORY_LIMIT),
            selector: selector(&group.selector),
            service_name: Some(service_name.clone()),
            template: pod::template(group),
            volume_claim_templates: some(claims.iter().map(template).collect()),
            ..StatefulSetSpec::default()
        }),
        status: None,
    }
}

/// Its selector is Kubernetes' own: each Job has one that is new. The number of its pods is for ever, and so it is paused
/// where none are wanted.
fn job(workload: &Workload, group: &Group, completions: u32) -> Job {
    Job {
        metadata: annotated(workload, group),
        spec: Some(JobSpec {
            backoff_limit: Some(BACKOFF_LIMIT),
            completions: Some(int(completions)),
            parallelism: Some(int(completions)),
            suspend: Some(group.replicas == 0),
            template: pod::template(group),
            ..JobSpec::default()
        }),
        status: None,
    }
}

/// No seconds are what Kubernetes has by default.
fn seconds(number: u32) -> Option<i32> {
    (number > 0).then(|| int(number))
}

/// The annotations are here and not on the pod template, where a change of one would restart the pods.
fn annotated(workload: &Workload, group: &Group) -> ObjectMeta {
    let mut metadata = metadata::of_group(workload, group, &group.name);
    metadata.annotations.get_or_insert_default().extend(group.annotations.clone());
    metadata
}
