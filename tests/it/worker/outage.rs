//! A cluster that cannot be reached: reads say so, writes wait (reliability C7, kirk-cases T77).

use serde_json::{Value, json};

use crate::support::{Cluster, Outage, Project, eventually, stateless};

async fn is_unknown(project: &Project, app: &str, service: &str) -> Value {
    project.reaches(app, service, "unknown").await
}

#[tokio::test]
async fn reads_go_on_and_writes_are_done_when_the_cluster_is_back() {
    let outage = Outage::start().await;
    let project = outage.project().await;
    let ports = json!([{"port": 80, "protocol": "TCP"}]);
    let services =
        ["web", "up", "gone"].map(|name| stateless(name, &json!({"instanceNumber": 3, "ports": ports})));
    project.app("a0", &services).await;
    for service in ["web", "up", "gone"] {
        project.reaches("a0", service, "running").await;
    }

    outage.cut();
    let web = is_unknown(&project, "a0", "web").await;
    assert_eq!(
        web["status"],
        json!({"phase": "unknown", "desire": 3, "current": 0, "updated": 0, "available": 0, "unavailable": 0})
    );
    assert_eq!((&web["pods"], &web["ports"]), (&json!([]), &ports));
    let list = project.get("/apps").await.ok();
    assert_eq!(list[0]["microservices"].as_array().unwrap().len(), 3);
    project.get("/apps/a0/microservices/web/revisions").await.ok();

    let of = |service: &str| format!("/apps/a0/microservices/{service}");
    project.put(&format!("{}/scale/4", of("web"))).await.empty();
    let image = json!({"containers": [{"image": "nginx:2"}]});
    project.put_json(&format!("{}/upgrade", of("up")), &image).await.ok();
    project.delete(&of("gone")).await.empty();
    project.get(&of("gone")).await.refused(404, "ServiceNotFound");
    project.app("a1", &[stateless("new", &json!({}))]).await;
    assert_eq!(project.get(&of("web")).await.ok()["status"]["desire"], 4);

    outage.mend();
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!((&web["status"]["available"], web["pods"].as_array().unwrap().len()), (&json!(4), 4));
    let up = project.reaches("a0", "up", "running").await;
    assert_eq!(up["containers"][0]["image"], "nginx:2");
    project.reaches("a1", "new", "running").await;
    let cluster = Cluster::of(&project.name).await;
    cluster.gone::<k8s_openapi::api::apps::v1::Deployment>("a0-gone").await;
    eventually("the name of the deleted one is free", async || {
        let answer = project.post_json("/apps/a0/microservices", &stateless("gone", &json!({}))).await;
        if answer.status.is_success() { Ok(()) } else { Err(answer.text) }
    })
    .await;
    let up = cluster.deployment("a0-up").await.unwrap().spec.unwrap().template.spec.unwrap();
    assert_eq!(up.containers[0].image.as_deref(), Some("nginx:2"));
    outage.stop().await;
}

#[tokio::test]
async fn an_outage_in_which_nothing_is_asked_for_changes_nothing() {
    let outage = Outage::start().await;
    let project = outage.project().await;
    project.app("a0", &[stateless("web", &json!({"instanceNumber": 2}))]).await;
    let before = project.reaches("a0", "web", "running").await;
    let cluster = Cluster::of(&project.name).await;
    let deployment = cluster.deployment("a0-web").await;
    outage.cut();
    is_unknown(&project, "a0", "web").await;
    outage.mend();
    assert_eq!(project.reaches("a0", "web", "running").await, before);
    assert_eq!(cluster.deployment("a0-web").await, deployment);
    outage.stop().await;
}
