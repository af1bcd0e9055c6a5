//! What the routes of the console cost in calls to the table, the queue and the registry (performance §2).

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::ledger::is_of_console;
use crate::support::console::{SECTIONS, V1, V2};
use crate::support::{Calls, Ledger};

const QUERY: &[(&str, u32)] = &[("Query", 1)];
/// A change of what is there.
const CHANGE: &[(&str, u32)] = &[("Query", 1), ("SendMessage", 1), ("TransactWriteItems", 1)];
/// A change that the cluster has no part in.
const WRITE: &[(&str, u32)] = &[("Query", 1), ("TransactWriteItems", 1)];

/// Method, path below `/api/v1/`, body, status, and calls by operation.
type Row<'a> = (&'a str, &'a str, &'a str, u16, &'a [(&'a str, u32)]);

fn calls(cost: &[(&str, u32)]) -> Calls {
    cost.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect()
}

/// A ledger with the registered app `bare`, and `hello` deployed at its first version.
async fn world() -> Ledger {
    let ledger = Ledger::open().await;
    let yaml = format!("appname: hello\nbuild: {{base: a, script: [b]}}\n{SECTIONS}");
    ledger.images.put("hello", V1, &yaml);
    for (path, body) in [
        ("/api/v1/repos", json!({"appname": "hello"})),
        ("/api/v1/repos", json!({"appname": "bare"})),
        ("/api/v1/apps", json!({"appname": "hello"})),
    ] {
        let (reply, _) = ledger.console(Method::POST, path, &body.to_string()).await;
        assert!(reply.status < 300, "{reply:?}");
    }
    ledger.images.put("hello", V2, &yaml);
    ledger.images.take_asked();
    ledger
}

/// In an order in which each can be asked after those before it.
#[tokio::test]
async fn each_route_costs_what_its_row_says() {
    let ledger = world().await;
    let put = json!({"meta_version": V2}).to_string();
    let push = json!({"authors": ["a"], "commits": [{"id": "1", "message": "m"}]}).to_string();
    let yaml = format!("appname: bare\nbuild: {{base: a, script: [b]}}\n{SECTIONS}");
    let notifier = r#"{"notify_url":"http://x.invalid/"}"#;
    let rows: [Row<'_>; 33] = [
        ("GET", "repos", "", 200, QUERY),
        ("POST", "repos", r#"{"appname":"new"}"#, 201, WRITE),
        ("GET", "repos/hello", "", 200, QUERY),
        ("GET", "repos/hello/details", "", 200, QUERY),
        ("GET", "repos/hello/versions", "", 200, QUERY),
        ("GET", "repos/hello/roles", "", 200, QUERY),
        ("GET", "repos/hello/roles/bob", "", 200, &[]),
        ("GET", "repos/hello/maintainers", "", 403, &[]),
        ("GET", "oplogs/hello", "", 200, QUERY),
        ("GET", "authorize/status", "", 200, &[]),
        ("GET", "apps", "", 200, QUERY),
        ("GET", "apps/hello", "", 200, QUERY),
        ("GET", "apps/hello/procs", "", 200, QUERY),
        ("GET", "apps/hello/procs/web", "", 200, QUERY),
        ("GET", "apps/hello/procs/web/instance/1/histories", "", 200, QUERY),
        ("GET", "usedstreamrouterports", "", 200, QUERY),
        ("GET", "resources/hello/instances", "", 200, &[("Query", 2)]),
        ("PATCH", "apps/hello/procs/web", r#"{"cpu":1}"#, 202, CHANGE),
        ("PATCH", "apps/hello/procs/web", r#"{"operation":"stop"}"#, 202, CHANGE),
        ("DELETE", "apps/hello/procs/mailer", "", 202, CHANGE),
        ("POST", "apps/hello/procs", r#"{"procname":"mailer"}"#, 201, CHANGE),
        ("PUT", "apps/hello", &put, 202, CHANGE),
        ("PUT", "apps/bare/versions/1-a", &yaml, 202, CHANGE),
        ("DELETE", "apps/bare", "", 202, CHANGE),
        ("GET", "notify/imagepush", "", 200, QUERY),
        ("POST", "notify/imagepush", notifier, 200, &[("TransactWriteItems", 1)]),
        ("POST", "repos/hello/push", &push, 400, QUERY),
        ("DELETE", "notify/imagepush", notifier, 200, &[("TransactWriteItems", 1)]),
        ("DELETE", "apps/hello", "", 202, CHANGE),
        ("POST", "apps", r#"{"appname":"hello"}"#, 202, CHANGE),
        ("GET", "repos/nope", "", 404, QUERY),
        ("GET", "repos/no%20name", "", 404, &[]),
        ("POST", "repos", "{}", 400, &[]),
    ];
    for (method, path, body, status, cost) in rows {
        let (reply, spent) = ledger.console(method.parse().unwrap(), &format!("/api/v1/{path}"), body).await;
        assert_eq!((reply.status, &spent), (status, &calls(cost)), "{method} {path}: {reply:?}");
    }
}

/// What a deploy brings with it, and what is read with an app: one batch more, however many there are.
#[tokio::test]
async fn what_an_app_uses_costs_one_read_more() {
    const READ: &[(&str, u32)] = &[("BatchGetItem", 1), ("Query", 1)];
    let ledger = Ledger::open().await;
    let put = |app: &str, sections: &str| {
        let head = format!("appname: {app}\ngiturl: https://g.x/{app}\nbuild: {{base: a, script: [b]}}\n");
        ledger.images.put(app, "1-a", &(head + sections));
    };
    let service = "service.db:\n  cmd: x\n  port: 1\n  portal: {cmd: y, port: 1}\n";
    put("redis", &format!("apptype: resource\n{service}"));
    put("mysql", &format!("apptype: resource\n{service}"));
    let uses = "use_resources: {redis: {services: [db]}, mysql: {services: [db]}}\n";
    put("hello", &format!("worker:\n  cmd: x\n  ports: \"9506:80\"\n{uses}"));
    for app in ["redis", "mysql", "hello"] {
        let body = json!({"appname": app}).to_string();
        ledger.console(Method::POST, "/api/v1/repos", &body).await.0.is(201, "repos");
    }
    let push = json!({"authors": ["a"], "commits": [{"id": "1", "message": "m"}]}).to_string();
    let listeners = ["a", "b"].map(|name| format!(r#"{{"notify_url":"http://{name}.invalid/"}}"#));
    for listener in &listeners {
        ledger.console(Method::POST, "/api/v1/notify/imagepush", listener).await.0.is(200, "notify");
    }
    let deploy: &[(&str, u32)] =
        &[("BatchGetItem", 1), ("Query", 2), ("SendMessageBatch", 1), ("TransactWriteItems", 1)];
    let told: &[(&str, u32)] = &[("Query", 2), ("SendMessageBatch", 1), ("TransactWriteItems", 1)];
    let rows: [Row<'_>; 8] = [
        ("POST", "apps", r#"{"appname":"redis"}"#, 202, CHANGE),
        ("POST", "apps", r#"{"appname":"mysql"}"#, 202, CHANGE),
        ("POST", "apps", r#"{"appname":"hello"}"#, 202, deploy),
        ("GET", "apps/hello", "", 200, READ),
        ("GET", "apps/redis", "", 200, &[("Query", 2)]),
        ("GET", "resources/redis/instances", "", 200, &[("Query", 2)]),
        ("GET", "apps/resource.redis.hello/procs", "", 200, QUERY),
        ("POST", "repos/hello/push", &push, 200, told),
    ];
    for (method, path, body, status, cost) in rows {
        let (reply, spent) = ledger.console(method.parse().unwrap(), &format!("/api/v1/{path}"), body).await;
        assert_eq!((reply.status, &spent), (status, &calls(cost)), "{method} {path}: {reply:?}");
    }
}

/// A deploy asks the registry for tags, manifest and layer once each; a read asks for nothing.
#[tokio::test]
async fn a_deploy_asks_the_registry_three_times_and_a_read_never() {
    let ledger = world().await;
    for path in ["repos/hello", "repos/hello/details", "apps", "apps/hello", "apps/hello/procs"] {
        ledger.console(Method::GET, &format!("/api/v1/{path}"), "").await;
    }
    assert_eq!(ledger.images.take_asked(), Vec::<String>::new());
    ledger.console(Method::PUT, "/api/v1/apps/hello", "").await;
    let asked = ledger.images.take_asked();
    let kinds: Vec<_> = asked.iter().map(|path| path.split('/').nth(3).unwrap()).collect();
    assert_eq!(kinds, ["tags", "manifests", "blobs"]);
    ledger.console(Method::GET, "/api/v1/repos/hello/versions", "").await;
    assert_eq!(ledger.images.take_asked(), ["/v2/hello/tags/list"]);
}

/// However many apps there are: a list is a page, an app is itself.
#[tokio::test]
async fn nothing_grows_with_the_number_of_apps() {
    let ledger = world().await;
    for index in 0..30 {
        let body = json!({"appname": format!("app{index}")}).to_string();
        ledger.console(Method::POST, "/api/v1/repos", &body).await;
    }
    for path in ["repos", "apps", "apps/hello"] {
        let (_, spent) = ledger.console(Method::GET, &format!("/api/v1/{path}"), "").await;
        assert_eq!(spent, calls(QUERY), "{path}");
    }
}

/// Refusals at the gate are free.
#[tokio::test]
async fn a_page_of_another_origin_changes_nothing_and_costs_nothing() {
    let ledger = world().await;
    let routes = local::routes();
    for route in routes.table().iter().filter(|route| is_of_console(route) && route.access.is_mutation()) {
        let path = route.path.replace(['{', '}'], "");
        let request = Ledger::request(route.method.clone(), &path).header("origin", "https://evil.example");
        let request = request.body(axum::body::Body::from(r#"{"appname":"hello"}"#)).unwrap();
        let (reply, spent) = ledger.send_console(request).await;
        reply.refused(403, "maintainer");
        assert_eq!(spent, Calls::new(), "{} {path}", route.method);
    }
}

/// A lost race is run again, and told when it is lost too often.
#[tokio::test]
async fn a_change_that_meets_others_is_tried_ten_times() {
    let ledger = world().await;
    let scale = r#"{"num_instances":3}"#;
    ledger.conflict(9);
    let (reply, _) = ledger.console(Method::PATCH, "/api/v1/apps/hello/procs/web", scale).await;
    reply.is(202, "proc");
    ledger.conflict(10);
    let (reply, _) = ledger.console(Method::PATCH, "/api/v1/apps/hello/procs/web", scale).await;
    reply.refused(409, "proc");
    assert!(reply.headers.contains_key("retry-after"));
}

/// The newest wish wins, and none is lost or half done.
#[tokio::test]
async fn of_parallel_changes_of_an_app_none_is_refused() {
    let ledger = world().await;
    let path = "/api/v1/apps/hello/procs/web";
    let before = ledger.generation("hello").await;
    let bodies: Vec<_> = (1..=8).map(|count| json!({"num_instances": count}).to_string()).collect();
    let replies = join_all(bodies.iter().map(|body| ledger.console(Method::PATCH, path, body))).await;
    for (reply, _) in replies {
        reply.is(202, "proc");
    }
    assert_eq!(ledger.generation("hello").await, before + 8);
    let shown = ledger.console(Method::GET, path, "").await.0.is(200, "proc");
    assert!((1..=8).contains(&shown["numinstances"].as_u64().unwrap()), "{shown}");
}
