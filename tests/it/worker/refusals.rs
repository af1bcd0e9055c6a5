//! What the cluster refuses: told in its words, and nothing done by half (reliability C10).

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ResourceQuota, Service};
use serde_json::{Value, json};

use crate::support::{Cluster, Project, eventually, project, stateless};

const WEB: &str = "/apps/a0/microservices/web";

/// A quota on objects of a kind, and a service that exposes a port.
async fn limited(resource: &str, hard: &str) -> (Project, Cluster) {
    let project = project().await;
    project.reaches_namespace().await;
    let cluster = project.cluster().await;
    let quota = json!({"metadata": {"name": "none"}, "spec": {"hard": {resource: hard}}});
    cluster.create::<ResourceQuota>(quota).await;
    eventually("the quota is counted", async || {
        let quota = cluster.json::<ResourceQuota>("none").await;
        if quota["status"]["hard"][resource] == hard { Ok(()) } else { Err(quota) }
    })
    .await;
    project.app("a0", &[stateless("web", &json!({"ports": [{"port": 80, "protocol": "TCP"}]}))]).await;
    (project, cluster)
}

async fn refused(project: &Project) -> Value {
    eventually("the refusal shows", async || {
        let web = project.get(WEB).await.ok();
        if web["status"]["reason"] == "Forbidden" { Ok(web["status"].clone()) } else { Err(web) }
    })
    .await
}

#[tokio::test]
async fn a_refused_deployment_leaves_no_service_object_behind() {
    let (project, cluster) = limited("count/deployments.apps", "0").await;
    let status = refused(&project).await;
    assert_eq!((&status["phase"], &status["current"]), (&json!("pending"), &json!(0)));
    assert!(status["message"].as_str().unwrap().contains("exceeded quota: none"), "{status}");
    assert!(cluster.service("a0-web").await.is_none() && cluster.deployment("a0-web").await.is_none());

    cluster.delete::<ResourceQuota>("none").await;
    project.make_due("a0", "web").await;
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!((web["status"].get("reason"), web["status"].get("message")), (None, None));
    assert!(cluster.service("a0-web").await.is_some());
}

#[tokio::test]
async fn a_refused_service_object_leaves_no_deployment_behind() {
    let (project, cluster) = limited("count/services", "0").await;
    refused(&project).await;
    assert!(cluster.service("a0-web").await.is_none() && cluster.deployment("a0-web").await.is_none());
    // What is asked for next is tried at once, and the old refusal is not about it.
    let answer = project.put_json(&format!("{WEB}/ports"), &json!({"ports": []})).await.ok();
    assert_eq!((&answer["status"]["phase"], answer["status"].get("reason")), (&json!("pending"), None));
    project.reaches("a0", "web", "running").await;
}

#[tokio::test]
async fn a_refused_change_leaves_what_runs_as_it_is() {
    let (project, cluster) = limited("count/services", "1").await;
    project.reaches("a0", "web", "running").await;
    project.put_json(&format!("{WEB}/ports"), &json!({"ports": []})).await.ok();
    project.reaches("a0", "web", "running").await;
    cluster
        .create::<Service>(json!({"metadata": {"name": "theirs"}, "spec": {"ports": [{"port": 1}]}}))
        .await;
    let before =
        (cluster.pod_names("a0", "web").await, cluster.json::<Deployment>("a0-web").await["spec"].clone());

    // Ports and image in two generations, one of which the cluster takes: neither is there without the other.
    project
        .put_json(&format!("{WEB}/ports"), &json!({"ports": [{"port": 81, "protocol": "TCP"}]}))
        .await
        .ok();
    project.put_json(&format!("{WEB}/upgrade"), &json!({"containers": [{"image": "nginx:2"}]})).await.ok();
    let status = refused(&project).await;
    assert_eq!(status["phase"], "pending");
    let item = eventually("the newest generation is refused", async || {
        let item = project.item("a0/web").await.unwrap();
        let applied: Value = serde_json::from_str(item["applied"].as_s().unwrap()).unwrap();
        if applied["failure"]["generation"] == 4 { Ok(item) } else { Err(applied) }
    })
    .await;
    assert_ne!(item["applied_generation"], item["generation"]);
    let after =
        (cluster.pod_names("a0", "web").await, cluster.json::<Deployment>("a0-web").await["spec"].clone());
    assert_eq!(after, before);

    project.put(&format!("{WEB}/revisions/1/rollback")).await.empty();
    project.put_json(&format!("{WEB}/ports"), &json!({"ports": []})).await.ok();
    project.reaches("a0", "web", "running").await;
}

#[tokio::test]
async fn a_refused_service_can_be_deleted() {
    let (project, _cluster) = limited("count/deployments.apps", "0").await;
    refused(&project).await;
    project.delete(WEB).await.empty();
    project.forgets("a0/web").await;
}
