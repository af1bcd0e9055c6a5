//! Deleting a service (kirk-cases I): all that is its own goes, and nothing else.

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Service};
use serde_json::json;

use crate::support::{eventually, project, stateful, stateless};

#[tokio::test]
async fn a_deleted_service_leaves_its_claim_its_config_and_its_app() {
    let project = project().await;
    project.reaches_namespace().await;
    let cluster = project.cluster().await;
    cluster.claim("disk").await;
    cluster.create::<ConfigMap>(json!({"metadata": {"name": "cm"}, "data": {"k": "v"}})).await;
    let container = json!({"image": "nginx:1", "volumeMounts": [{"volumeName": "disk", "mountPath": "/data"}],
        "configs": [{"configMapName": "cm", "mountPath": "/conf"}]});
    let members = json!({"containers": [container], "ports": [{"port": 80, "protocol": "TCP"}]});
    project.app("a0", &[stateful("db", &members), stateless("web", &json!({}))]).await;
    project.reaches("a0", "db", "running").await;
    project.reaches("a0", "web", "running").await;

    let path = "/apps/a0/microservices/db";
    project.delete(path).await.empty();
    project.get(path).await.refused(404, "ServiceNotFound");
    project.get(&format!("{path}/revisions")).await.refused(404, "ServiceNotFound");
    project.put(&format!("{path}/stop")).await.refused(404, "ServiceNotFound");
    project.delete(path).await.refused(404, "ServiceNotFound");
    let app = project.get("/apps/a0").await.ok();
    let names: Vec<_> =
        app["microservices"].as_array().unwrap().iter().map(|service| &service["name"]).collect();
    assert_eq!(names, ["web"]);

    project.forgets("a0/db").await;
    assert!(cluster.stateful_set("a0-db").await.is_none());
    assert!(cluster.service("a0-db").await.is_none() && cluster.service("a0--db").await.is_none());
    assert!(cluster.pods("a0", "db").await.is_empty());
    assert!(project.item("a0/db!").await.is_none(), "its status is forgotten too");
    let claim = cluster.json::<PersistentVolumeClaim>("disk").await;
    assert_eq!(
        (&claim["status"]["phase"], claim["metadata"].get("deletionTimestamp")),
        (&json!("Bound"), None)
    );
    assert_eq!(cluster.json::<ConfigMap>("cm").await["data"], json!({"k": "v"}));
    project.delete(path).await.refused(404, "ServiceNotFound");
    assert_eq!(
        project.reaches("a0", "web", "running").await["status"]["available"],
        1,
        "the other one stays"
    );
}

#[tokio::test]
async fn objects_of_others_stay_whatever_labels_they_wear() {
    let project = project().await;
    let ports = json!([{"port": 80, "protocol": "TCP"}]);
    project.app("a0", &[stateless("web", &json!({"ports": ports}))]).await;
    project.reaches("a0", "web", "running").await;
    let cluster = project.cluster().await;
    let labels = json!({"app.kubernetes.io/managed-by": "slipway", "slipway.dev/project": project.name,
        "slipway.dev/app": "a0", "slipway.dev/service": "web", "slipway.dev/type": "stateless"});
    let spec = json!({"ports": [{"port": 1}]});
    let foreign = |name: &str, annotations| json!({"metadata": {"name": name, "labels": labels, "annotations": annotations}, "spec": spec});
    cluster.create::<Service>(foreign("unowned", json!({}))).await;
    cluster.create::<Service>(foreign("of-an-earlier-life", json!({"slipway.dev/uid": "somebody"}))).await;
    let before =
        (cluster.json::<Service>("unowned").await, cluster.json::<Service>("of-an-earlier-life").await);

    project.settle("a0", "web").await;
    project.delete("/apps/a0/microservices/web").await.empty();
    project.forgets("a0/web").await;
    assert!(cluster.service("a0-web").await.is_none() && cluster.deployment("a0-web").await.is_none());
    let after =
        (cluster.json::<Service>("unowned").await, cluster.json::<Service>("of-an-earlier-life").await);
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_name_is_free_again_once_the_old_pods_are_gone() {
    let project = project().await;
    project.app("a0", &[stateless("web", &json!({}))]).await;
    project.reaches("a0", "web", "running").await;
    let web = "/apps/a0/microservices/web";
    project.put_json(&format!("{web}/upgrade"), &json!({"containers": [{"image": "nginx:2"}]})).await.ok();
    project.reaches("a0", "web", "running").await;
    let first_life = project.uid("a0", "web").await;
    let cluster = project.cluster().await;
    let held = cluster.pod_names("a0", "web").await.pop().unwrap();
    cluster.patch::<Pod>(&held, &json!({"metadata": {"finalizers": ["example.com/hold"]}})).await;

    project.delete(web).await.empty();
    let again = stateless("web", &json!({"containers": [{"image": "nginx:3"}]}));
    let create = async || project.post_json("/apps/a0/microservices", &again).await;
    for _ in 0..3 {
        let refusal = create().await;
        refusal.refused(409, "OperationConflict");
        assert!(refusal.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
        project.get(web).await.refused(404, "ServiceNotFound");
    }
    eventually("the cluster is at it", async || {
        let deployment = cluster.json::<Deployment>("a0-web").await;
        if deployment["metadata"]["deletionTimestamp"].is_string() { Ok(()) } else { Err(deployment) }
    })
    .await;
    create().await.refused(409, "OperationConflict");

    cluster.patch::<Pod>(&held, &json!({"metadata": {"finalizers": []}})).await;
    eventually("the name is free", async || {
        let answer = create().await;
        if answer.status.is_success() { Ok(()) } else { Err(answer.text) }
    })
    .await;
    project.reaches("a0", "web", "running").await;
    let revisions = project.get(&format!("{web}/revisions")).await.ok();
    assert_eq!(revisions.as_array().unwrap().len(), 1, "{revisions}");
    assert_eq!(
        (&revisions[0]["revision"], &revisions[0]["containers"][0]["image"]),
        (&json!(1), &json!("nginx:3"))
    );
    assert_ne!(project.uid("a0", "web").await, first_life);
}

#[tokio::test]
async fn a_service_deleted_before_it_ran_leaves_nothing() {
    let project = project().await;
    project
        .app("a0", &[stateless("web", &json!({"containers": [{"image": "fault.invalid/image-pull:1"}]}))])
        .await;
    project.delete("/apps/a0/microservices/web").await.empty();
    project.forgets("a0/web").await;
    let cluster = project.cluster().await;
    assert!(cluster.deployment("a0-web").await.is_none() && cluster.pods("a0", "web").await.is_empty());
    assert_eq!(project.get("/apps/a0").await.ok()["microservices"], json!([]));
}

#[tokio::test]
async fn a_stopped_service_can_be_deleted() {
    let project = project().await;
    project.app("a0", &[stateful("db", &json!({}))]).await;
    project.put("/apps/a0/microservices/db/stop").await.empty();
    project.reaches("a0", "db", "stopped").await;
    project.delete("/apps/a0/microservices/db").await.empty();
    project.forgets("a0/db").await;
    assert!(project.cluster().await.stateful_set("a0-db").await.is_none());
}

#[tokio::test]
async fn a_deleted_app_takes_its_services_along_and_frees_its_name() {
    let project = project().await;
    let ports = json!([{"port": 80, "protocol": "TCP"}]);
    let services = [
        stateless("web", &json!({"ports": ports})),
        stateful("db", &json!({})),
        stateless("job", &json!({})),
    ];
    project.app("a0", &services).await;
    project.app("a1", &[stateless("web", &json!({}))]).await;
    project.reaches("a0", "web", "running").await;
    project.reaches("a0", "db", "running").await;
    project.reaches("a1", "web", "running").await;

    project.delete("/apps/a0").await.empty();
    project.get("/apps/a0").await.refused(404, "AppNotFound");
    project.get("/apps/a0/microservices/web").await.refused(404, "AppNotFound");
    project.delete("/apps/a0").await.refused(404, "AppNotFound");
    let again = json!({"name": "a0", "microservices": [stateless("web", &json!({}))]});
    eventually("the name is free", async || {
        let answer = project.post_json("/apps", &again).await;
        if answer.status.is_success() {
            return Ok(());
        }
        answer.refused(409, "OperationConflict");
        assert!(answer.header("retry-after").is_some());
        Err(answer.text)
    })
    .await;
    let cluster = project.cluster().await;
    assert!(
        cluster.json::<StatefulSet>("a0-db").await.is_null()
            && cluster.json::<Deployment>("a0-job").await.is_null()
    );
    assert!(cluster.json::<Service>("a0--db").await.is_null());
    project.reaches("a0", "web", "running").await;
    let apps = project.get("/apps").await.ok();
    let names: Vec<_> = apps.as_array().unwrap().iter().map(|app| &app["name"]).collect();
    assert_eq!(names, ["a0", "a1"]);
    assert_eq!(project.reaches("a1", "web", "running").await["status"]["available"], 1);
}

#[tokio::test]
async fn an_app_without_services_goes_at_once() {
    let project = project().await;
    for _ in 0..2 {
        project.app("a0", &[]).await;
        project.delete("/apps/a0").await.empty();
        project.get("/apps/a0").await.refused(404, "AppNotFound");
    }
    assert_eq!(project.get("/apps").await.ok(), json!([]));
}
