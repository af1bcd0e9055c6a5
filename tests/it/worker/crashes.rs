//! Workers that stop in the middle, and leases that they leave (reliability C1).

use std::time::Duration;

use common::clock;
use common::queue::Message;
use common::runtime::Event;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Service;
use serde_json::json;
use worker::Worker;

use crate::support::{Project, eventually, number, project, put_unheard, settings, stateless};

const WEB: &str = "/apps/a0/microservices/web";

async fn running() -> Project {
    let project = project().await;
    project.app("a0", &[stateless("web", &json!({"ports": [{"port": 80, "protocol": "TCP"}]}))]).await;
    project.reaches("a0", "web", "running").await;
    project
}

/// Makes it look as if so many workers had stopped in a row, the last one a while ago.
async fn left_by(project: &Project, workers: i64) {
    project.set("a0/web!", "attempts", number(workers)).await;
    project.set("a0/web!", "lease_until", number(1)).await;
}

/// A Service that names the service as its owner and that the table knows nothing of.
async fn stray(project: &Project) {
    let cluster = project.cluster().await;
    let labels = cluster.json::<Service>("a0-web").await["metadata"]["labels"].clone();
    let annotations = json!({"slipway.dev/uid": project.uid("a0", "web").await});
    let metadata = json!({"name": "stray", "labels": labels, "annotations": annotations});
    cluster.create::<Service>(json!({"metadata": metadata, "spec": {"ports": [{"port": 1}]}})).await;
}

#[tokio::test]
async fn after_a_crash_the_next_apply_looks_for_what_was_not_recorded() {
    let project = running().await;
    let cluster = project.cluster().await;
    stray(&project).await;
    left_by(&project, 1).await;
    project.put(&format!("{WEB}/scale/2")).await.empty();
    project.reaches("a0", "web", "running").await;
    assert!(cluster.service("stray").await.is_none());
    assert!(cluster.service("a0-web").await.is_some());
    let status = project.item("a0/web!").await.unwrap();
    assert_eq!(
        (status["attempts"].as_n().unwrap().as_str(), status.get("lease_until")),
        ("0", None),
        "it ended well"
    );
}

#[tokio::test]
async fn a_lease_that_somebody_holds_delays_the_work_until_it_ends() {
    let project = running().await;
    let until_s = clock::now().as_second() + 4;
    project.set("a0/web!", "lease_until", number(until_s)).await;
    project.put(&format!("{WEB}/scale/2")).await.empty();
    let cluster = project.cluster().await;
    let start = eventually("it is applied", async || {
        let replicas = cluster.json::<Deployment>("a0-web").await["spec"]["replicas"].clone();
        let now_s = clock::now().as_second();
        if replicas == 2 { Ok(now_s) } else { Err(format!("{replicas} at {now_s}")) }
    })
    .await;
    assert!(start > until_s, "{start} is not after {until_s}");
    project.reaches("a0", "web", "running").await;
}

#[tokio::test]
async fn an_operation_that_stops_every_worker_is_given_up_until_somebody_asks_again() {
    let project = running().await;
    left_by(&project, 5).await;
    project.put(&format!("{WEB}/scale/2")).await.empty();
    let web = eventually("it is given up", async || {
        let web = project.get(WEB).await.ok();
        if web["status"]["reason"] == "WorkerStopped" { Ok(web) } else { Err(web) }
    })
    .await;
    assert_eq!((&web["status"]["phase"], &web["instanceNumber"]), (&json!("pending"), &json!(2)));
    assert_eq!(project.cluster().await.json::<Deployment>("a0-web").await["spec"]["replicas"], 1);

    project.put(&format!("{WEB}/scale/3")).await.empty();
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!((web["status"].get("reason"), &web["status"]["available"]), (None, &json!(3)));
}

#[tokio::test]
async fn wherever_a_worker_is_stopped_the_next_one_brings_it_to_the_same_end() {
    let project = running().await;
    let cluster = project.cluster().await;
    let body = serde_json::to_string(&project.doorbell("a0", "web")).unwrap();
    for (cut_ms, port) in [1, 5, 10, 15, 20, 30, 50].into_iter().zip(8000..) {
        // Only the worker of this test hears of it.
        let image = json!([{"image": format!("nginx:{port}")}]);
        let ports = json!([{"port": port, "protocol": "TCP"}]);
        put_unheard(&project.at(&format!("{WEB}/upgrade")), &json!({"containers": image})).await;
        put_unheard(&project.at(&format!("{WEB}/ports")), &json!({"ports": ports})).await;
        let message = Message { id: "1".to_owned(), receipt: String::new(), body: body.clone() };
        let settings = settings();
        let worker = Worker::new(settings.context().unwrap(), &settings);
        let job = worker.on_event(Event::Messages(vec![message]));
        let _done_or_stopped = tokio::time::timeout(Duration::from_millis(cut_ms), job).await;

        // The lease of a worker that was stopped ends.
        if project.item("a0/web!").await.unwrap().contains_key("lease_until") {
            project.set("a0/web!", "lease_until", number(1)).await;
        }
        project.settle("a0", "web").await;
        let deployment = cluster.json::<Deployment>("a0-web").await;
        let made = &deployment["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(made["image"], image[0]["image"], "stopped after {cut_ms} ms");
        let service = cluster.json::<Service>("a0-web").await;
        let numbers: Vec<_> =
            service["spec"]["ports"].as_array().unwrap().iter().map(|port| &port["port"]).collect();
        assert_eq!(numbers, [&json!(port)], "stopped after {cut_ms} ms");
    }
    project.reaches("a0", "web", "running").await;
}
