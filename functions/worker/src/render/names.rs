//! Names, labels and annotations of objects (kirk-spec 6.1).

use std::collections::BTreeMap;

use common::domain::digest::sha256_hex;
use common::domain::name::{AppName, ProjectName, ServiceName};
use common::domain::subject::ServiceId;
use common::domain::workload::{Controller, Workload};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// Who manages an object.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Us.
pub const SLIPWAY: &str = "slipway";
/// The label of the project.
pub const PROJECT: &str = "slipway.dev/project";
/// The label of the app.
pub const APP: &str = "slipway.dev/app";
/// The label of the service.
pub const SERVICE: &str = "slipway.dev/service";
/// The label of the service's type.
pub const TYPE: &str = "slipway.dev/type";
/// The annotation that says which life of a subject owns the object.
pub const UID: &str = "slipway.dev/uid";
/// The annotation of the revision that the pods are made of.
pub const REVISION: &str = "slipway.dev/revision";
/// The annotation of the instances asked for, which a stop does not change.
pub const INSTANCE_NUMBER: &str = "slipway.dev/instance-number";

/// A longer workload name makes a StatefulSet whose pods' label `controller-revision-hash` (`<name>-<10 characters>`)
/// passes 63 characters, and no pod is ever created (kubernetes#64023).
const WORKLOAD_NAME_BYTES_MAX: usize = 52;
/// What is kept of a longer one, before `-` and eight digits of its hash.
const WORKLOAD_NAME_BYTES_KEPT: usize = 43;

/// The Deployment or StatefulSet: `<app>-<service>`, or its start and its hash where that is too long.
pub fn workload(app: &AppName, service: &ServiceName) -> String {
    let full = address(app, service);
    match full.get(..WORKLOAD_NAME_BYTES_KEPT) {
        Some(start) if full.len() > WORKLOAD_NAME_BYTES_MAX => {
            format!("{}-{}", start.trim_end_matches('-'), short_hash(&full))
        }
        Some(_) | None => full,
    }
}

/// The Service that callers use: its DNS name is `<app>-<service>.<project>.svc`.
pub fn address(app: &AppName, service: &ServiceName) -> String {
    format!("{app}-{service}")
}

/// The headless Service of a StatefulSet. No [`address`] is equal: after an app's first `-` a service starts with a letter.
pub fn headless(app: &AppName, service: &ServiceName) -> String {
    format!("{app}--{service}")
}

/// Eight hexadecimal digits that stand for a text where the text itself would be too long.
pub(super) fn short_hash(text: &str) -> String {
    sha256_hex(text, 4)
}

/// What selects a service's pods. Immutable, so it says the least.
pub fn selector(app: &AppName, service: &ServiceName) -> BTreeMap<String, String> {
    BTreeMap::from([(APP.to_owned(), app.to_string()), (SERVICE.to_owned(), service.to_string())])
}

/// The label selector of everything of a service, for lists.
pub fn list_selector(app: &AppName, service: &ServiceName) -> String {
    format!("{},{APP}={app},{SERVICE}={service}", managed_selector())
}

/// The label selector of everything of ours, for lists.
pub fn managed_selector() -> String {
    format!("{MANAGED_BY}={SLIPWAY}")
}

/// The labels of a namespace of ours that say so.
pub(super) fn project_labels(project: &ProjectName) -> BTreeMap<String, String> {
    BTreeMap::from([(MANAGED_BY.to_owned(), SLIPWAY.to_owned()), (PROJECT.to_owned(), project.to_string())])
}

/// The labels of everything of a workload, its pods included.
pub(super) fn labels(workload: &Workload) -> BTreeMap<String, String> {
    let ServiceId { region: _, project, app, service } = &workload.id;
    let mut labels = project_labels(project);
    labels.extend(selector(app, service));
    labels.insert(TYPE.to_owned(), type_of(workload.controller).to_owned());
    labels
}

/// The metadata that every object of a workload has.
pub(super) fn metadata(workload: &Workload, name: String) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        namespace: Some(workload.id.project.to_string()),
        labels: Some(labels(workload)),
        annotations: Some(BTreeMap::from([(UID.to_owned(), workload.uid.to_string())])),
        ..ObjectMeta::default()
    }
}

fn type_of(controller: Controller) -> &'static str {
    match controller {
        Controller::Deployment => "stateless",
        Controller::StatefulSet => "stateful",
    }
}
