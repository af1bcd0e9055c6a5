//! The Deployment or StatefulSet of a workload (kirk-spec 6.2).

use common::domain::subject::ServiceId;
use common::domain::workload::{Controller, Workload};
use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment, StatefulSet, StatefulSetSpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{Kind, Object, names, pod};

/// Our own table holds the history; Kubernetes need not.
const REVISION_HISTORY_LIMIT: i32 = 2;
/// How many pods a rollout may add and take away at a time.
const ROLLING_UPDATE_STEP: &str = "25%";

pub(super) fn render(workload: &Workload) -> Object {
    let name = names::workload(&workload.id.app, &workload.id.service);
    match workload.controller {
        Controller::Deployment => Object::new(Kind::Deployment, name.clone(), &deployment(workload, name)),
        Controller::StatefulSet => {
            Object::new(Kind::StatefulSet, name.clone(), &stateful_set(workload, name))
        }
    }
}

fn deployment(workload: &Workload, name: String) -> Deployment {
    let step = || Some(IntOrString::String(ROLLING_UPDATE_STEP.to_owned()));
    Deployment {
        metadata: metadata(workload, name),
        spec: Some(DeploymentSpec {
            replicas: Some(replicas(workload)),
            revision_history_limit: Some(REVISION_HISTORY_LIMIT),
            selector: selector(workload),
            strategy: Some(DeploymentStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(RollingUpdateDeployment { max_surge: step(), max_unavailable: step() }),
            }),
            template: pod::template(workload),
            ..DeploymentSpec::default()
        }),
        status: None,
    }
}

fn stateful_set(workload: &Workload, name: String) -> StatefulSet {
    let ServiceId { region: _, project: _, app, service } = &workload.id;
    StatefulSet {
        metadata: metadata(workload, name),
        spec: Some(StatefulSetSpec {
            // With OrderedReady a pod that never becomes ready blocks every upgrade and rollback (kubernetes#67250).
            pod_management_policy: Some("Parallel".to_owned()),
            replicas: Some(replicas(workload)),
            revision_history_limit: Some(REVISION_HISTORY_LIMIT),
            selector: selector(workload),
            service_name: Some(names::headless(app, service)),
            template: pod::template(workload),
            ..StatefulSetSpec::default()
        }),
        status: None,
    }
}

/// The annotations are here and never on the pod template, where a change of one would restart the pods.
fn metadata(workload: &Workload, name: String) -> ObjectMeta {
    let mut metadata = names::metadata(workload, name);
    metadata.annotations.get_or_insert_default().extend([
        (names::REVISION.to_owned(), workload.revision.to_string()),
        (names::INSTANCE_NUMBER.to_owned(), workload.instances.to_string()),
    ]);
    metadata
}

fn selector(workload: &Workload) -> LabelSelector {
    let ServiceId { region: _, project: _, app, service } = &workload.id;
    LabelSelector { match_labels: Some(names::selector(app, service)), match_expressions: None }
}

/// The domain allows no more than `i32::MAX`.
fn replicas(workload: &Workload) -> i32 {
    i32::try_from(workload.replicas).unwrap_or(i32::MAX)
}
