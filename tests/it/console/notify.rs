//! Notifiers, and what they are told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use common::domain::Timestamp;
use common::domain::console::notify::{Delivery, DeliveryId, DeliveryState};
use futures::future::join_all;
use local::push::archive;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::console::{V1, V2, console, pushed, running};
use crate::support::{Ledger, eventually};

const PATH: &str = "/notify/imagepush/";

/// A notifier: what it was told, and how often it refuses at first.
#[derive(Clone, Default)]
struct Listener {
    told: Arc<Mutex<Vec<(String, Value)>>>,
    refusals: Arc<Mutex<u32>>,
}

impl Listener {
    /// Starts to listen; gives the URL.
    async fn start(refusals: u32) -> (Self, String) {
        let listener = Self { refusals: Arc::new(Mutex::new(refusals)), ..Self::default() };
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", socket.local_addr().unwrap());
        let router = axum::Router::new().fallback(hear).with_state(listener.clone());
        tokio::spawn(async move { axum::serve(socket, router).await });
        (listener, url)
    }
}

async fn hear(State(listener): State<Listener>, request: Request) -> StatusCode {
    let id = request.headers()["webhook-id"].to_str().unwrap().to_owned();
    assert_eq!(request.headers()["content-type"], "application/json");
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    listener.told.lock().unwrap().push((id, serde_json::from_slice(&body).unwrap()));
    let mut refusals = listener.refusals.lock().unwrap();
    if *refusals == 0 {
        return StatusCode::OK;
    }
    *refusals -= 1;
    StatusCode::INTERNAL_SERVER_ERROR
}

/// 94, 96, 97, 99.
#[tokio::test]
async fn notifiers_are_registered_once_and_in_order() {
    let console = console();
    let (one, other) = ("http://one.invalid:3001/api/v1/imagepush", "http://other.invalid/");
    for url in [one, other, one] {
        assert_eq!(console.post(PATH, &json!({"notify_url": url})).await.is(200, "notify"), url);
    }
    let mine = |listed: Value| -> Vec<String> {
        let all = listed.as_array().unwrap().iter().map(|url| url.as_str().unwrap().to_owned());
        all.filter(|url| url.contains(".invalid")).collect()
    };
    assert_eq!(mine(console.get("/notify/imagepush").await.is(200, "notify")), [one, other]);
    let remove = async |url: &str| {
        console.send(Method::DELETE, PATH, Some(&json!({"notify_url": url}).to_string())).await
    };
    assert_eq!(remove(one).await.is(200, "notify"), one);
    remove(one).await.refused(400, "notify");
    remove(other).await.is(200, "notify");
    for body in [
        "",
        "x",
        "{}",
        "[]",
        r#"{"notify_url":["a"]}"#,
        r#"{"notify_url":"ftp://x"}"#,
        r#"{"notify_url":""}"#,
    ] {
        let refusal = console.send(Method::POST, PATH, Some(body)).await.refused(400, "notify");
        assert!(!body.contains("notify_url") || refusal.contains("notify_url"), "{body}: {refusal}");
        console.send(Method::DELETE, PATH, Some(body)).await.refused(400, "notify");
        console.send(Method::PUT, PATH, Some(body)).await.refused(400, "notify");
    }
    console.put(PATH, &json!({"notify_url": one})).await.refused(405, "api_notify");
    for method in [Method::GET, Method::POST, Method::DELETE, Method::PUT] {
        let body = json!({"notify_url": one}).to_string();
        let reply = console.send(method, "/notify/zzz/", Some(&body)).await;
        assert_eq!(reply.refused(400, "notify"), "");
        assert_eq!(reply.json()["url"], "/api/v1/notify/zzz/");
    }
}

/// However many ask at once; one that goes makes room, and one that is registered is registered still.
#[tokio::test]
async fn there_are_fifty_notifiers_at_most() {
    let ledger = Ledger::open().await;
    let body = |index: usize| json!({"notify_url": format!("http://n{index}.invalid/")}).to_string();
    let ask = async |method, index| ledger.console(method, "/api/v1/notify/imagepush", &body(index)).await.0;
    let (good, full): (Vec<_>, Vec<_>) =
        join_all((0..60).map(async |index| (index, ask(Method::POST, index).await)))
            .await
            .into_iter()
            .partition(|(_, reply)| reply.status == 200);
    assert_eq!(good.len(), 50);
    for (_, reply) in &full {
        assert!(reply.refused(400, "notify").contains("notify_url cannot be registered: there are 50"));
    }
    let (kept, gone, refused) = (good[0].0, good[1].0, full[0].0);
    ask(Method::POST, kept).await.is(200, "notify");
    ask(Method::DELETE, refused).await.refused(400, "notify");
    ask(Method::POST, refused).await.refused(400, "notify");
    ask(Method::DELETE, gone).await.is(200, "notify");
    ask(Method::POST, refused).await.is(200, "notify");
    ask(Method::POST, gone).await.refused(400, "notify");
}

/// 104 and 3.7: each notifier is told until it has heard, always under the same id.
#[tokio::test]
async fn a_pushed_image_is_told_to_every_notifier_until_it_hears() {
    let app = running("push").await;
    let (deaf, deaf_url) = Listener::start(2).await;
    let (other, other_url) = Listener::start(0).await;
    for url in [&deaf_url, &other_url] {
        app.console.post(PATH, &json!({"notify_url": url})).await.is(200, "notify");
    }
    let body = json!({"authors": ["a@x.com"], "commits": [{"id": "0123456", "message": "m"}]});
    let reply = app.console.post(&app.repo("push/"), &body).await;
    assert_eq!(reply.refused(200, "image_push"), "ok");
    let mine = |listener: &Listener| -> Vec<(String, Value)> {
        let told = listener.told.lock().unwrap();
        told.iter().filter(|(_, event)| event["appname"] == app.name.as_str()).cloned().collect()
    };
    let told = eventually("all have heard", async || {
        let (deaf, other) = (mine(&deaf), mine(&other));
        if deaf.len() == 3 && other.len() == 1 { Ok(deaf) } else { Err(format!("{deaf:?} {other:?}")) }
    })
    .await;
    assert!(told.iter().all(|(id, _)| *id == told[0].0), "{told:?}");
    assert_ne!(told[0].0, mine(&other)[0].0);
    assert_eq!(
        told[0].1,
        json!({
            "appname": app.name, "authors": ["a@x.com"], "commits": [{"id": "0123456", "message": "m"}],
            "operator": "unknown", "lastid": &V1[11..], "nextid": &V2[11..],
            "giturl": format!("https://gitlab.x.com/t/{}", app.name),
        })
    );
    assert_eq!(app.view().await["metaversion"], V1, "a push deploys nothing");
    for url in [deaf_url, other_url] {
        let body = json!({"notify_url": url}).to_string();
        app.console.send(Method::DELETE, PATH, Some(&body)).await.is(200, "notify");
    }
}

/// Messages come twice: of two at once one is a try, and the next try has its time.
#[tokio::test]
async fn tries_of_a_delivery_neither_overlap_nor_come_early() {
    let ledger = Ledger::open().await;
    let store = &ledger.context.store;
    let now = Timestamp::UNIX_EPOCH;
    let at = |seconds: u64| now.checked_add(Duration::from_secs(seconds)).unwrap();
    let url = "http://x.invalid/".parse().unwrap();
    let id = DeliveryId::new("xq".parse().unwrap(), &url, now, "1");
    let body = "{}".to_owned();
    let first = Delivery { id: id.clone(), url, body, state: DeliveryState::Queued, tries: 0 };
    store.enqueue(std::slice::from_ref(&first), 60).await.unwrap();
    let begin = async |read: &Delivery, seconds: u64| {
        store.begin_try(read, at(seconds), at(seconds + 10), 60).await.unwrap()
    };
    assert!(begin(&first, 1).await);
    assert!(!begin(&first, 1).await, "it was read before the first try began");
    let second = store.delivery(&id).await.unwrap().unwrap();
    assert!(!begin(&second, 5).await, "the first try goes on");
    assert!(store.end_try(&second, DeliveryState::Queued, "busy", Some((at(30), 60))).await.unwrap());
    assert!(!begin(&second, 29).await);
    assert!(begin(&second, 30).await);
}

/// 101, 102 and the other refusals of a push.
#[tokio::test]
async fn a_push_that_says_nothing_new_is_refused() {
    let app = running("nopush").await;
    let push = async |body: &str| app.console.send(Method::POST, &app.repo("push/"), Some(body)).await;
    for (body, words) in [
        (r#"{"authors":[],"commits":[]}"#, "nothing changed"),
        (r#"{"authors":["a"],"commits":[]}"#, "nothing changed"),
        (r#"{"authors":"a","commits":[]}"#, "authors must be a list"),
        (r#"{"authors":["a",1],"commits":[{"id":"1","message":"m"}]}"#, "authors[1] must be"),
        (r#"{"authors":["a"],"commits":["1"]}"#, "commits[0] must have"),
        (r#"{"authors":["a"],"commits":[{"id":1,"message":"m"}]}"#, "commits[0] must have"),
        ("", "authors is needed"),
        ("garbage", "authors is needed"),
        ("{}", "authors is needed"),
    ] {
        let refusal = push(body).await.refused(400, "image_push");
        assert!(refusal.contains(words), "{body}: {refusal}");
    }
    let long = json!({"authors": ["a"], "commits": [{"id": "1", "message": "x".repeat(65 * 1024)}]});
    assert!(push(&long.to_string()).await.refused(400, "image_push").contains("more than 64 KiB"));
    let good = r#"{"authors":["a"],"commits":[{"id":"1","message":"m"}]}"#;
    app.push_text("1435900002-a", &app.yaml("worker: {}\n").replace("/t/", "/evil/")).await;
    assert!(push(good).await.refused(400, "image_push").contains("another repository"));

    let bad = app.yaml("worker: {cpu: many}\n");
    for (version, text, words) in [
        ("1435900003-a", "a: [", "no good lain.yaml"),
        ("1435900004-a", bad.as_str(), "worker.cpu"),
        ("1435900005-a", "", "no good lain.yaml"),
    ] {
        app.push_text(version, text).await;
        let refusal = push(good).await.refused(400, "image_push");
        assert!(refusal.contains(words), "{text}: {refusal}");
    }

    let fresh = pushed("nopush").await;
    let push = async || fresh.console.send(Method::POST, &fresh.repo("push/"), Some(good)).await;
    assert!(push().await.refused(400, "image_push").contains("bound to no repository"));
    let bare = console().registered("nopush").await;
    let push = async || bare.console.send(Method::POST, &bare.repo("push/"), Some(good)).await;
    push().await.refused(404, "image_push");
    bare.push_tag("latest").await;
    push().await.refused(500, "image_push");
}

#[tokio::test]
async fn a_push_whose_file_cannot_be_read_tells_nobody() {
    let ledger = Ledger::open().await;
    let file = "appname: hello\ngiturl: https://g.x/hello\nbuild: {base: a, script: [b]}\nworker: {cmd: x}\n";
    ledger.images.put("hello", "1-a", file);
    let send = async |path: &str, body: &Value| {
        ledger.console(Method::POST, &format!("/api/v1/{path}"), &body.to_string()).await
    };
    send("repos", &json!({"appname": "hello"})).await.0.is(201, "repos");
    send("apps", &json!({"appname": "hello"})).await.0.is(202, "app");
    send("notify/imagepush", &json!({"notify_url": "http://x.invalid/"})).await.0.is(200, "notify");
    let push = json!({"authors": ["a"], "commits": [{"id": "1", "message": "m"}]});
    ledger.images.put("hello", "2-a", "appname: [");
    let outside = archive("README", file).unwrap();
    for (layer, words) in [
        (None, "the newest version has no good lain.yaml"),
        (Some(b"x".as_slice()), "cannot be read"),
        (Some(outside.as_slice()), "has no file lain.yaml"),
    ] {
        if let Some(layer) = layer {
            ledger.images.image("hello", "meta-2-a", layer, None, None);
        }
        let (reply, calls) = send("repos/hello/push", &push).await;
        let refusal = reply.refused(400, "image_push");
        assert!(refusal.contains(words), "{words}: {refusal}");
        assert_eq!(calls, [("Query".to_owned(), 1)].into(), "nothing is on its way");
    }
}
