//! Upgrades (kirk-cases G).

use k8s_openapi::api::apps::v1::Deployment;
use serde_json::{Value, json};

use crate::support::{Project, eventually, project, stateless};

const WEB: &str = "/apps/a0/microservices/web";
const UPGRADE: &str = "/apps/a0/microservices/web/upgrade";

/// A project with the running service `web`, whose container is `c0` of image `nginx:1`.
async fn running(instances: u32) -> Project {
    let project = project().await;
    let containers = json!([{"name": "c0", "image": "nginx:1", "envs": [{"name": "E", "value": "v"}]}]);
    let members = json!({"instanceNumber": instances, "containers": containers, "ports": [{"port": 80, "protocol": "TCP"}]});
    project.app("a0", &[stateless("web", &members)]).await;
    project.reaches("a0", "web", "running").await;
    project
}

async fn revisions(project: &Project) -> Vec<Value> {
    project.get(&format!("{WEB}/revisions")).await.ok().as_array().unwrap().clone()
}

#[tokio::test]
async fn another_resource_spec_keeps_the_containers() {
    let project = running(1).await;
    let before = project.get(WEB).await.ok();
    let answer = project.put_json(UPGRADE, &json!({"resourceSpec": "2U4G"})).await.ok();
    assert_eq!((&answer["resourceSpec"], &answer["status"]["phase"]), (&json!("2U4G"), &json!("pending")));
    assert_eq!((&answer["containers"], &answer["ports"]), (&before["containers"], &before["ports"]));
    assert_eq!((&answer["instanceNumber"], &answer["creationTime"]), (&json!(1), &before["creationTime"]));
    let revisions = revisions(&project).await;
    assert_eq!(
        (revisions.len(), &revisions[1]["revision"], &revisions[1]["resourceSpec"]),
        (2, &json!(2), &json!("2U4G"))
    );

    project.reaches("a0", "web", "running").await;
    let deployment = project.cluster().await.json::<Deployment>("a0-web").await;
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["resources"]["limits"], json!({"cpu": "2", "memory": "4Gi"}));
    assert_eq!(deployment["metadata"]["annotations"]["slipway.dev/revision"], "2");
}

#[tokio::test]
async fn containers_are_replaced_as_a_whole_list() {
    let project = running(1).await;
    let answer = project.put_json(UPGRADE, &json!({"containers": [{"image": "nginx:2"}]})).await.ok();
    assert_eq!(answer["resourceSpec"], "1U1G");
    let containers = answer["containers"].as_array().unwrap();
    assert_eq!(
        (containers.len(), &containers[0]["name"], &containers[0]["image"]),
        (1, &json!("container-0"), &json!("nginx:2"))
    );
    assert_eq!(containers[0]["envs"], json!([]));

    project.reaches("a0", "web", "running").await;
    let deployment = project.cluster().await.json::<Deployment>("a0-web").await;
    let made = deployment["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    assert_eq!(
        (made.len(), &made[0]["name"], &made[0]["image"]),
        (1, &json!("container-0"), &json!("nginx:2"))
    );
    assert_eq!(made[0]["env"], Value::Null, "what is dropped is pruned");
}

#[tokio::test]
async fn an_upgrade_replaces_all_pods_and_the_old_ones_go() {
    let project = running(3).await;
    let cluster = project.cluster().await;
    let old = cluster.pod_names("a0", "web").await;
    let answer = project.put_json(UPGRADE, &json!({"containers": [{"image": "nginx:2"}]})).await.ok();
    assert_eq!(answer["status"]["updated"], 0, "none of the pods is of the new revision");
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!((&web["status"]["updated"], &web["status"]["available"]), (&json!(3), &json!(3)));
    let new = eventually("the old pods are gone", async || {
        let pods = cluster.pods("a0", "web").await;
        let images = pods.iter().map(|pod| pod.spec.as_ref().unwrap().containers[0].image.clone().unwrap());
        if pods.len() == 3 && images.into_iter().all(|image| image == "nginx:2") {
            Ok(cluster.pod_names("a0", "web").await)
        } else {
            Err(format!("{:?}", cluster.pod_names("a0", "web").await))
        }
    })
    .await;
    assert!(old.iter().all(|pod| !new.contains(pod)), "{old:?} {new:?}");
    let shown = eventually("the answer shows the new pods only", async || {
        let web = project.get(WEB).await.ok();
        if web["pods"].as_array().unwrap().len() == 3 { Ok(web["pods"].clone()) } else { Err(web) }
    })
    .await;
    assert!(
        shown.as_array().unwrap().iter().all(|pod| new.contains(&pod["name"].as_str().unwrap().to_owned()))
    );
}

#[tokio::test]
async fn an_upgrade_is_checked_against_the_stored_type() {
    let project = running(1).await;
    let mount = json!({"volumeName": "disk", "mountPath": "/data"});
    let mounting = json!({"containers": [{"image": "nginx:2", "volumeMounts": [mount]}]});
    assert_eq!(project.put_json(UPGRADE, &mounting).await.invalid(), ["containers[0].volumeMounts"]);
    for (body, fields) in [
        (json!({"containers": []}), &["containers"] as &[&str]),
        (json!({"resourceSpec": "nope"}), &["resourceSpec"]),
        (
            json!({"resourceSpec": "nope", "containers": [{"image": "nginx"}]}),
            &["resourceSpec", "containers[0].image"],
        ),
    ] {
        assert_eq!(project.put_json(UPGRADE, &body).await.invalid(), fields, "{body}");
    }
    for body in [json!({}), json!({"resourceSpec": null, "containers": null}), json!({"resourceSpec": ""})] {
        project.put_json(UPGRADE, &body).await.refused(400, "InvalidArgument");
    }
    project.put(UPGRADE).await.refused(400, "InvalidArgument");
    project
        .put_json("/apps/a0/microservices/nope/upgrade", &json!({"resourceSpec": "2U4G"}))
        .await
        .refused(404, "ServiceNotFound");
    project
        .put_json("/apps/nope/microservices/web/upgrade", &json!({"resourceSpec": "2U4G"}))
        .await
        .refused(404, "AppNotFound");
    assert_eq!((revisions(&project).await.len(), project.generation("a0", "web").await), (1, 1));
}

#[tokio::test]
async fn an_upgrade_to_what_is_there_already_changes_nothing() {
    let project = running(1).await;
    let cluster = project.cluster().await;
    let pods = cluster.pod_names("a0", "web").await;
    let web = project.get(WEB).await.ok();
    // What clients read they may send back as it is.
    let answer = project.put_json(UPGRADE, &web).await.ok();
    assert_eq!(answer, web);
    project.put_json(UPGRADE, &json!({"resourceSpec": "1U1G"})).await.ok();
    assert_eq!((revisions(&project).await.len(), project.generation("a0", "web").await), (1, 1));
    assert_eq!(project.get(WEB).await.ok()["status"]["phase"], "running");
    assert_eq!(cluster.pod_names("a0", "web").await, pods);
}

#[tokio::test]
async fn an_upgrade_while_stopped_runs_at_the_next_start() {
    let project = running(2).await;
    project.put(&format!("{WEB}/stop")).await.empty();
    project.reaches("a0", "web", "stopped").await;
    project.put_json(UPGRADE, &json!({"containers": [{"image": "nginx:2"}]})).await.ok();
    let web = project.reaches("a0", "web", "stopped").await;
    assert_eq!(web["containers"][0]["image"], "nginx:2");
    assert_eq!(revisions(&project).await.len(), 2);
    let cluster = project.cluster().await;
    assert_eq!(cluster.json::<Deployment>("a0-web").await["spec"]["replicas"], 0);
    assert!(cluster.pods("a0", "web").await.is_empty());

    project.put(&format!("{WEB}/start")).await.empty();
    project.reaches("a0", "web", "running").await;
    let pods = cluster.pods("a0", "web").await;
    assert_eq!(pods.len(), 2);
    for pod in pods {
        assert_eq!(pod.spec.unwrap().containers[0].image.as_deref(), Some("nginx:2"));
    }
    assert_eq!(revisions(&project).await.len(), 2, "a start makes no revision");
}

#[tokio::test]
async fn a_later_upgrade_overtakes_one_that_does_not_come_to_an_end() {
    let project = running(2).await;
    project.put_json(UPGRADE, &json!({"containers": [{"image": "fault.invalid/image-pull:1"}]})).await.ok();
    let cluster = project.cluster().await;
    cluster.until::<Deployment>("a0-web", "/status/unavailableReplicas", json!(1)).await;
    for image in ["nginx:2", "nginx:3", "nginx:4"] {
        project.put_json(UPGRADE, &json!({"containers": [{"image": image}]})).await.ok();
    }
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!(web["containers"][0]["image"], "nginx:4");
    let deployment = cluster.json::<Deployment>("a0-web").await;
    assert_eq!(deployment["spec"]["template"]["spec"]["containers"][0]["image"], "nginx:4");
    let numbers: Vec<_> = revisions(&project).await.iter().map(|one| one["revision"].clone()).collect();
    assert_eq!(json!(numbers), json!([1, 2, 3, 4, 5]));
}
