//! Names that somebody else has in the cluster: never touched, and told (kirk-spec 6.1).

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Service};
use kube::Api;
use kube::api::{ListParams, PostParams};
use serde_json::{Value, json};

use crate::support::{Cluster, Project, api, eventually, project, stateful, stateless};

const WEB: &str = "/apps/a0/microservices/web";

/// Makes a Deployment that is none of ours, and waits until its controller is done with it.
async fn foreign_deployment(cluster: &Cluster, name: &str) -> Value {
    let labels = json!({"who": "else"});
    let pod =
        json!({"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "theirs:1"}]}});
    let spec = json!({"replicas": 0, "selector": {"matchLabels": labels}, "template": pod});
    cluster.create::<Deployment>(json!({"metadata": {"name": name, "labels": labels}, "spec": spec})).await;
    cluster.until::<Deployment>(name, "/status/conditions/1/reason", json!("NewReplicaSetAvailable")).await
}

async fn foreign_service(cluster: &Cluster, name: &str) -> Value {
    let spec = json!({"selector": {"who": "else"}, "ports": [{"port": 1}]});
    cluster.create::<Service>(json!({"metadata": {"name": name}, "spec": spec})).await;
    cluster.json::<Service>(name).await
}

/// Waits until the service says that its name is taken by this object.
async fn conflicts(project: &Project, path: &str, object: &str) -> Value {
    let service = eventually("the conflict shows", async || {
        let service = project.get(path).await.ok();
        if service["status"]["reason"] == "NameConflict" { Ok(service) } else { Err(service) }
    })
    .await;
    let status = &service["status"];
    assert_eq!(status["phase"], "unknown");
    for count in ["current", "updated", "available", "unavailable"] {
        assert_eq!(status[count], 0, "{count}");
    }
    assert_eq!(status["desire"], service["instanceNumber"]);
    assert!(status["message"].as_str().unwrap().contains(object), "{status}");
    service
}

async fn with_namespace() -> (Project, Cluster) {
    let project = project().await;
    project.reaches_namespace().await;
    let cluster = project.cluster().await;
    (project, cluster)
}

#[tokio::test]
async fn a_deployment_of_others_is_left_alone_until_its_name_is_free() {
    let (project, cluster) = with_namespace().await;
    let foreign = foreign_deployment(&cluster, "a0-web").await;
    let ports = json!([{"port": 80, "protocol": "TCP"}]);
    project.app("a0", &[stateless("web", &json!({"ports": ports, "instanceNumber": 2}))]).await;
    conflicts(&project, WEB, "a0-web").await;
    assert_eq!(cluster.json::<Deployment>("a0-web").await, foreign);
    assert!(cluster.service("a0-web").await.is_none(), "nothing is applied by half");
    // A new generation does not take it over either.
    project.put(&format!("{WEB}/scale/1")).await.empty();
    project.put_json(&format!("{WEB}/upgrade"), &json!({"containers": [{"image": "nginx:2"}]})).await.ok();
    conflicts(&project, WEB, "a0-web").await;
    assert_eq!(cluster.json::<Deployment>("a0-web").await, foreign);

    cluster.delete::<Deployment>("a0-web").await;
    project.make_due("a0", "web").await;
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!((web["status"].get("reason"), &web["status"]["available"]), (None, &json!(1)));
    assert!(cluster.service("a0-web").await.is_some());
}

#[tokio::test]
async fn a_service_object_of_others_is_left_alone_and_no_pod_is_made() {
    let (project, cluster) = with_namespace().await;
    let foreign = foreign_service(&cluster, "a0-web").await;
    project.app("a0", &[stateless("web", &json!({"ports": [{"port": 80, "protocol": "TCP"}]}))]).await;
    conflicts(&project, WEB, "Service").await;
    assert_eq!(cluster.json::<Service>("a0-web").await, foreign);
    assert!(cluster.deployment("a0-web").await.is_none(), "nothing is applied by half");

    // It is in the way of the ports only.
    project.put_json(&format!("{WEB}/ports"), &json!({"ports": []})).await.ok();
    project.reaches("a0", "web", "running").await;
    assert_eq!(cluster.json::<Service>("a0-web").await, foreign);
}

#[tokio::test]
async fn a_headless_service_of_others_is_left_alone() {
    let (project, cluster) = with_namespace().await;
    let foreign = foreign_service(&cluster, "a0--db").await;
    project.app("a0", &[stateful("db", &json!({}))]).await;
    conflicts(&project, "/apps/a0/microservices/db", "a0--db").await;
    assert_eq!(cluster.json::<Service>("a0--db").await, foreign);
    assert!(cluster.stateful_set("a0-db").await.is_none());
}

#[tokio::test]
async fn a_running_service_keeps_its_pods_when_its_new_address_is_taken() {
    let (project, cluster) = with_namespace().await;
    project.app("a0", &[stateless("web", &json!({"instanceNumber": 2}))]).await;
    project.reaches("a0", "web", "running").await;
    let foreign = foreign_service(&cluster, "a0-web").await;
    let before =
        (cluster.pod_names("a0", "web").await, cluster.json::<Deployment>("a0-web").await["spec"].clone());
    let ports = json!({"ports": [{"port": 80, "protocol": "TCP"}]});
    project.put_json(&format!("{WEB}/ports"), &ports).await.ok();
    conflicts(&project, WEB, "a0-web").await;
    let after =
        (cluster.pod_names("a0", "web").await, cluster.json::<Deployment>("a0-web").await["spec"].clone());
    assert_eq!(after, before);
    assert_eq!(cluster.json::<Service>("a0-web").await, foreign);
}

#[tokio::test]
async fn deleting_a_service_that_never_got_its_name_leaves_the_others_object() {
    let (project, cluster) = with_namespace().await;
    let foreign = foreign_deployment(&cluster, "a0-web").await;
    project.app("a0", &[stateless("web", &json!({}))]).await;
    conflicts(&project, WEB, "a0-web").await;
    project.delete("/apps/a0").await.empty();
    project.forgets("a0").await;
    assert_eq!(cluster.json::<Deployment>("a0-web").await, foreign);
}

#[tokio::test]
async fn what_others_put_in_the_place_of_a_deleted_object_is_theirs() {
    let (project, cluster) = with_namespace().await;
    project.app("a0", &[stateless("web", &json!({}))]).await;
    project.reaches("a0", "web", "running").await;
    cluster.delete::<Deployment>("a0-web").await;
    cluster.gone::<Deployment>("a0-web").await;
    let foreign = foreign_deployment(&cluster, "a0-web").await;
    project.settle("a0", "web").await;
    conflicts(&project, WEB, "a0-web").await;
    project.put_json(&format!("{WEB}/upgrade"), &json!({"containers": [{"image": "nginx:2"}]})).await.ok();
    conflicts(&project, WEB, "a0-web").await;
    assert_eq!(cluster.json::<Deployment>("a0-web").await, foreign);
    project.delete("/apps/a0").await.empty();
    project.forgets("a0").await;
    assert_eq!(cluster.json::<Deployment>("a0-web").await, foreign);
}

#[tokio::test]
async fn a_namespace_of_others_is_never_taken_over() {
    let cluster = Cluster::of("somebodys").await;
    let namespaces = Api::<Namespace>::all(cluster.client.clone());
    let namespace = serde_json::from_value(json!({"metadata": {"name": "somebodys"}})).unwrap();
    namespaces.create(&PostParams::default(), &namespace).await.unwrap();
    cluster.until::<ConfigMap>("kube-root-ca.crt", "/metadata/name", json!("kube-root-ca.crt")).await;
    let labels = namespaces.get("somebodys").await.unwrap().metadata.labels;

    let path = "/regions/xq/v1/projects/somebodys".to_owned();
    let project = Project { api: api(), name: "somebodys".to_owned(), path };
    project.api.put(&project.path).await.ok();
    project.app("a0", &[stateless("web", &json!({"ports": [{"port": 80, "protocol": "TCP"}]}))]).await;
    conflicts(&project, WEB, "somebodys").await;
    assert_eq!(namespaces.get("somebodys").await.unwrap().metadata.labels, labels);
    let all = ListParams::default();
    assert!(cluster.objects::<Deployment>().list(&all).await.unwrap().items.is_empty());
    assert!(cluster.objects::<Service>().list(&all).await.unwrap().items.is_empty());
}
