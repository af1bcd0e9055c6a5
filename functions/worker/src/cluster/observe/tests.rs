//! How objects and pods are brought together.

use common::domain::workload::Controller;
use serde_json::{Value, json};

use super::super::fake::Fake;
use super::*;

fn object(project: &str, name: &str, service: &str) -> Value {
    let labels = json!({"slipway.dev/app": "app0", "slipway.dev/service": service});
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
    let id = ServiceId {
        region: "xq".parse().unwrap(),
        project: "demo".parse().unwrap(),
        app: "app0".parse().unwrap(),
        service: "db".parse().unwrap(),
    };
    let seen = fake.cluster().observe(&id, Controller::StatefulSet).await.unwrap();
    assert!(seen.object.is_some());
    assert_eq!((seen.pods.len(), seen.live_pods), (1, 1));
    assert_eq!(fake.take_calls().len(), 2);
    assert_eq!(fake.cluster().observe(&id, Controller::Deployment).await.unwrap().object, None);
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
        .map(|((project, app, service), seen)| {
            format!("{project}/{app}/{service} {} {}", seen.object.is_some(), seen.pods.len())
        })
        .collect();
    assert_eq!(
        told,
        [
            "demo/app0/api true 0",
            "demo/app0/db true 0",
            "demo/app0/gone false 1",
            "demo/app0/web true 3",
            "other/app0/web true 0",
        ]
    );
}
