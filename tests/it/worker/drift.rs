//! What others change by hand is as it was after the next settle pass (design §4, step 8).

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::Service;
use serde_json::{Value, json};

use crate::support::{Project, eventually, project, stateful, stateless};

const WEB: &str = "/apps/a0/microservices/web";

async fn running() -> Project {
    let project = project().await;
    let members = json!({"instanceNumber": 2, "ports": [{"port": 80, "protocol": "TCP"}]});
    project.app("a0", &[stateless("web", &members)]).await;
    project.reaches("a0", "web", "running").await;
    project
}

#[tokio::test]
async fn replicas_image_and_labels_are_as_asked_for_again() {
    let project = running().await;
    let cluster = project.cluster().await;
    let before = cluster.json::<Deployment>("a0-web").await;
    let container = json!({"name": "container-0", "image": "evil:1"});
    for change in [
        json!({"spec": {"replicas": 5}}),
        json!({"spec": {"template": {"spec": {"containers": [container]}}}}),
        json!({"metadata": {"labels": {"slipway.dev/type": "changed", "slipway.dev/app": null}}}),
        json!({"metadata": {"annotations": {"slipway.dev/revision": "77"}}}),
    ] {
        cluster.patch::<Deployment>("a0-web", &change).await;
        project.settle("a0", "web").await;
        let after = cluster.json::<Deployment>("a0-web").await;
        assert_eq!(
            (&after["spec"], &after["metadata"]["labels"]),
            (&before["spec"], &before["metadata"]["labels"]),
            "{change}"
        );
        assert_eq!(after["metadata"]["annotations"]["slipway.dev/revision"], "1");
        assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
    }
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!(web["status"]["available"], 2);
}

#[tokio::test]
async fn another_owner_written_on_a_deployment_shows_and_is_mended() {
    let project = running().await;
    let cluster = project.cluster().await;
    let owner = json!({"metadata": {"annotations": {"slipway.dev/uid": "an-earlier-life"}}});
    cluster.patch::<Deployment>("a0-web", &owner).await;
    let web = project.reaches("a0", "web", "unknown").await;
    assert_eq!((&web["status"]["available"], &web["status"]["desire"]), (&json!(0), &json!(2)));
    project.settle("a0", "web").await;
    project.reaches("a0", "web", "running").await;
}

#[tokio::test]
async fn ports_and_selector_of_the_service_object_are_as_asked_for_again() {
    let project = running().await;
    let cluster = project.cluster().await;
    let before = cluster.json::<Service>("a0-web").await;
    for change in [
        json!({"spec": {"ports": [{"name": "x", "port": 81, "targetPort": 81}]}}),
        json!({"spec": {"selector": {"slipway.dev/service": "other"}}}),
        json!({"metadata": {"labels": {"app.kubernetes.io/managed-by": null}}}),
    ] {
        cluster.patch::<Service>("a0-web", &change).await;
        project.settle("a0", "web").await;
        let after = cluster.json::<Service>("a0-web").await;
        assert_eq!(
            (&after["spec"]["selector"], &after["metadata"]["labels"]),
            (&before["spec"]["selector"], &before["metadata"]["labels"]),
            "{change}"
        );
        let has = |service: &Value, port: u16| {
            service["spec"]["ports"].as_array().unwrap().iter().any(|each| each["port"] == port)
        };
        assert!(has(&after, 80), "{change}: {after}");
    }
}

#[tokio::test]
async fn a_deleted_deployment_comes_back() {
    let project = running().await;
    let cluster = project.cluster().await;
    let first = cluster.json::<Deployment>("a0-web").await;
    cluster.delete::<Deployment>("a0-web").await;
    eventually("the loss shows", async || {
        let web = project.get(WEB).await.ok();
        if web["status"]["phase"] == "unknown" { Ok(()) } else { Err(web) }
    })
    .await;
    project.settle("a0", "web").await;
    let second = cluster.json::<Deployment>("a0-web").await;
    assert_ne!(second["metadata"]["uid"], first["metadata"]["uid"]);
    assert_eq!(second["spec"], first["spec"]);
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!(web["status"]["available"], 2);

    // And it is ours: the next change finds it.
    project.put(&format!("{WEB}/scale/3")).await.empty();
    assert_eq!(project.reaches("a0", "web", "running").await["status"]["available"], 3);
}

#[tokio::test]
async fn a_deleted_deployment_comes_back_with_the_next_change_too() {
    let project = running().await;
    let cluster = project.cluster().await;
    cluster.delete::<Deployment>("a0-web").await;
    cluster.gone::<Deployment>("a0-web").await;
    project.put_json(&format!("{WEB}/upgrade"), &json!({"containers": [{"image": "nginx:2"}]})).await.ok();
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!(web["status"]["updated"], 2);
    let deployment = cluster.json::<Deployment>("a0-web").await;
    assert_eq!(deployment["spec"]["template"]["spec"]["containers"][0]["image"], "nginx:2");
}

#[tokio::test]
async fn a_deleted_service_object_comes_back_and_no_pod_restarts() {
    let project = running().await;
    let cluster = project.cluster().await;
    let pods = cluster.pod_names("a0", "web").await;
    cluster.delete::<Service>("a0-web").await;
    project.settle("a0", "web").await;
    assert_eq!(cluster.json::<Service>("a0-web").await["spec"]["ports"][0]["name"], "tcp-80");
    assert_eq!(cluster.pod_names("a0", "web").await, pods);
}

#[tokio::test]
async fn a_deleted_stateful_set_comes_back() {
    let project = project().await;
    project.app("a0", &[stateful("db", &json!({}))]).await;
    project.reaches("a0", "db", "running").await;
    let cluster = project.cluster().await;
    cluster.delete::<StatefulSet>("a0-db").await;
    cluster.delete::<Service>("a0--db").await;
    cluster.gone::<StatefulSet>("a0-db").await;
    project.settle("a0", "db").await;
    assert!(cluster.service("a0--db").await.is_some());
    project.reaches("a0", "db", "running").await;
}

#[tokio::test]
async fn a_stray_object_of_the_service_is_cleared_away() {
    let project = running().await;
    let cluster = project.cluster().await;
    let labels = cluster.json::<Service>("a0-web").await["metadata"]["labels"].clone();
    let annotations = json!({"slipway.dev/uid": project.uid("a0", "web").await});
    let metadata = json!({"name": "stray", "labels": labels, "annotations": annotations});
    cluster.create::<Service>(json!({"metadata": metadata, "spec": {"ports": [{"port": 1}]}})).await;
    project.settle("a0", "web").await;
    assert!(cluster.service("stray").await.is_none());
    assert!(cluster.service("a0-web").await.is_some());
}

#[tokio::test]
async fn what_is_as_it_should_be_is_not_changed() {
    let project = running().await;
    let cluster = project.cluster().await;
    let look = async || {
        let deployment = cluster.json::<Deployment>("a0-web").await;
        let service = cluster.json::<Service>("a0-web").await;
        (
            deployment["metadata"]["generation"].clone(),
            service["metadata"]["resourceVersion"].clone(),
            cluster.pod_names("a0", "web").await,
        )
    };
    let before = look().await;
    for _ in 0..3 {
        project.settle("a0", "web").await;
    }
    assert_eq!(look().await, before);
    assert_eq!(
        (project.get(WEB).await.ok()["status"]["phase"].clone(), project.generation("a0", "web").await),
        (json!("running"), 1)
    );
}

#[tokio::test]
async fn a_stopped_service_that_others_scaled_up_is_stopped_again() {
    let project = running().await;
    project.put(&format!("{WEB}/stop")).await.empty();
    project.reaches("a0", "web", "stopped").await;
    let cluster = project.cluster().await;
    cluster.patch::<Deployment>("a0-web", &json!({"spec": {"replicas": 2}})).await;
    cluster.until::<Deployment>("a0-web", "/status/availableReplicas", json!(2)).await;
    project.settle("a0", "web").await;
    assert_eq!(cluster.json::<Deployment>("a0-web").await["spec"]["replicas"], 0);
    eventually("the pods are gone", async || {
        let pods = cluster.pod_names("a0", "web").await;
        if pods.is_empty() { Ok(()) } else { Err(format!("{pods:?}")) }
    })
    .await;
    project.reaches("a0", "web", "stopped").await;
}
