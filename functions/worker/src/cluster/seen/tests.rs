//! The rules of kirk-spec §7, one by one. Tnn: cases of kirk-cases.

use common::domain::Timestamp;
use common::domain::status::{Pod, SeenObject};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;

mod instances;
mod objects;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn kube<K: DeserializeOwned>(object: Value) -> K {
    serde_json::from_value(object).unwrap()
}

/// A pod with one container `web`, as the API server gives it.
fn pod_with(status: &Value) -> Value {
    json!({
        "metadata": {"name": "app0-web-x-y", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"containers": [{"name": "web"}]},
        "status": status,
    })
}

/// The status of container `web` in this state.
fn web(state: &Value) -> Value {
    json!([{"name": "web", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state}])
}

/// What the answers show of a pod.
fn shown(object: Value) -> Value {
    json!(pod(&kube(object), NOW).pod)
}

#[track_caller]
fn check(status: &Value, pod_status: &Value, container: &Value) {
    let mut container = container.clone();
    container["name"] = json!("web");
    let expected = json!({"name": "app0-web-x-y", "status": pod_status, "containerStatuses": [container]});
    assert_eq!(shown(pod_with(status)), expected);
}

#[test]
fn a_running_pod_has_nothing_to_tell() {
    check(
        &json!({"phase": "Running", "containerStatuses": web(&json!({"running": {}}))}),
        &json!({"phase": "running"}),
        &json!({"state": "running"}),
    );
}

/// T74.
#[test]
fn a_crash_loop_is_a_running_pod_with_a_waiting_container() {
    let message = "back-off 5m0s restarting failed container=web pod=app0-web-x-y_demo(0a)";
    check(
        &json!({"phase": "Running", "containerStatuses": web(&json!({
            "waiting": {"reason": "CrashLoopBackOff", "message": message}}))}),
        &json!({"phase": "running", "reason": "CrashLoopBackOff", "message": &message[..64]}),
        &json!({"state": "waiting", "reason": "CrashLoopBackOff", "message": message}),
    );
}

#[test]
fn a_crash_loop_tells_how_the_container_ended() {
    let mut statuses = web(&json!({"waiting": {
        "reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=web pod=app0-web-x-y"}}));
    statuses[0]["lastState"] = json!({"terminated": {"reason": "OOMKilled", "exitCode": 137}});
    check(
        &json!({"phase": "Running", "containerStatuses": statuses}),
        &json!({"phase": "running", "reason": "CrashLoopBackOff",
                "message": "back-off 5m0s restarting failed; last: OOMKilled (exit code 137)"}),
        &json!({"state": "waiting", "reason": "CrashLoopBackOff",
                "message": "back-off 5m0s restarting failed container=web pod=app0-web-x-y; last: OOMKilled (exit code 137)"}),
    );
}

#[test]
fn an_image_that_cannot_be_pulled_is_the_pods_trouble() {
    for reason in ["ImagePullBackOff", "ErrImagePull", "CreateContainerConfigError", "InvalidImageName"] {
        check(
            &json!({"phase": "Pending", "containerStatuses": web(&json!({
                "waiting": {"reason": reason, "message": "no such"}}))}),
            &json!({"phase": "pending", "reason": reason, "message": "no such"}),
            &json!({"state": "waiting", "reason": reason, "message": "no such"}),
        );
    }
}

#[test]
fn ordinary_waits_are_no_trouble() {
    for reason in ["ContainerCreating", "PodInitializing"] {
        check(
            &json!({"phase": "Pending", "containerStatuses": web(&json!({"waiting": {"reason": reason}}))}),
            &json!({"phase": "pending"}),
            &json!({"state": "waiting", "reason": reason}),
        );
    }
}

/// T79.
#[test]
fn an_unschedulable_pod_says_why_within_64_characters() {
    let message = "0/3 nodes are available: ".to_owned() + &"个".repeat(200);
    let short: String = message.chars().take(64).collect();
    check(
        &json!({"phase": "Pending", "conditions": [
            {"type": "Ready", "status": "False", "reason": "Other"},
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]}),
        &json!({"phase": "pending", "reason": "Unschedulable", "message": short}),
        &json!({"state": "waiting"}),
    );
}

#[test]
fn a_scheduled_condition_is_no_reason() {
    check(
        &json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True"}]}),
        &json!({"phase": "pending"}),
        &json!({"state": "waiting"}),
    );
}

#[test]
fn a_terminating_pod_is_pending_and_lives() {
    let mut object = pod_with(
        &json!({"phase": "Running", "reason": "NodeLost", "containerStatuses": web(&json!({"running": {}}))}),
    );
    object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:01:00Z");
    let expected = json!({"name": "app0-web-x-y", "status": {"phase": "pending", "reason": "Terminating"},
        "containerStatuses": [{"name": "web", "state": "running"}]});
    assert_eq!(shown(object.clone()), expected);
    assert!(pod(&kube(object), NOW).live);
}

#[test]
fn an_evicted_pod_gives_its_own_reason() {
    let message = "The node was low on resource: memory.";
    check(
        &json!({"phase": "Failed", "reason": "Evicted", "message": message, "containerStatuses": web(&json!({
            "terminated": {"exitCode": 137, "reason": "Error"}}))}),
        &json!({"phase": "failed", "reason": "Evicted", "message": message}),
        &json!({"state": "terminated", "reason": "Error", "message": "exit code 137"}),
    );
}

#[test]
fn only_an_exit_in_failure_is_trouble() {
    check(
        &json!({"phase": "Succeeded", "containerStatuses": web(&json!({
            "terminated": {"exitCode": 0, "reason": "Completed"}}))}),
        &json!({"phase": "succeeded"}),
        &json!({"state": "terminated", "reason": "Completed", "message": "exit code 0"}),
    );
    check(
        &json!({"phase": "Failed", "containerStatuses": web(&json!({
            "terminated": {"exitCode": 2, "reason": "Error", "message": "panic: no"}}))}),
        &json!({"phase": "failed", "reason": "Error", "message": "panic: no"}),
        &json!({"state": "terminated", "reason": "Error", "message": "panic: no"}),
    );
}

#[test]
fn containers_without_a_state_wait_unless_the_pod_is_unknown() {
    for (phase, pod, container) in [
        (json!("Pending"), "pending", "waiting"),
        (json!("Unknown"), "unknown", "unknown"),
        (json!("Other"), "unknown", "unknown"),
        (Value::Null, "unknown", "unknown"),
    ] {
        for statuses in [Value::Null, web(&json!({}))] {
            let status = json!({"phase": phase, "containerStatuses": statuses});
            check(&status, &json!({"phase": pod}), &json!({"state": container}));
        }
    }
}

#[test]
fn an_init_container_in_trouble_comes_first() {
    let mut object = pod_with(&json!({"phase": "Pending",
        "initContainerStatuses": [
            {"name": "second", "image": "", "imageID": "", "ready": false, "restartCount": 0,
             "state": {"waiting": {"reason": "ImagePullBackOff", "message": "second"}}},
            {"name": "first", "image": "", "imageID": "", "ready": true, "restartCount": 0,
             "state": {"terminated": {"exitCode": 0}}}],
        "containerStatuses": web(&json!({"waiting": {"reason": "PodInitializing"}}))}));
    object["spec"]["initContainers"] = json!([{"name": "first"}, {"name": "second"}]);
    let expected = json!({"name": "app0-web-x-y",
        "status": {"phase": "pending", "reason": "ImagePullBackOff", "message": "second"},
        "containerStatuses": [{"name": "web", "state": "waiting", "reason": "PodInitializing"}]});
    assert_eq!(shown(object), expected);
}

#[test]
fn containers_are_in_the_specs_order() {
    let mut object = pod_with(&json!({"phase": "Running", "containerStatuses": [
        {"name": "a", "image": "", "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {}}},
        {"name": "z", "image": "", "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {}}}]}));
    object["spec"]["containers"] = json!([{"name": "z"}, {"name": "a"}]);
    let names: Vec<_> =
        pod(&kube(object), NOW).pod.container_statuses.into_iter().map(|status| status.name).collect();
    assert_eq!(names, ["z", "a"]);
}

#[test]
fn long_reasons_and_messages_are_cut_between_characters() {
    let long = "é".repeat(300);
    let cut_to = |chars: usize| "é".repeat(chars);
    check(
        &json!({"phase": "Pending", "containerStatuses": web(&json!({"waiting": {"reason": long, "message": long}}))}),
        &json!({"phase": "pending", "reason": cut_to(64), "message": cut_to(64)}),
        &json!({"state": "waiting", "reason": cut_to(256), "message": cut_to(256)}),
    );
}

/// A pod of that name, created in that second.
fn numbered(name: &str, second: u32, message_chars: usize) -> SeenPod {
    let created = format!("2026-01-01T00:{:02}:{:02}Z", second / 60, second % 60);
    let mut object = pod_with(&json!({"phase": "Pending", "containerStatuses": web(&json!({
        "waiting": {"reason": "Busy", "message": "é".repeat(message_chars)}}))}));
    object["metadata"] = json!({"name": name, "creationTimestamp": created});
    pod(&kube(object), NOW)
}

fn names(pods: &[Pod]) -> Vec<&str> {
    pods.iter().map(|pod| pod.name.as_str()).collect()
}

#[test]
fn pods_are_oldest_first_and_then_by_name() {
    let seen = seen(None, vec![numbered("c", 1, 0), numbered("a", 2, 0), numbered("b", 1, 0)]);
    assert_eq!(names(&seen.pods), ["b", "c", "a"]);
}

#[test]
fn at_most_100_pods_are_shown_and_all_are_counted() {
    let seen = seen(None, (0..150).rev().map(|second| numbered(&format!("p{second}"), second, 0)).collect());
    assert_eq!((seen.pods.len(), seen.live_pods), (100, 150));
    assert_eq!((names(&seen.pods)[0], names(&seen.pods)[99]), ("p0", "p99"));
}

#[test]
fn pods_that_are_too_large_together_are_cut_at_the_end() {
    let many = |second: u32| {
        let mut pod = numbered(&format!("p{second}"), second, 256);
        let container = pod.pod.container_statuses[0].clone();
        pod.pod.container_statuses = vec![container; 8];
        pod
    };
    let seen = seen(None, (0..100).map(many).collect());
    let bytes: usize = seen.pods.iter().map(|pod| serde_json::to_vec(pod).unwrap().len()).sum();
    assert!(seen.pods.len() < 100 && bytes <= 200_000 && bytes > 190_000, "{} of {bytes}", seen.pods.len());
    assert_eq!(seen.live_pods, 100);
}

/// T81, T82: what has ended is shown and does not keep a service from being stopped; what is ending does.
#[test]
fn pods_that_ended_do_not_live() {
    let mut terminating = pod_with(&json!({"phase": "Running"}));
    terminating["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:01:00Z");
    let ended = ["Succeeded", "Failed"].map(|phase| pod_with(&json!({"phase": phase})));
    let live = |objects: &[Value]| {
        let seen = seen(None, objects.iter().map(|object| pod(&kube(object.clone()), NOW)).collect());
        (seen.pods.len(), seen.live_pods)
    };
    assert_eq!(live(&ended), (2, 0));
    assert_eq!(live(&[terminating]), (1, 1));
    assert_eq!(live(&[pod_with(&json!({"phase": "Unknown"}))]), (1, 1));
}
