//! Deployments and stateful sets.

use super::*;

const METADATA: &str = r#"{"name": "app0-web", "generation": 4, "annotations": {"slipway.dev/uid": "u"}}"#;

fn object(replicas: u32, status: &Value) -> Value {
    let metadata: Value = serde_json::from_str(METADATA).unwrap();
    json!({"metadata": metadata, "spec": {"replicas": replicas, "selector": {}, "template": {}}, "status": status})
}

fn counts(seen: &SeenObject) -> [u32; 4] {
    [seen.replicas, seen.updated, seen.available, seen.unavailable]
}

/// T71, T81: what Kubernetes leaves out is 0.
#[test]
fn a_deployments_counts_are_its_own() {
    let status = json!({"observedGeneration": 4, "replicas": 4, "updatedReplicas": 2, "availableReplicas": 3,
        "readyReplicas": 3, "unavailableReplicas": 1});
    let seen = deployment(&kube(object(3, &status)));
    assert_eq!(counts(&seen), [4, 2, 3, 1]);
    assert_eq!((seen.owner.as_deref(), seen.generation, seen.observed_generation), (Some("u"), 4, 4));
    assert_eq!(seen.trouble, None);
    for status in [json!({}), Value::Null] {
        assert_eq!(counts(&deployment(&kube(object(0, &status)))), [0; 4]);
        assert_eq!(counts(&stateful_set(&kube(object(0, &status)))), [0; 4]);
    }
}

/// T76.
#[test]
fn a_stateful_set_in_the_middle_of_an_update() {
    let status = json!({"observedGeneration": 4, "replicas": 1, "currentReplicas": 0, "updatedReplicas": 1,
        "readyReplicas": 1, "availableReplicas": 0});
    assert_eq!(counts(&stateful_set(&kube(object(1, &status)))), [1, 1, 0, 1]);
}

#[test]
fn a_stateful_sets_missing_available_count_is_its_ready_one() {
    let status = json!({"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1});
    assert_eq!(counts(&stateful_set(&kube(object(1, &status)))), [1, 1, 1, 0]);
    let more_than_wanted = json!({"replicas": 1, "readyReplicas": 1});
    assert_eq!(counts(&stateful_set(&kube(object(0, &more_than_wanted)))), [1, 0, 1, 0]);
}

#[test]
fn an_object_without_our_annotation_has_no_owner() {
    let mut object = object(1, &json!({}));
    object["metadata"]["annotations"] = Value::Null;
    assert_eq!(deployment(&kube(object.clone())).owner, None);
    assert_eq!(stateful_set(&kube(object)).owner, None);
}

#[test]
fn a_deployments_trouble_is_in_its_conditions() {
    let quota = json!({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"});
    let late = json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "late"});
    let other = json!({"type": "Progressing", "status": "False", "reason": "Other"});
    let fine = json!({"type": "ReplicaFailure", "status": "False", "reason": "FailedCreate"});
    for (conditions, reason) in [
        (vec![&late, &quota], Some("FailedCreate exceeded quota")),
        (vec![&fine, &late], Some("ProgressDeadlineExceeded late")),
        (vec![&fine, &other], None),
        (vec![], None),
    ] {
        let seen = deployment(&kube(object(1, &json!({"conditions": conditions}))));
        let told = seen.trouble.map(|trouble| format!("{} {}", trouble.reason, trouble.message));
        assert_eq!(told.as_deref(), reason);
    }
}

#[test]
fn a_troubles_message_is_cut() {
    let condition = json!({"type": "ReplicaFailure", "status": "True", "message": "é".repeat(5000)});
    let trouble = deployment(&kube(object(1, &json!({"conditions": [condition]})))).trouble.unwrap();
    assert_eq!((trouble.reason.as_str(), trouble.message.chars().count()), ("ReplicaFailure", 1024));
}
