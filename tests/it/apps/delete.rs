//! Deleting an app (kirk-spec E5, §5).

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim};
use kube::api::PostParams;
use serde_json::{Value, json};

use super::names;
use crate::support::{eventually, project, stateful, stateless};

#[tokio::test]
async fn an_app_without_services_is_gone_at_once() {
    let project = project().await;
    project.app("a0", &[]).await;
    project.delete("/apps/a0").await.empty();
    project.get("/apps/a0").await.refused(404, "AppNotFound");
    project.delete("/apps/a0").await.refused(404, "AppNotFound");
    assert_eq!(project.get("/apps").await.ok(), json!([]));
    project.app("a0", &[]).await;
}

#[tokio::test]
async fn an_app_goes_with_its_services_and_without_its_volumes_and_config_maps() {
    let project = project().await;
    project.reaches_namespace().await;
    let cluster = project.cluster().await;
    cluster.claim("disk").await;
    let map: ConfigMap = serde_json::from_value(json!({"metadata": {"name": "cm"}})).unwrap();
    cluster.objects::<ConfigMap>().create(&PostParams::default(), &map).await.unwrap();
    let containers = json!([{
        "image": "a:1", "volumeMounts": [{"volumeName": "disk", "mountPath": "/d"}],
        "configs": [{"configMapName": "cm", "mountPath": "/c"}],
    }]);
    let web = stateless("web", &json!({"ports": [{"port": 80, "protocol": "TCP"}]}));
    project.app("a0", &[web, stateful("db", &json!({"containers": containers}))]).await;
    project.app("a1", &[stateless("web", &json!({}))]).await;
    project.reaches("a0", "web", "running").await;
    project.reaches("a0", "db", "running").await;
    project.reaches("a1", "web", "running").await;

    project.delete("/apps/a0").await.empty();
    eventually("nothing of the app is left", async || {
        let left = (
            cluster.deployment("a0-web").await.is_some(),
            cluster.stateful_set("a0-db").await.is_some(),
            cluster.service("a0-web").await.is_some() || cluster.service("a0--db").await.is_some(),
            cluster.pods("a0", "web").await.len() + cluster.pods("a0", "db").await.len(),
        );
        if left == (false, false, false, 0) { Ok(()) } else { Err(format!("{left:?}")) }
    })
    .await;
    let claim = cluster.objects::<PersistentVolumeClaim>().get("disk").await.unwrap();
    let map = cluster.objects::<ConfigMap>().get("cm").await.unwrap();
    assert_eq!((claim.metadata.deletion_timestamp, map.metadata.deletion_timestamp), (None, None));
    assert_eq!(names(&project.get("/apps").await.ok()), ["a1"]);
    assert_eq!(project.get("/apps/a1/microservices/web").await.ok()["status"]["phase"], "running");
}

/// A finalizer holds the Deployment, and so the deletion.
#[tokio::test]
async fn the_name_of_an_app_is_free_again_once_its_deletion_is_done() {
    let project = project().await;
    project.app("a0", &[stateless("web", &json!({}))]).await;
    project.reaches("a0", "web", "running").await;
    let cluster = project.cluster().await;
    let hold = |finalizers: Value| json!({"metadata": {"finalizers": finalizers}});
    cluster.patch::<Deployment>("a0-web", &hold(json!(["slipway.dev/test"]))).await;

    project.delete("/apps/a0").await.empty();
    for below in ["", "/microservices", "/microservices/web"] {
        project.get(&format!("/apps/a0{below}")).await.refused(404, "AppNotFound");
    }
    project.delete("/apps/a0").await.refused(404, "AppNotFound");
    project.put("/apps/a0/microservices/web/stop").await.refused(404, "AppNotFound");
    let service = stateless("s1", &json!({}));
    project.post_json("/apps/a0/microservices", &service).await.refused(404, "AppNotFound");
    assert_eq!(project.get("/apps").await.ok(), json!([]));
    let answer = project.post_json("/apps", &json!({"name": "a0"})).await;
    answer.refused(409, "OperationConflict");
    assert_eq!(answer.header("retry-after"), Some("1"));

    eventually("the Deployment is being deleted", async || {
        let deployment = cluster.deployment("a0-web").await.expect("it is held");
        deployment.metadata.deletion_timestamp.ok_or("not yet")
    })
    .await;
    cluster.patch::<Deployment>("a0-web", &hold(json!([]))).await;
    let app = eventually("the name is free", async || {
        let answer = project.post_json("/apps", &json!({"name": "a0"})).await;
        if answer.status == 409 { Err(answer.text) } else { Ok(answer.ok()) }
    })
    .await;
    assert_eq!(app["microservices"], json!([]));
}
