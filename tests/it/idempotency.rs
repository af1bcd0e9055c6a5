//! Idempotency keys (kirk-spec 1.6, kirk-cases I).

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Project, eventually, project, stateless};

const SERVICES: &str = "/apps/a0/microservices";
const WEB: &str = "/apps/a0/microservices/web";

/// Sends a request under a key.
async fn keyed(project: &Project, method: Method, below: &str, key: &str, body: Option<&Value>) -> Answer {
    let mut request = project.api.request(method, &project.at(below)).header("idempotency-key", key);
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    project.api.send(request).await
}

async fn with_app(services: &[Value]) -> Project {
    let project = project().await;
    project.app("a0", services).await;
    project
}

#[track_caller]
fn is_replay_of(replay: &Answer, first: &Answer) {
    assert_eq!((replay.status, &replay.text), (first.status, &first.text));
    assert_eq!(replay.header("content-type"), first.header("content-type"));
    assert_eq!(
        (first.header("idempotent-replayed"), replay.header("idempotent-replayed")),
        (None, Some("true"))
    );
}

async fn names(project: &Project) -> Vec<Value> {
    let services = project.get(SERVICES).await.ok();
    services.as_array().unwrap().iter().map(|service| service["name"].clone()).collect()
}

#[tokio::test]
async fn a_create_under_one_key_makes_one_service() {
    let project = with_app(&[]).await;
    let body = stateless("web", &json!({}));
    let first = keyed(&project, Method::POST, SERVICES, "k1", Some(&body)).await;
    first.ok();
    is_replay_of(&keyed(&project, Method::POST, SERVICES, "k1", Some(&body)).await, &first);

    // The answer stays what it was, whatever has happened since.
    project.reaches("a0", "web", "running").await;
    project.put(&format!("{WEB}/scale/3")).await.empty();
    is_replay_of(&keyed(&project, Method::POST, SERVICES, "k1", Some(&body)).await, &first);
    assert_eq!(project.get(WEB).await.ok()["instanceNumber"], 3);
    project.delete(WEB).await.empty();
    is_replay_of(&keyed(&project, Method::POST, SERVICES, "k1", Some(&body)).await, &first);
    project.get(WEB).await.refused(404, "ServiceNotFound");
}

#[tokio::test]
async fn a_key_with_another_body_is_refused() {
    let project = with_app(&[]).await;
    keyed(&project, Method::POST, SERVICES, "k1", Some(&stateless("web", &json!({})))).await.ok();
    for other in [stateless("web", &json!({"instanceNumber": 2})), stateless("other", &json!({}))] {
        keyed(&project, Method::POST, SERVICES, "k1", Some(&other)).await.refused(409, "IdempotencyConflict");
    }
    assert_eq!(names(&project).await, ["web"]);
    // A body that is wrong by itself is told so.
    let wrong = stateless("Bad", &json!({}));
    assert_eq!(keyed(&project, Method::POST, SERVICES, "k1", Some(&wrong)).await.invalid(), ["name"]);
}

#[tokio::test]
async fn without_a_key_a_second_create_finds_the_first() {
    let project = with_app(&[stateless("web", &json!({}))]).await;
    project.post_json(SERVICES, &stateless("web", &json!({}))).await.refused(409, "ServiceExists");
    let other = keyed(&project, Method::POST, SERVICES, "k1", Some(&stateless("web", &json!({})))).await;
    other.refused(409, "ServiceExists");
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let project = project().await;
    let body = stateless("web", &json!({}));
    keyed(&project, Method::POST, SERVICES, "k1", Some(&body)).await.refused(404, "AppNotFound");
    project.app("a0", &[]).await;
    let first = keyed(&project, Method::POST, SERVICES, "k1", Some(&body)).await;
    first.ok();
    is_replay_of(&keyed(&project, Method::POST, SERVICES, "k1", Some(&body)).await, &first);
}

#[tokio::test]
async fn a_change_under_one_key_is_made_once() {
    let project = with_app(&[stateless("web", &json!({}))]).await;
    let scale = format!("{WEB}/scale/2");
    let first = keyed(&project, Method::PUT, &scale, "k1", None).await;
    first.empty();
    project.put(&format!("{WEB}/scale/5")).await.empty();
    let generation = project.generation("a0", "web").await;
    is_replay_of(&keyed(&project, Method::PUT, &scale, "k1", None).await, &first);
    assert_eq!(
        (project.get(WEB).await.ok()["instanceNumber"].clone(), project.generation("a0", "web").await),
        (json!(5), generation)
    );

    let upgrade = format!("{WEB}/upgrade");
    let body = json!({"containers": [{"image": "nginx:2"}]});
    let first = keyed(&project, Method::PUT, &upgrade, "k1", Some(&body)).await;
    assert_eq!(first.ok()["containers"][0]["image"], "nginx:2");
    project.put_json(&upgrade, &json!({"containers": [{"image": "nginx:3"}]})).await.ok();
    is_replay_of(&keyed(&project, Method::PUT, &upgrade, "k1", Some(&body)).await, &first);
    assert_eq!(project.get(WEB).await.ok()["containers"][0]["image"], "nginx:3");
    let revisions = project.get(&format!("{WEB}/revisions")).await.ok();
    assert_eq!(revisions.as_array().unwrap().len(), 3);
    let other = json!({"resourceSpec": "2U4G"});
    keyed(&project, Method::PUT, &upgrade, "k1", Some(&other)).await.refused(409, "IdempotencyConflict");
}

#[tokio::test]
async fn what_changes_nothing_is_kept_too() {
    let project = with_app(&[stateless("web", &json!({}))]).await;
    let start = format!("{WEB}/start");
    let first = keyed(&project, Method::PUT, &start, "k1", None).await;
    first.empty();
    project.put(&format!("{WEB}/stop")).await.empty();
    is_replay_of(&keyed(&project, Method::PUT, &start, "k1", None).await, &first);
    project.reaches("a0", "web", "stopped").await;
}

#[tokio::test]
async fn a_delete_under_one_key_does_not_delete_the_next_of_the_name() {
    let project = with_app(&[stateless("web", &json!({}))]).await;
    let first = keyed(&project, Method::DELETE, WEB, "k1", None).await;
    first.empty();
    is_replay_of(&keyed(&project, Method::DELETE, WEB, "k1", None).await, &first);
    eventually("the name is free", async || {
        let answer = project.post_json(SERVICES, &stateless("web", &json!({}))).await;
        if answer.status.is_success() { Ok(()) } else { Err(answer.text) }
    })
    .await;
    is_replay_of(&keyed(&project, Method::DELETE, WEB, "k1", None).await, &first);
    project.reaches("a0", "web", "running").await;
    keyed(&project, Method::DELETE, WEB, "k2", None).await.empty();
    project.get(WEB).await.refused(404, "ServiceNotFound");
}

#[tokio::test]
async fn an_app_is_created_and_deleted_once_under_its_keys() {
    let project = project().await;
    let body = json!({"name": "a0", "microservices": [stateless("web", &json!({}))]});
    let created = keyed(&project, Method::POST, "/apps", "k1", Some(&body)).await;
    created.ok();
    is_replay_of(&keyed(&project, Method::POST, "/apps", "k1", Some(&body)).await, &created);
    let deleted = keyed(&project, Method::DELETE, "/apps/a0", "k1", None).await;
    deleted.empty();
    is_replay_of(&keyed(&project, Method::DELETE, "/apps/a0", "k1", None).await, &deleted);
    is_replay_of(&keyed(&project, Method::POST, "/apps", "k1", Some(&body)).await, &created);
    assert_eq!(project.get("/apps").await.ok(), json!([]));
}

#[tokio::test]
async fn a_key_stands_for_one_method_and_path_only() {
    let project = with_app(&[]).await;
    project.app("a1", &[]).await;
    let body = stateless("web", &json!({}));
    for services in [SERVICES, "/apps/a1/microservices"] {
        let answer = keyed(&project, Method::POST, services, "k1", Some(&body)).await;
        answer.ok();
        assert_eq!(answer.header("idempotent-replayed"), None);
    }
    for action in ["stop", "start", "scale/2", "scale/3"] {
        let answer = keyed(&project, Method::PUT, &format!("{WEB}/{action}"), "k1", None).await;
        answer.empty();
        assert_eq!(answer.header("idempotent-replayed"), None, "{action}");
    }
    assert_eq!(project.get(WEB).await.ok()["instanceNumber"], 3);
    let other = self::project().await;
    other.app("a0", &[]).await;
    assert_eq!(
        keyed(&other, Method::POST, SERVICES, "k1", Some(&body)).await.header("idempotent-replayed"),
        None
    );
}

#[tokio::test]
async fn a_key_is_1_to_128_visible_characters() {
    let project = with_app(&[]).await;
    for bad in ["", "a b", "tab\there", &"k".repeat(129)] {
        let answer = keyed(&project, Method::POST, SERVICES, bad, Some(&stateless("web", &json!({})))).await;
        assert_eq!(answer.invalid(), ["Idempotency-Key"], "{bad:?}");
    }
    assert!(names(&project).await.is_empty());
    for (service, good) in [("one", "!"), ("two", &"~".repeat(128) as &str)] {
        keyed(&project, Method::POST, SERVICES, good, Some(&stateless(service, &json!({})))).await.ok();
    }
    assert_eq!(names(&project).await, ["one", "two"]);
}

#[tokio::test]
async fn sixteen_creates_at_once_under_one_key_are_one() {
    let project = with_app(&[]).await;
    let body = stateless("web", &json!({"instanceNumber": 2}));
    let answers = join_all((0..16).map(|_| keyed(&project, Method::POST, SERVICES, "k1", Some(&body)))).await;
    let first = answers[0].ok();
    for answer in &answers {
        assert_eq!((answer.ok(), &answer.text), (first.clone(), &answers[0].text));
    }
    let made = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_none()).count();
    assert_eq!((made, names(&project).await), (1, vec![json!("web")]));
    assert_eq!(project.generation("a0", "web").await, 1);
    project.reaches("a0", "web", "running").await;
}
