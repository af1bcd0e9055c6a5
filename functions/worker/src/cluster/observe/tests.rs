//! How objects and pods are brought together.

use serde_json::{Value, json};

use super::super::fake::{Fake, Sample};

fn object(project: &str, name: &str, service: &str) -> Value {
    let labels = json!({"app.kubernetes.io/managed-by": "slipway", "slipway.dev/app": "app0", "slipway.dev/service": service});
    json!({
        "metadata": {"name": name, "namespace": project, "labels": labels},
        "spec": {"selector": {}, "template": {}, "containers": []},
        "status": {"phase": "Running"},
    })
}

fn put(fake: &Fake, plural: &str, project: &str, name: &str, service: &str) {
    fake.put(&format!("/namespaces/{project}/{plural}/{name}"), object(project, name, service));
}

#[tokio::test]
async fn one_service_is_two_calls() {
    let fake = Fake::default();
    put(&fake, "statefulsets", "demo", "app0-db", "db");
    put(&fake, "pods", "demo", "app0-db-0", "db");
    fake.state().objects.get_mut("/namespaces/demo/statefulsets/app0-db").unwrap()["spec"]["replicas"] =
        json!(0);
    let seen =
        fake.cluster().observe(&Sample::stateful("db").workload()).await.unwrap().remove("app0-db").unwrap();
    assert!(seen.object.is_some());
    assert_eq!((seen.pods.len(), seen.live_pods), (1, 1));
    assert_eq!(fake.take_calls().len(), 2);
    let none = fake.cluster().observe(&Sample::default().workload()).await.unwrap();
    assert_eq!(none["app0-web"].object, None);
}

#[tokio::test]
async fn all_services_are_joined_by_their_labels_page_by_page() {
    let fake = Fake::default();
    fake.state().page = Some(2);
    put(&fake, "deployments", "demo", "app0-web", "web");
    put(&fake, "deployments", "demo", "app0-api", "api");
    put(&fake, "deployments", "demo", "a-copy", "web");
    put(&fake, "deployments", "other", "app0-web", "web");
    put(&fake, "statefulsets", "demo", "app0-db", "db");
    for pod in ["p0", "p1", "p2"] {
        put(&fake, "pods", "demo", pod, "web");
    }
    put(&fake, "pods", "demo", "left", "gone");
    put(&fake, "pods", "demo", "odd", "NOT A SERVICE");
    let all = fake.cluster().observe_all().await.unwrap();
    let told: Vec<_> = all
        .iter()
        .flat_map(|(namespace, groups)| groups.iter().map(move |(name, seen)| (namespace, name, seen)))
        .map(|(namespace, name, seen)| {
            format!("{namespace}/{name} {} {}", seen.object.is_some(), seen.pods.len())
        })
        .collect();
    assert_eq!(
        told,
        [
            "demo/app0-api true 0",
            "demo/app0-db true 0",
            "demo/app0-gone false 1",
            "demo/app0-web true 3",
            "other/app0-web true 0",
        ]
    );
}

/// Of a set and a Job it is told nowhere else.
#[tokio::test]
async fn events_tell_why_pods_are_missing() {
    let event = |message: &str, time: &str| json!({"metadata": {}, "involvedObject": {}, "message": message, "lastTimestamp": time});
    let fake = Fake::default();
    put(&fake, "statefulsets", "demo", "app0-db", "db");
    fake.put("/namespaces/demo/events/a", event("exceeded quota", "2026-01-01T00:00:02Z"));
    fake.put("/namespaces/demo/events/b", event("old", "2026-01-01T00:00:01Z"));
    let trouble = async || {
        let one = fake.cluster().observe(&Sample::stateful("db").workload()).await.unwrap();
        let mut all = fake.cluster().observe_all().await.unwrap();
        let all = all.remove("demo").unwrap().remove("app0-db").unwrap();
        let trouble = all.object.unwrap().trouble;
        assert_eq!(one["app0-db"].object.as_ref().unwrap().trouble, trouble);
        trouble.map(|trouble| (trouble.reason, trouble.message))
    };
    assert_eq!(trouble().await, Some(("FailedCreate".to_owned(), "exceeded quota".to_owned())));
    let mut pod = object("demo", "app0-db-0", "db");
    pod["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:03Z");
    fake.put("/namespaces/demo/pods/app0-db-0", pod);
    assert_eq!(trouble().await, None, "after it one could be made");
    fake.state().objects.retain(|path, _| !path.contains("/pods/"));
    fake.state().refusals.insert("GET /namespaces/demo/events".to_owned(), 403);
    assert_eq!(trouble().await, None, "a look does not fail for it");
}
