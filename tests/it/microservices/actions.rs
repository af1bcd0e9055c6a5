//! Stop, start and scale (kirk-cases F).

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Pod, Service};
use serde_json::{Value, json};

use crate::support::{Project, eventually, project, stateful, stateless};

const WEB: &str = "/apps/a0/microservices/web";

/// A project with the running stateless service `web`, which exposes port 80.
async fn running(instances: u32) -> Project {
    let project = project().await;
    let members = json!({"instanceNumber": instances, "ports": [{"port": 80, "protocol": "TCP"}]});
    project.app("a0", &[stateless("web", &members)]).await;
    project.reaches("a0", "web", "running").await;
    project
}

#[tokio::test]
async fn a_stop_takes_all_pods_away_and_keeps_the_rest() {
    let project = running(3).await;
    let address = project.cluster().await.json::<Service>("a0-web").await;
    project.put(&format!("{WEB}/stop")).await.empty();
    let web = project.reaches("a0", "web", "stopped").await;
    assert_eq!(
        web["status"],
        json!({"phase": "stopped", "desire": 3, "current": 0, "updated": 0, "available": 0, "unavailable": 0})
    );
    assert_eq!((&web["instanceNumber"], &web["pods"]), (&json!(3), &json!([])));
    let cluster = project.cluster().await;
    assert!(cluster.pods("a0", "web").await.is_empty());
    let deployment = cluster.json::<Deployment>("a0-web").await;
    assert_eq!(deployment["spec"]["replicas"], 0);
    assert_eq!(deployment["metadata"]["annotations"]["slipway.dev/instance-number"], "3");
    assert_eq!(cluster.json::<Service>("a0-web").await["spec"], address["spec"], "it keeps its address");
    let revisions = project.get(&format!("{WEB}/revisions")).await.ok();
    assert_eq!(revisions.as_array().unwrap().len(), 1, "a stop makes no revision");

    project.put(&format!("{WEB}/start")).await.empty();
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!((&web["status"]["available"], web["pods"].as_array().unwrap().len()), (&json!(3), 3));
}

#[tokio::test]
async fn a_stopped_service_is_pending_until_its_last_pod_is_gone() {
    let project = running(2).await;
    let cluster = project.cluster().await;
    let held = cluster.pod_names("a0", "web").await.remove(0);
    let finalizers = |list: Value| json!({"metadata": {"finalizers": list}});
    cluster.patch::<Pod>(&held, &finalizers(json!(["example.com/hold"]))).await;
    project.put(&format!("{WEB}/stop")).await.empty();
    let web = eventually("only the held pod is left", async || {
        let web = project.get(WEB).await.ok();
        let [pod] = web["pods"].as_array().unwrap().as_slice() else { return Err(web) };
        if pod["status"]["reason"] == "Terminating" && web["status"]["current"] == 0 {
            Ok(web)
        } else {
            Err(web)
        }
    })
    .await;
    assert_eq!(web["status"]["phase"], "pending");
    assert_eq!(
        (&web["pods"][0]["name"], &web["pods"][0]["status"]["phase"]),
        (&json!(held), &json!("pending"))
    );
    assert_eq!(cluster.json::<Deployment>("a0-web").await.pointer("/status/replicas"), None);

    cluster.patch::<Pod>(&held, &finalizers(json!([]))).await;
    project.reaches("a0", "web", "stopped").await;
}

#[tokio::test]
async fn a_scale_while_stopped_shows_at_the_next_start() {
    let project = running(3).await;
    let cluster = project.cluster().await;
    project.put(&format!("{WEB}/stop")).await.empty();
    project.put(&format!("{WEB}/scale/5")).await.empty();
    let web = project.reaches("a0", "web", "stopped").await;
    assert_eq!((&web["instanceNumber"], &web["status"]["desire"]), (&json!(5), &json!(5)));
    assert_eq!(cluster.json::<Deployment>("a0-web").await["spec"]["replicas"], 0);

    project.put(&format!("{WEB}/start")).await.empty();
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!(web["status"]["available"], 5);
    assert_eq!(cluster.json::<Deployment>("a0-web").await["spec"]["replicas"], 5);
}

#[tokio::test]
async fn a_scale_adds_and_takes_away_pods_and_restarts_none() {
    let project = running(2).await;
    let cluster = project.cluster().await;
    let two = cluster.pod_names("a0", "web").await;
    project.put(&format!("{WEB}/scale/4")).await.empty();
    assert_eq!(project.get(WEB).await.ok()["status"]["phase"], "pending");
    project.reaches("a0", "web", "running").await;
    let four = cluster.pod_names("a0", "web").await;
    assert_eq!((four.len(), two.iter().all(|pod| four.contains(pod))), (4, true), "{two:?} {four:?}");

    project.put(&format!("{WEB}/scale/1")).await.empty();
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!((&web["instanceNumber"], &web["status"]["current"]), (&json!(1), &json!(1)));
    eventually("one pod is left", async || {
        let pods = cluster.pod_names("a0", "web").await;
        if pods.len() == 1 && four.contains(&pods[0]) { Ok(()) } else { Err(format!("{pods:?}")) }
    })
    .await;
    assert_eq!(project.get(&format!("{WEB}/revisions")).await.ok().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_count_that_is_not_a_plain_positive_number_is_refused() {
    let project = running(1).await;
    for count in ["0", "-1", "+3", "03", "1.5", "abc", "2147483648", "%205", "99999999999999999999"] {
        assert_eq!(project.put(&format!("{WEB}/scale/{count}")).await.invalid(), ["count"], "{count:?}");
    }
    project.put(&format!("{WEB}/scale/101")).await.refused(403, "QuotaExceeded");
    project.put(&format!("{WEB}/scale/2147483647")).await.refused(403, "QuotaExceeded");
    project.put(&format!("{WEB}/scale/")).await.refused(404, "PathNotFound");
    assert_eq!(
        (project.get(WEB).await.ok()["instanceNumber"].clone(), project.generation("a0", "web").await),
        (json!(1), 1)
    );
}

#[tokio::test]
async fn what_is_not_there_cannot_be_acted_on() {
    let project = project().await;
    project.app("a0", &[stateful("db", &json!({}))]).await;
    for action in ["stop", "start", "scale/2"] {
        for (path, word) in [
            ("/apps/a0/microservices/nope", "ServiceNotFound"),
            ("/apps/a0/microservices/No_Name", "ServiceNotFound"),
            ("/apps/nope/microservices/db", "AppNotFound"),
        ] {
            project.put(&format!("{path}/{action}")).await.refused(404, word);
        }
    }
    // What is wrong with the request itself comes first.
    assert_eq!(project.put("/apps/a0/microservices/nope/scale/0").await.invalid(), ["count"]);
    project.put("/apps/a0/microservices/db/scale/1").await.refused(403, "ServiceNotStateless");
    project.put("/apps/a0/microservices/db/scale/2").await.refused(403, "ServiceNotStateless");
}

#[tokio::test]
async fn what_is_so_already_is_no_new_generation() {
    let project = running(2).await;
    for (action, generation) in [
        ("start", 1),
        ("scale/2", 1),
        ("stop", 2),
        ("stop", 2),
        ("scale/2", 2),
        ("start", 3),
        ("start", 3),
        ("scale/3", 4),
        ("scale/3", 4),
    ] {
        project.put(&format!("{WEB}/{action}")).await.empty();
        assert_eq!(project.generation("a0", "web").await, generation, "after {action}");
    }
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!(web["status"]["available"], 3);
    for action in ["start", "scale/3"] {
        project.put(&format!("{WEB}/{action}")).await.empty();
        assert_eq!(project.get(WEB).await.ok()["status"]["phase"], "running", "after {action}");
    }
}

#[tokio::test]
async fn a_stateful_service_stops_and_starts_on_the_same_claim() {
    let project = project().await;
    project.reaches_namespace().await;
    project.cluster().await.claim("disk").await;
    let containers =
        json!([{"image": "nginx:1", "volumeMounts": [{"volumeName": "disk", "mountPath": "/data"}]}]);
    project.app("a0", &[stateful("db", &json!({"containers": containers}))]).await;
    project.reaches("a0", "db", "running").await;
    project.put("/apps/a0/microservices/db/stop").await.empty();
    let db = project.reaches("a0", "db", "stopped").await;
    assert_eq!((&db["status"]["desire"], &db["pods"]), (&json!(1), &json!([])));
    project.put("/apps/a0/microservices/db/start").await.empty();
    let db = project.reaches("a0", "db", "running").await;
    assert_eq!(db["pods"][0]["name"], "a0-db-0");
}
