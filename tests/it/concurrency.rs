//! Many at once, on one thing and on many (kirk-cases I).

use futures::future::join_all;
use k8s_openapi::api::apps::v1::Deployment;
use serde_json::{Value, json};

use crate::support::{Answer, eventually, project, stateful, stateless};

const WEB: &str = "/apps/a0/microservices/web";

/// How many were accepted; the others were told to try again.
#[track_caller]
fn accepted(answers: &[Answer]) -> u64 {
    let mut accepted = 0;
    for answer in answers {
        if answer.status.is_success() {
            accepted += 1;
        } else {
            answer.refused(409, "OperationConflict");
            assert!(answer.header("retry-after").is_some(), "{answer:?}");
        }
    }
    accepted
}

#[tokio::test]
async fn of_parallel_scales_the_last_committed_one_stands() {
    let project = project().await;
    project.app("a0", &[stateless("web", &json!({"instanceNumber": 30}))]).await;
    let scales: Vec<_> = (1..=20).map(|count| format!("{WEB}/scale/{count}")).collect();
    let scales = scales.iter().map(|path| project.put(path));
    let accepted = accepted(&join_all(scales).await);
    assert!(accepted >= 1);
    // Each changed something: all numbers differ.
    assert_eq!(project.generation("a0", "web").await, 1 + accepted);
    let web = project.reaches("a0", "web", "running").await;
    let item = project.item("a0/web").await.unwrap();
    let committed: u64 = item["instances"].as_n().unwrap().parse().unwrap();
    assert_eq!((&web["instanceNumber"], &web["status"]["available"]), (&json!(committed), &json!(committed)));
    let cluster = project.cluster().await;
    assert_eq!(cluster.json::<Deployment>("a0-web").await["spec"]["replicas"], committed);
    assert_eq!(item["applied_generation"], item["generation"]);
}

#[tokio::test]
async fn parallel_upgrades_are_revisions_in_a_row() {
    let project = project().await;
    project.app("a0", &[stateless("web", &json!({}))]).await;
    let images: Vec<_> =
        (0..8).map(|image| json!({"containers": [{"image": format!("nginx:p{image}")}]})).collect();
    let path = format!("{WEB}/upgrade");
    let answers = join_all(images.iter().map(|body| project.put_json(&path, body))).await;
    let accepted = accepted(&answers);
    let web = project.reaches("a0", "web", "running").await;
    let revisions = project.get(&format!("{WEB}/revisions")).await.ok();
    let revisions = revisions.as_array().unwrap();
    let numbers: Vec<_> = revisions.iter().map(|revision| revision["revision"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=accepted + 1).collect::<Vec<_>>());
    assert_eq!(revisions.last().unwrap()["containers"], web["containers"]);
    let deployment = project.cluster().await.json::<Deployment>("a0-web").await;
    assert_eq!(
        deployment["spec"]["template"]["spec"]["containers"][0]["image"],
        web["containers"][0]["image"]
    );
}

#[tokio::test]
async fn of_parallel_creates_of_a_name_one_wins() {
    let project = project().await;
    project.app("a0", &[]).await;
    let bodies: Vec<_> = (1..=8).map(|count| stateless("web", &json!({"instanceNumber": count}))).collect();
    let answers = join_all(bodies.iter().map(|body| project.post_json("/apps/a0/microservices", body))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status.is_success());
    assert_eq!(won.len(), 1);
    for answer in lost {
        let problem = answer.json();
        assert!(
            ["ServiceExists", "OperationConflict"].contains(&problem["error"].as_str().unwrap()),
            "{answer:?}"
        );
    }
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!(web["instanceNumber"], won[0].ok()["instanceNumber"]);
}

#[tokio::test]
async fn two_services_of_an_app_are_deleted_at_once() {
    let project = project().await;
    project
        .app("a0", &[stateless("web", &json!({})), stateful("db", &json!({})), stateless("job", &json!({}))])
        .await;
    project.reaches("a0", "web", "running").await;
    project.reaches("a0", "db", "running").await;
    let deleted = [WEB, "/apps/a0/microservices/db"].map(|path| project.delete(path));
    for answer in join_all(deleted).await {
        answer.empty();
    }
    project.forgets("a0/web").await;
    project.forgets("a0/db").await;
    let app = project.item("a0").await.unwrap();
    assert_eq!(app["services"].as_n().unwrap(), "1", "the count of the app is right");
    let services = project.get("/apps/a0/microservices").await.ok();
    assert_eq!((services.as_array().unwrap().len(), &services[0]["name"]), (1, &json!("job")));
    let cluster = project.cluster().await;
    assert!(cluster.deployment("a0-web").await.is_none() && cluster.stateful_set("a0-db").await.is_none());
    assert!(cluster.deployment("a0-job").await.is_some());
}

#[tokio::test]
async fn an_app_deleted_while_its_services_are_goes_all_the_same() {
    let project = project().await;
    project.app("a0", &[stateless("web", &json!({})), stateless("job", &json!({}))]).await;
    project.reaches("a0", "web", "running").await;
    let answers = join_all([WEB, "/apps/a0"].map(|path| project.delete(path))).await;
    for answer in answers {
        assert!([200, 404, 409].contains(&answer.status.as_u16()), "{answer:?}");
    }
    eventually("the app is gone", async || {
        project.delete("/apps/a0").await;
        project.item("a0").await.map_or(Ok(()), |item| Err(format!("{item:?}")))
    })
    .await;
    project.forgets("a0/web").await;
    project.forgets("a0/job").await;
    assert_eq!(project.get("/apps").await.ok(), json!([]));
    assert_eq!(project.item("!").await.unwrap()["apps"].as_n().unwrap(), "0");
}

#[tokio::test]
async fn an_app_of_32_services_comes_up_as_a_whole_or_not_at_all() {
    let project = project().await;
    let mut services: Vec<_> = (0..32).map(|number| stateless(&format!("s{number}"), &json!({}))).collect();
    let good = services[31].clone();
    services[31] = stateless("s31", &json!({"containers": [{"image": "untagged"}]}));
    let refusal = project.post_json("/apps", &json!({"name": "a0", "microservices": services})).await;
    assert_eq!(refusal.invalid(), ["microservices[31].containers[0].image"]);
    project.get("/apps/a0").await.refused(404, "AppNotFound");
    assert!(project.item("a0/s0").await.is_none());

    services[31] = good;
    project.app("a0", &services).await;
    let running = |services: &Value| {
        services.as_array().unwrap().iter().filter(|service| service["status"]["phase"] == "running").count()
    };
    eventually("all of them run", async || {
        let services = project.get("/apps/a0/microservices").await.ok();
        let count = running(&services);
        if count == 32 { Ok(()) } else { Err(format!("{count} of {}", services.as_array().unwrap().len())) }
    })
    .await;
    let deployments = project.cluster().await.objects::<Deployment>();
    assert_eq!(deployments.list(&kube::api::ListParams::default()).await.unwrap().items.len(), 32);
}

#[tokio::test]
async fn many_apps_come_up_and_go_side_by_side() {
    let project = project().await;
    let names: Vec<_> = (0..8).map(|number| format!("a{number}")).collect();
    let services = [stateless("web", &json!({"ports": [{"port": 80, "protocol": "TCP"}]}))];
    let creations = join_all(names.iter().map(async |name| {
        let body = json!({"name": name, "microservices": services});
        // The project counts its apps, so that creations at the same moment may have to be tried again.
        eventually(&format!("{name} is created"), async || {
            let answer = project.post_json("/apps", &body).await;
            if accepted(std::slice::from_ref(&answer)) == 1 { Ok(()) } else { Err(answer.text) }
        })
        .await;
    }));
    creations.await;
    join_all(names.iter().map(|name| project.reaches(name, "web", "running"))).await;
    assert_eq!(project.item("!").await.unwrap()["apps"].as_n().unwrap(), "8");

    let deletions = names.iter().map(async |name| project.delete(&format!("/apps/{name}")).await);
    for answer in join_all(deletions).await {
        answer.empty();
    }
    eventually("the project has no apps", async || {
        let item = project.item("!").await.unwrap();
        if item["apps"].as_n().unwrap() == "0" { Ok(()) } else { Err(format!("{item:?}")) }
    })
    .await;
    let deployments = project.cluster().await.objects::<Deployment>();
    assert!(deployments.list(&kube::api::ListParams::default()).await.unwrap().items.is_empty());
}
