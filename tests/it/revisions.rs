//! Revisions and rollbacks (kirk-cases H).

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use serde_json::{Value, json};

use crate::support::{Project, Table, eventually, project, stateful, stateless, string};

const WEB: &str = "/apps/a0/microservices/web";

/// A project with the service `web` at this revision, whose images are `nginx:1`, `nginx:2` and so on.
async fn at_revision(number: u32) -> Project {
    let project = project().await;
    let members = json!({"instanceNumber": 2, "containers": images("nginx:1"), "ports": [{"port": 80, "protocol": "TCP"}]});
    project.app("a0", &[stateless("web", &members)]).await;
    for number in 2..=number {
        upgrade(&project, &format!("nginx:{number}")).await;
    }
    project
}

fn images(image: &str) -> Value {
    json!([{"name": "c0", "image": image}])
}

async fn upgrade(project: &Project, image: &str) {
    project.put_json(&format!("{WEB}/upgrade"), &json!({"containers": images(image)})).await.ok();
}

async fn revisions(project: &Project) -> Vec<Value> {
    project.get(&format!("{WEB}/revisions")).await.ok().as_array().unwrap().clone()
}

fn numbers(revisions: &[Value]) -> Vec<u64> {
    revisions.iter().map(|revision| revision["revision"].as_u64().unwrap()).collect()
}

async fn image_in_cluster(project: &Project) -> Value {
    let deployment = project.cluster().await.json::<Deployment>("a0-web").await;
    deployment["spec"]["template"]["spec"]["containers"][0]["image"].clone()
}

#[tokio::test]
async fn revisions_are_listed_oldest_first() {
    let project = at_revision(3).await;
    let revisions = revisions(&project).await;
    assert_eq!(numbers(&revisions), [1, 2, 3]);
    for (revision, image) in revisions.iter().zip(["nginx:1", "nginx:2", "nginx:3"]) {
        let keys: Vec<_> = revision.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["containers", "creationTimestamp", "resourceSpec", "revision"]);
        assert_eq!(
            (&revision["resourceSpec"], &revision["containers"][0]["image"]),
            (&json!("1U1G"), &json!(image))
        );
    }
    let created: Vec<_> =
        revisions.iter().map(|revision| revision["creationTimestamp"].as_str().unwrap()).collect();
    assert!(created.is_sorted(), "{created:?}");
    let web = project.get(WEB).await.ok();
    assert_eq!(revisions[2]["containers"], web["containers"], "the last one is the current one");
    project.get("/apps/a0/microservices/nope/revisions").await.refused(404, "ServiceNotFound");
    project.get("/apps/nope/microservices/web/revisions").await.refused(404, "AppNotFound");
}

#[tokio::test]
async fn a_rollback_is_a_new_revision_of_the_old_content() {
    let project = at_revision(3).await;
    let ports = json!([{"port": 81, "protocol": "UDP"}]);
    project.put_json(&format!("{WEB}/ports"), &json!({"ports": ports})).await.ok();
    project.put(&format!("{WEB}/scale/3")).await.empty();
    project.put(&format!("{WEB}/revisions/1/rollback")).await.empty();
    let all = revisions(&project).await;
    assert_eq!(numbers(&all), [1, 2, 3, 4]);
    assert_eq!(
        (&all[3]["containers"], &all[3]["resourceSpec"]),
        (&all[0]["containers"], &all[0]["resourceSpec"])
    );

    let web = project.reaches("a0", "web", "running").await;
    assert_eq!(
        (&web["containers"][0]["image"], &web["ports"], &web["instanceNumber"]),
        (&json!("nginx:1"), &ports, &json!(3))
    );
    assert_eq!(image_in_cluster(&project).await, "nginx:1");
    let deployment = project.cluster().await.json::<Deployment>("a0-web").await;
    assert_eq!(
        (&deployment["metadata"]["annotations"]["slipway.dev/revision"], &deployment["spec"]["replicas"]),
        (&json!("4"), &json!(3))
    );
    for pod in project.cluster().await.pods("a0", "web").await {
        if pod.metadata.deletion_timestamp.is_none() {
            assert_eq!(pod.spec.unwrap().containers[0].image.as_deref(), Some("nginx:1"));
        }
    }

    // Retried, it finds what it wants and changes nothing.
    let generation = project.generation("a0", "web").await;
    project.put(&format!("{WEB}/revisions/1/rollback")).await.empty();
    project.put(&format!("{WEB}/revisions/4/rollback")).await.empty();
    assert_eq!(
        (numbers(&revisions(&project).await).len(), project.generation("a0", "web").await),
        (4, generation)
    );
    assert_eq!(project.get(WEB).await.ok()["status"]["phase"], "running");
}

#[tokio::test]
async fn the_current_revision_and_ten_older_ones_are_kept() {
    let project = at_revision(13).await;
    let rollback = async |number: &str| project.put(&format!("{WEB}/revisions/{number}/rollback")).await;
    assert_eq!(numbers(&revisions(&project).await), (3..=13).collect::<Vec<_>>());
    rollback("2").await.refused(404, "RevisionNotFound");
    rollback("1").await.refused(404, "RevisionNotFound");
    rollback("3").await.empty();
    assert_eq!(numbers(&revisions(&project).await), (4..=14).collect::<Vec<_>>(), "no number comes twice");
    rollback("3").await.refused(404, "RevisionNotFound");
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!(web["containers"][0]["image"], "nginx:3");
    assert_eq!(image_in_cluster(&project).await, "nginx:3");
}

#[tokio::test]
async fn a_revision_that_cannot_be_is_told_from_one_that_is_not() {
    let project = at_revision(1).await;
    let rollback = async |number: &str| project.put(&format!("{WEB}/revisions/{number}/rollback")).await;
    // 12 has the place of 1 in the table.
    for absent in ["2", "12", "99", "9223372036854775807"] {
        rollback(absent).await.refused(404, "RevisionNotFound");
    }
    for bad in ["0", "-1", "01", "+1", "1.0", "abc", "9223372036854775808", "99999999999999999999"] {
        assert_eq!(rollback(bad).await.invalid(), ["revision"], "{bad:?}");
    }
    project.put("/apps/a0/microservices/nope/revisions/1/rollback").await.refused(404, "ServiceNotFound");
    project.put("/apps/nope/microservices/web/revisions/1/rollback").await.refused(404, "AppNotFound");
    project.put("/apps/nope/microservices/web/revisions/0/rollback").await.refused(400, "InvalidArgument");
    assert_eq!(numbers(&revisions(&project).await), [1]);
}

#[tokio::test]
async fn a_revision_of_a_resource_spec_that_is_no_longer_offered_stays_where_it_is() {
    let project = at_revision(2).await;
    let (table, pk) = (Table::shared(), format!("R#{}/{}/a0/web", project.region(), project.name));
    let stored = table.text((pk.clone(), "01"), "definition").await;
    let dropped = stored.replace("1U1G", "9U9G");
    assert_ne!(dropped, stored);
    table.set((pk, "01"), "definition", string(&dropped)).await;

    assert_eq!(revisions(&project).await[0]["resourceSpec"], "9U9G");
    let refusal = project.put(&format!("{WEB}/revisions/1/rollback")).await;
    assert_eq!(refusal.invalid(), ["resourceSpec"]);
    assert_eq!((numbers(&revisions(&project).await), project.generation("a0", "web").await), (vec![1, 2], 2));
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!(web["containers"][0]["image"], "nginx:2");
}

#[tokio::test]
async fn a_rollback_while_stopped_runs_at_the_next_start() {
    let project = at_revision(2).await;
    project.put(&format!("{WEB}/stop")).await.empty();
    project.put(&format!("{WEB}/revisions/1/rollback")).await.empty();
    project.reaches("a0", "web", "stopped").await;
    assert_eq!(image_in_cluster(&project).await, "nginx:1");
    assert!(project.cluster().await.pods("a0", "web").await.is_empty());
    project.put(&format!("{WEB}/start")).await.empty();
    project.reaches("a0", "web", "running").await;
    assert_eq!(numbers(&revisions(&project).await), [1, 2, 3]);
}

#[tokio::test]
async fn a_stateful_service_recovers_from_a_bad_image_by_a_rollback_alone() {
    let project = project().await;
    let db = "/apps/a0/microservices/db";
    project.app("a0", &[stateful("db", &json!({}))]).await;
    project.reaches("a0", "db", "running").await;
    let bad = json!({"containers": [{"image": "fault.invalid/image-pull:1"}]});
    project.put_json(&format!("{db}/upgrade"), &bad).await.ok();
    let cluster = project.cluster().await;
    eventually("the pod waits for its image", async || {
        let db = project.get(db).await.ok();
        if db["pods"][0]["containerStatuses"][0]["reason"] == "ImagePullBackOff" { Ok(()) } else { Err(db) }
    })
    .await;

    project.put(&format!("{db}/revisions/1/rollback")).await.empty();
    let recovered = project.reaches("a0", "db", "running").await;
    assert_eq!(
        recovered["pods"][0]["containerStatuses"],
        json!([{"name": "container-0", "state": "running"}])
    );
    let pods = cluster.pods("a0", "db").await;
    assert_eq!(pods[0].spec.as_ref().unwrap().containers[0].image.as_deref(), Some("nginx:1"));
    let set = cluster.json::<StatefulSet>("a0-db").await;
    assert_eq!(set["metadata"]["annotations"]["slipway.dev/revision"], "3");
}
