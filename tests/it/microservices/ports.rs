//! Ports (kirk-cases G): an address changes, pods do not.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Service;
use serde_json::{Value, json};

use crate::support::{Project, project, stateful, stateless};

const WEB: &str = "/apps/a0/microservices/web";
const PORTS: &str = "/apps/a0/microservices/web/ports";

async fn running() -> Project {
    let project = project().await;
    let members = json!({"instanceNumber": 2, "ports": [{"port": 80, "protocol": "TCP"}]});
    project.app("a0", &[stateless("web", &members)]).await;
    project.reaches("a0", "web", "running").await;
    project
}

/// What is never to change with the ports.
async fn pods_and_template(project: &Project) -> (Vec<String>, Value) {
    let cluster = project.cluster().await;
    let deployment = cluster.json::<Deployment>("a0-web").await;
    (cluster.pod_names("a0", "web").await, deployment["metadata"]["generation"].clone())
}

#[tokio::test]
async fn other_ports_change_the_service_object_and_restart_nothing() {
    let project = running().await;
    let cluster = project.cluster().await;
    let before = pods_and_template(&project).await;
    let ports = json!([{"port": 8080, "protocol": "UDP"}, {"port": 80, "protocol": "TCP"}]);
    let answer = project.put_json(PORTS, &json!({"ports": ports})).await.ok();
    assert_eq!(
        (&answer["ports"], &answer["name"], &answer["instanceNumber"]),
        (&ports, &json!("web"), &json!(2))
    );

    cluster.until::<Service>("a0-web", "/spec/ports/1/port", json!(80)).await;
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!(web["ports"], ports, "in the order sent");
    let service = cluster.json::<Service>("a0-web").await;
    let shown: Vec<_> =
        service["spec"]["ports"].as_array().unwrap().iter().map(|port| &port["name"]).collect();
    assert_eq!(shown, ["udp-8080", "tcp-80"]);
    assert_eq!(pods_and_template(&project).await, before);
    assert_eq!(project.get(&format!("{WEB}/revisions")).await.ok().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn no_ports_are_no_service_object_and_ports_bring_it_back() {
    let project = running().await;
    let cluster = project.cluster().await;
    let before = pods_and_template(&project).await;
    for nothing in [json!([]), Value::Null] {
        let answer = project.put_json(PORTS, &json!({"ports": nothing})).await.ok();
        assert_eq!(answer["ports"], json!([]));
        cluster.gone::<Service>("a0-web").await;
        project.reaches("a0", "web", "running").await;

        let ports = json!([{"port": 443, "protocol": "TCP"}]);
        project.put_json(PORTS, &json!({"ports": ports})).await.ok();
        cluster.until::<Service>("a0-web", "/spec/ports/0/name", json!("tcp-443")).await;
        project.reaches("a0", "web", "running").await;
    }
    assert_eq!(pods_and_template(&project).await, before);
}

#[tokio::test]
async fn bad_ports_are_refused_and_change_nothing() {
    let project = running().await;
    let tcp = |port: Value| json!({"port": port, "protocol": "TCP"});
    for (body, fields) in [
        (json!({"ports": [tcp(json!(80)), {"port": 80, "protocol": "tcp"}]}), &["ports[1]"] as &[&str]),
        (json!({"ports": [tcp(json!(65536))]}), &["ports[0].port"]),
        (json!({"ports": [tcp(json!(0))]}), &["ports[0].port"]),
        (json!({"ports": [{"port": 80, "protocol": "SCTP"}]}), &["ports[0].protocol"]),
        (json!({}), &["ports"]),
    ] {
        assert_eq!(project.put_json(PORTS, &body).await.invalid(), fields, "{body}");
    }
    let ports = json!({"ports": []});
    project.put_json("/apps/a0/microservices/nope/ports", &ports).await.refused(404, "ServiceNotFound");
    project.put_json("/apps/nope/microservices/web/ports", &ports).await.refused(404, "AppNotFound");
    assert_eq!(project.generation("a0", "web").await, 1);
}

#[tokio::test]
async fn the_same_ports_are_no_new_generation() {
    let project = running().await;
    let same = json!({"ports": [{"port": 80, "protocol": "tcp"}]});
    assert_eq!(project.put_json(PORTS, &same).await.ok()["ports"], json!([{"port": 80, "protocol": "TCP"}]));
    assert_eq!(project.generation("a0", "web").await, 1);
}

#[tokio::test]
async fn a_stateful_service_without_ports_keeps_its_headless_service() {
    let project = project().await;
    project.app("a0", &[stateful("db", &json!({"ports": [{"port": 80, "protocol": "TCP"}]}))]).await;
    project.reaches("a0", "db", "running").await;
    let cluster = project.cluster().await;
    let pod = cluster.pods("a0", "db").await.remove(0).metadata.uid;
    project.put_json("/apps/a0/microservices/db/ports", &json!({"ports": []})).await.ok();
    cluster.gone::<Service>("a0-db").await;
    let headless = cluster.until::<Service>("a0--db", "/spec/ports", Value::Null).await;
    assert_eq!(headless["spec"]["clusterIP"], "None");
    project.reaches("a0", "db", "running").await;
    assert_eq!(cluster.pods("a0", "db").await.remove(0).metadata.uid, pod, "the pod was not replaced");
}
