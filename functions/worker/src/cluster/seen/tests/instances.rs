//! Pods of console apps (lain-spec 1.2 and §6).

use common::domain::status::{Instance, instance};

use super::*;

/// A pod of a console app with this status.
fn of_app(name: &str, index: Option<&str>, status: &Value) -> Value {
    let mut labels = json!({"slipway.dev/workload": "web"});
    if let Some(index) = index {
        labels["apps.kubernetes.io/pod-index"] = json!(index);
    }
    let mut object = pod_with(status);
    object["metadata"] = json!({"name": name, "labels": labels, "creationTimestamp": "2026-01-01T00:00:00Z"});
    object
}

fn instances(objects: Vec<Value>) -> Vec<Instance> {
    let seen = seen(None, objects.into_iter().map(|object| pod(&kube(object), NOW)).collect());
    assert_eq!(seen.pods, [], "they are shown in their own way");
    seen.instances
}

#[track_caller]
fn error(status: &Value) -> String {
    instances(vec![of_app("web-1", None, status)]).remove(0).error
}

#[test]
fn a_ready_pod_tells_where_and_since_when_it_runs() {
    let mut statuses = web(&json!({"running": {"startedAt": "2026-01-01T00:00:05Z"}}));
    statuses[0]["containerID"] = json!("containerd://4f0c");
    let status = json!({
        "phase": "Running", "podIP": "10.0.0.1", "hostIP": "192.168.77.21", "containerStatuses": statuses,
        "conditions": [{"type": "Ready", "status": "True"}],
    });
    let expected = Instance {
        pod: "web-x".to_owned(),
        uid: "u1".to_owned(),
        number: None,
        rolled: Some(7),
        container_id: "4f0c".to_owned(),
        ip: "10.0.0.1".to_owned(),
        node_ip: "192.168.77.21".to_owned(),
        is_ready: true,
        started: Some("2026-01-01T00:00:05Z".parse().unwrap()),
        error: String::new(),
    };
    let mut object = of_app("web-x", None, &status);
    object["metadata"]["uid"] = json!("u1");
    object["metadata"]["annotations"] = json!({"slipway.dev/rolled": "7"});
    assert_eq!(instances(vec![object]), [expected]);
}

#[test]
fn a_pod_is_ready_by_its_condition_or_by_its_end() {
    for (status, expected) in [
        (json!({"phase": "Running"}), false),
        (json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}), false),
        (json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}), true),
        (json!({"phase": "Succeeded", "conditions": [{"type": "Ready", "status": "False"}]}), true),
        (json!({"phase": "Failed"}), false),
    ] {
        assert_eq!(instances(vec![of_app("a", None, &status)])[0].is_ready, expected, "{status}");
    }
}

#[test]
fn a_pod_in_trouble_says_why() {
    let waiting = |reason: &str, message: &str| {
        json!({"phase": "Pending", "containerStatuses": web(&json!({
            "waiting": {"reason": reason, "message": message}}))})
    };
    let mut oom = waiting("CrashLoopBackOff", "back-off");
    oom["containerStatuses"][0]["lastState"] =
        json!({"terminated": {"reason": "OOMKilled", "exitCode": 137}});
    let unschedulable = json!({"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}]});
    for (status, expected) in [
        (unschedulable, "Unschedulable: 0/3 nodes"),
        (waiting("ImagePullBackOff", "no such image"), "ImagePullBackOff: no such image"),
        (waiting("ContainerCreating", ""), ""),
        (oom, "CrashLoopBackOff: back-off; last: OOMKilled (exit code 137)"),
    ] {
        assert_eq!(error(&status), expected);
    }
    assert_eq!(error(&waiting("Busy", &"é".repeat(2000))).chars().count(), 512);
}

/// Kubernetes makes volumes only when a pod is there that asks for them.
#[test]
fn a_new_pod_may_wait_for_its_volumes_for_a_while() {
    let error = |message: &str, now: &str| {
        let status = json!({"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]});
        let seen = pod(&kube(of_app("web-1", None, &status)), now.parse().unwrap());
        seen.instance.unwrap().instance.unwrap().error
    };
    let (soon, late) = ("2026-01-01T00:00:29Z", "2026-01-01T00:00:30Z");
    for message in
        ["0/1: pod has unbound immediate PersistentVolumeClaims", "persistentvolumeclaim \"a\" not found"]
    {
        assert_eq!(error(message, soon), "");
        assert!(error(message, late).contains(message));
    }
    assert!(error("0/3 nodes", soon).contains("0/3 nodes"), "nothing else passes by itself");
}

#[test]
fn pods_are_in_the_order_of_their_numbers_and_those_that_leave_are_not_shown() {
    let running = json!({"phase": "Running"});
    let numbered = |number: &str| of_app(&format!("web-{number}"), Some(number), &running);
    let mut leaving = numbered("1");
    leaving["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:01:00Z");
    let shown = instances(vec![numbered("10"), leaving, numbered("2"), numbered("3")]);
    assert_eq!(shown.iter().map(|each| each.pod.as_str()).collect::<Vec<_>>(), ["web-2", "web-3", "web-10"]);
    assert_eq!(
        instance(&shown, 3).map(|each| each.pod.as_str()),
        Some("web-3"),
        "by its number, not its place"
    );
    assert_eq!(instance(&shown, 1), None);
}

/// All groups of an app are in one item, which may have 400 KB.
#[test]
fn the_pods_of_all_groups_together_have_room_in_an_item() {
    let status = json!({"phase": "Pending", "containerStatuses": web(&json!({
        "waiting": {"reason": "Busy", "message": "é".repeat(2000)}}))});
    let pods = || (0..100).map(|number| pod(&kube(of_app(&format!("p{number:03}"), None, &status)), NOW));
    let groups = |number: usize| -> Groups {
        fit((0..number).map(|name| (format!("g{name}"), seen(None, pods().collect()))).collect())
    };
    let bytes = |groups: &Groups| serde_json::to_vec(groups).unwrap().len();
    let many = groups(20);
    assert!(bytes(&many) < 250_000, "{}", bytes(&many));
    assert!(many.values().all(|seen| !seen.instances.is_empty() && seen.live_pods == 100));
    assert_eq!(groups(1)["g0"].instances.len(), 100);
}
