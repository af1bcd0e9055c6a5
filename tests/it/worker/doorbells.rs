//! Doorbells: lost, doubled, stale, of nobody, or no doorbells at all (design §4).

use std::time::Duration;

use common::domain::subject::Doorbell;
use common::queue::{Queue, QueueSpec};
use common::runtime::Event;
use k8s_openapi::api::apps::v1::Deployment;
use serde_json::json;
use worker::Worker;

use crate::support::{
    Project, eventually, number, project, put_unheard, queue, send_raw, settings, stateless, string,
};

const WEB: &str = "/apps/a0/microservices/web";

async fn running() -> Project {
    let project = project().await;
    project.app("a0", &[stateless("web", &json!({"instanceNumber": 2}))]).await;
    project.reaches("a0", "web", "running").await;
    project
}

#[tokio::test]
async fn what_nobody_rang_for_is_accepted_and_found_by_the_sweeper() {
    let project = running().await;
    let upgrade = project.at(&format!("{WEB}/upgrade"));
    let body = json!({"containers": [{"image": "nginx:2"}]});
    put_unheard(&upgrade, &body).await;
    assert_eq!(project.get(WEB).await.ok()["status"]["phase"], "pending");
    // It would be in a minute.
    project.make_due("a0", "web").await;
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!(web["containers"][0]["image"], "nginx:2");
    let deployment = project.cluster().await.json::<Deployment>("a0-web").await;
    assert_eq!(deployment["spec"]["template"]["spec"]["containers"][0]["image"], "nginx:2");
}

#[tokio::test]
async fn a_lost_settle_pass_is_found_by_the_sweeper() {
    let project = running().await;
    let cluster = project.cluster().await;
    cluster.delete::<Deployment>("a0-web").await;
    cluster.gone::<Deployment>("a0-web").await;
    project.make_due("a0", "web").await;
    cluster.until::<Deployment>("a0-web", "/spec/replicas", json!(2)).await;
    project.is_settled("a0", "web").await;
    project.reaches("a0", "web", "running").await;
}

#[tokio::test]
async fn an_apply_that_was_not_recorded_is_recorded_and_changes_nothing() {
    let project = running().await;
    let cluster = project.cluster().await;
    let before = (
        cluster.pod_names("a0", "web").await,
        cluster.json::<Deployment>("a0-web").await["metadata"]["generation"].clone(),
    );
    project.set("a0/web", "applied_generation", number(0)).await;
    project.set("a0/web", "applied", string(&json!({"object_generation": 0, "template_object_generation": 0, "objects": {}, "failure": null}).to_string())).await;
    assert_eq!(project.get(WEB).await.ok()["status"]["phase"], "pending");
    project.settle("a0", "web").await;
    project.reaches("a0", "web", "running").await;
    let item = project.item("a0/web").await.unwrap();
    assert_eq!(item["applied_generation"], item["generation"]);
    assert!(item["applied"].as_s().unwrap().contains("Deployment/a0-web"));
    let after = (
        cluster.pod_names("a0", "web").await,
        cluster.json::<Deployment>("a0-web").await["metadata"]["generation"].clone(),
    );
    assert_eq!(after, before);
}

#[tokio::test]
async fn doubled_and_stale_doorbells_do_no_harm() {
    let project = running().await;
    let cluster = project.cluster().await;
    let before = (
        cluster.pod_names("a0", "web").await,
        cluster.json::<Deployment>("a0-web").await["metadata"]["generation"].clone(),
    );
    let doorbell = project.doorbell("a0", "web");
    let stale = |look| Doorbell { look, ..doorbell.clone() };
    let doorbells: Vec<_> = (0..60).map(|count| stale(if count % 3 == 0 { 250 } else { 0 })).collect();
    queue().ring_all(&doorbells).await.unwrap();
    // In the middle of them, work.
    project.put(&format!("{WEB}/scale/3")).await.empty();
    queue().ring_all(&doorbells).await.unwrap();
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!((&web["status"]["available"], project.generation("a0", "web").await), (&json!(3), 2));
    let after = cluster.json::<Deployment>("a0-web").await["metadata"]["generation"].as_i64();
    assert_eq!(after, before.1.as_i64().map(|generation| generation + 1), "one change");
    let pods = cluster.pod_names("a0", "web").await;
    assert!(before.0.iter().all(|pod| pods.contains(pod)), "{before:?} {pods:?}");
}

#[tokio::test]
async fn a_doorbell_of_a_deleted_service_brings_nothing_back() {
    let project = running().await;
    let stale = project.doorbell("a0", "web");
    project.delete(WEB).await.empty();
    queue().ring_all(&vec![stale.clone(); 20]).await.unwrap();
    project.forgets("a0/web").await;
    let (worker, _) = worker().await;
    assert!(answered(&worker, &[serde_json::to_string(&stale).unwrap()]).await.is_empty());
    assert!(project.item("a0/web!").await.is_none() && project.item("a0/web").await.is_none());
    assert!(project.cluster().await.deployment("a0-web").await.is_none());
}

/// A worker of our own on the shared table, and a queue of its own.
async fn worker() -> (Worker, Queue<Doorbell>) {
    let settings = settings();
    let context = settings.context().unwrap();
    let name = format!("own-{}", project().await.name);
    let spec = QueueSpec { name, visibility: Duration::from_secs(1), receives_max: 2 };
    let queue = context.queue.clone().create(&spec).await.unwrap();
    let context = common::http::Context { queue: queue.clone(), ..context };
    (Worker::new(context, &settings), queue)
}

/// Hands messages to the worker; gives the ids of those that are to come again, which are their places.
async fn answered(worker: &Worker, bodies: &[String]) -> Vec<String> {
    let message = |(place, body): (usize, &String)| common::queue::Message {
        id: place.to_string(),
        receipt: String::new(),
        body: body.clone(),
    };
    let messages = bodies.iter().enumerate().map(message).collect();
    worker.on_event(Event::Messages(messages)).await.unwrap()
}

#[tokio::test]
async fn a_doorbell_of_nobody_is_dropped_and_leaves_no_trace() {
    let project = running().await;
    let (worker, _) = worker().await;
    let body = |region: &str, project: &str| {
        json!({"subject": {"region": region, "project": project, "app": "a0", "service": "nope"}}).to_string()
    };
    let unknown_project = json!({"subject": {"region": "xq", "project": "nowhere"}}).to_string();
    let bodies =
        [body("xq", &project.name), body("xq", "nowhere"), body("mars", &project.name), unknown_project];
    assert!(answered(&worker, &bodies).await.is_empty());
    assert!(project.item("a0/nope!").await.is_none());
    let nowhere = Project {
        path: "/regions/xq/v1/projects/nowhere".to_owned(),
        name: "nowhere".to_owned(),
        ..project.clone()
    };
    assert!(nowhere.item("!").await.is_none() && nowhere.item("a0/nope!").await.is_none());
    nowhere.get("/apps").await.refused(404, "SpaceNotFound");
}

#[tokio::test]
async fn what_is_no_doorbell_comes_again_and_its_neighbours_do_not() {
    let project = running().await;
    let (worker, _) = worker().await;
    let doorbell = serde_json::to_string(&project.doorbell("a0", "web")).unwrap();
    let bodies = [
        "garbage",
        &doorbell,
        "{}",
        "",
        &doorbell,
        r#"{"subject":{"region":"xq","project":"Not a name"}}"#,
        "[1]",
    ];
    assert_eq!(answered(&worker, &bodies.map(str::to_owned)).await, ["0", "2", "3", "5", "6"]);
}

#[tokio::test]
async fn garbage_ends_in_the_dead_letter_queue() {
    let (worker, queue) = worker().await;
    send_raw(queue.url(), "no doorbell").await;
    let shared = settings();
    let dead: Queue<Doorbell> =
        Queue::new(&shared.connection, shared.sqs_url.as_deref(), format!("{}-dead", queue.url()));
    let message = eventually("it is among the dead letters", async || {
        let batch = queue.receive(Duration::ZERO).await.unwrap();
        let failed = worker.on_event(Event::Messages(batch.clone())).await.unwrap();
        assert_eq!(failed.len(), batch.len(), "all of it failed");
        dead.receive(Duration::ZERO).await.unwrap().pop().ok_or("it is not")
    })
    .await;
    assert_eq!(message.body, "no doorbell");
}

#[tokio::test]
async fn garbage_in_the_shared_queue_holds_nobody_up() {
    let project = project().await;
    for body in ["garbage", "{\"subject\":", "null"] {
        send_raw(&settings().queue_url, body).await;
    }
    project.app("a0", &[stateless("web", &json!({}))]).await;
    project.reaches("a0", "web", "running").await;
}
