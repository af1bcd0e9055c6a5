//! The metadata of objects, and small things that several of them need.

use common::domain::workload::{Group, Labels, Workload, label};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

/// The metadata of an object of a group.
pub(super) fn of_group(workload: &Workload, group: &Group, name: &str) -> ObjectMeta {
    metadata(workload, name, group.labels.clone())
}

/// The metadata of an object that is the whole subject's.
pub(super) fn of_subject(workload: &Workload, name: &str) -> ObjectMeta {
    // The namespace's tell whose it is.
    let labels = workload.namespace.labels.clone().into_iter().chain(workload.selector.clone());
    metadata(workload, name, labels.collect())
}

fn metadata(workload: &Workload, name: &str, labels: Labels) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(workload.namespace.name.clone()),
        labels: Some(labels),
        annotations: Some(Labels::from([(label::UID.to_owned(), workload.owner.to_string())])),
        ..ObjectMeta::default()
    }
}

/// A selector of exactly these labels.
pub(super) fn selector(labels: &Labels) -> LabelSelector {
    LabelSelector { match_labels: Some(labels.clone()), match_expressions: None }
}

/// Nothing rather than an empty list, so that what the image or Kubernetes has stands.
pub(super) fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// A number as Kubernetes' types have it. The domain's numbers are below 2^31.
pub(super) fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
