//! `lain-sso`, each route of the console and each mood of the SSO: the functions in process, on back ends of their own.

mod instances;
mod login;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use common::domain::region::Regions;
use common::http::{Access, Auth, Route};
use common::outbound::Password;
use common::sso::OAuthClient;
use serde_json::{Value, json};

use crate::ledger::is_of_console;
use crate::support::console::Reply;
use crate::support::{CLIENT, Ledger, Mood, Sso};

const GROUP: &str = "lainapp-lain-local-hello";

/// `hello` is registered, alice is its admin, bob a member, eve neither.
struct World {
    ledger: Ledger,
    sso: Sso,
}

impl World {
    async fn new() -> Self {
        let (mut ledger, sso) = (Ledger::open().await, Sso::start().await);
        let client = OAuthClient { id: CLIENT.0.to_owned(), secret: Password(CLIENT.1.to_owned()) };
        ledger.context.auth = Auth::LainSso(common::sso::Sso::new(&sso.url, Some(client)).unwrap());
        let world = Self { ledger, sso };
        world.ask("alice", "POST /repos/", &json!({"appname": "hello"})).await.is(201, "repos");
        world.sso.add(GROUP, "bob", "normal");
        world.sso.take_asked();
        world
    }

    /// Sends a request like `GET /repos/` as this user; `null` for no body.
    async fn ask(&self, user: &str, request: &str, body: &Value) -> Reply {
        self.ask_with(&[("access-token", user)], request, body).await
    }

    async fn ask_with(&self, headers: &[(&str, &str)], request: &str, body: &Value) -> Reply {
        let (method, path) = request.split_once(' ').unwrap();
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let mut built = Ledger::request(method.parse().unwrap(), &format!("/api/v1{path}"));
        for (name, value) in headers {
            built = built.header(*name, *value);
        }
        self.ledger.send_console(built.body(body).unwrap()).await.0
    }
}

/// The console's routes of these, as requests about this app; with the one that names its app in the body.
fn requests_about(app: &str, of_these: impl Fn(&Route) -> bool) -> Vec<String> {
    let routes = local::routes();
    let wanted = routes.table().iter().filter(|route| is_of_console(route) && route.path.contains("{app}"));
    let request = |route: &Route| {
        let path = route.path.strip_prefix("/api/v1").unwrap().replace("{app}", app);
        format!("{} {}/", route.method, path.replace(['{', '}'], ""))
    };
    wanted.filter(|route| of_these(route)).map(request).chain(["POST /apps/".to_owned()]).collect()
}

/// 26, but for what everybody may ask.
#[tokio::test]
async fn who_does_not_belong_to_an_app_is_refused_on_all_its_routes() {
    let world = World::new().await;
    let requests = requests_about("hello", |route| route.access != Access::SignedIn);
    assert!(requests.len() > 20, "{requests:?}");
    for request in requests {
        let reply = world.ask("eve", &request, &json!({"appname": "hello"})).await;
        reply.refused(403, "maintainer");
        assert_eq!(reply.json()["url"], "/api/v1/docs/", "{request}");
    }
}

/// 59, and the order of lain-spec 1.1: registered, member, in service, body.
#[tokio::test]
async fn in_maintenance_refusals_keep_their_order() {
    let mut world = World::new().await;
    let mut region = world.ledger.context.regions.first().as_ref().clone();
    region.enabled = false;
    world.ledger.context.regions = Arc::new(Regions::new(vec![region]).unwrap());
    let about = |app: &str| requests_about(app, |route| route.access == Access::Deploy);
    for request in about("nope") {
        world.ask("alice", &request, &json!({"appname": "nope"})).await.refused(404, "app");
    }
    for request in about("hello") {
        let body = json!({"appname": "hello"});
        world.ask("eve", &request, &body).await.refused(403, "maintainer");
        let reply = world.ask("alice", &request, &body).await;
        reply.refused(503, "app");
        assert_eq!(reply.json()["url"], "/api/v1/apps/", "{request}");
        assert_eq!(reply.headers["retry-after"], "60", "{request}");
    }
    for request in ["POST /apps/hello/procs/", "PATCH /apps/hello/procs/web/"] {
        world.ask("alice", request, &json!("no object")).await.refused(503, "app");
    }
    world.ask("alice", "POST /repos/", &json!({"appname": "more"})).await.is(201, "repos");
}

#[tokio::test]
async fn a_token_comes_under_three_names() {
    let world = World::new().await;
    for (headers, role) in [
        (vec![("access-token", "alice")], "admin"),
        (vec![("x-auth-token", "alice")], "admin"),
        (vec![("authorization", "Bearer alice")], "admin"),
        (vec![("authorization", "bearer alice")], "admin"),
        (vec![("access-token", "bob"), ("authorization", "Bearer alice")], "normal"),
    ] {
        let reply = world.ask_with(&headers, "GET /repos/hello/roles/", &Value::Null).await;
        assert_eq!(reply.is(200, "role"), json!({"role": role}), "{headers:?}");
    }
    for bad in ["alice", "Basic alice", "bearer", "Bearer "] {
        world.ask_with(&[("authorization", bad)], "GET /repos/", &Value::Null).await.refused(401, "app");
    }
}

/// A name that URLs take for a step leads neither to the group itself nor to another one.
#[tokio::test]
async fn no_name_leads_to_another_path_of_the_sso() {
    let world = World::new().await;
    for name in ["%2e%2e", "..", "%2e", "%2E%2E%2F%2E%2E", "bob%2F..%2F..", "bob%3Frole=admin", "%252e%252e"]
    {
        for (request, key) in [
            (format!("DELETE /repos/hello/maintainers/{name}/"), "maintainer"),
            (format!("GET /repos/hello/maintainers/{name}/"), "maintainer"),
            (format!("GET /repos/hello/roles/{name}/"), "role"),
        ] {
            world.ask("alice", &request, &Value::Null).await.refused(404, key);
        }
    }
    for name in ["..", ".", ""] {
        let body = json!({"username": name, "role": "admin"});
        world.ask("alice", "POST /repos/hello/maintainers/", &body).await.refused(404, "maintainer");
    }
    let below = format!("/api/groups/{}/members/", GROUP.replace('-', "%2D"));
    for asked in world.sso.take_asked() {
        let path = asked.split_once(' ').unwrap().1;
        let is_name = |name: &str| !name.is_empty() && !name.contains('/');
        assert!(path == "/api/me/" || path.strip_prefix(&below).is_some_and(is_name), "{asked}");
    }
}

/// 1.5: after whether there is such an app, and whether the caller belongs to it.
#[tokio::test]
async fn of_maintainers_a_method_that_there_is_not_comes_last() {
    let world = World::new().await;
    for request in [
        "PUT /repos/APP/maintainers/",
        "DELETE /repos/APP/maintainers/",
        "POST /repos/APP/maintainers/bob/",
        "PATCH /repos/APP/maintainers/bob/",
    ] {
        let about = |app: &str| request.replace("APP", app);
        world.ask("bad", &about("hello"), &Value::Null).await.refused(401, "app");
        world.ask("alice", &about("nope"), &Value::Null).await.refused(404, "app");
        world.ask("eve", &about("hello"), &Value::Null).await.refused(403, "maintainer");
        world.ask("alice", &about("hello"), &Value::Null).await.refused(405, "maintainer");
    }
}

/// lain-spec 4.2; nobody is led elsewhere, and nobody waits for long.
#[tokio::test]
async fn an_sso_that_does_not_answer_well_knows_nobody() {
    let world = World::new().await;
    for mood in [Mood::Failing("/me/"), Mood::Moved] {
        world.sso.set_mood(mood);
        world.ask("alice", "GET /apps/", &Value::Null).await.refused(401, "app");
    }
    assert_eq!(world.sso.take_asked(), ["GET /api/me/"; 2]);
    world.sso.set_mood(Mood::Silent);
    let start = Instant::now();
    world.ask("alice", "GET /apps/", &Value::Null).await.refused(401, "app");
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

/// lain-spec 1.3, 5 to 10: trouble behind us is not the caller's.
#[tokio::test]
async fn what_the_sso_fails_at_is_our_failure() {
    let world = World::new().await;
    world.sso.set_mood(Mood::Failing("/api/groups/"));
    let body = json!({"username": "eve", "role": "normal"});
    for (request, key) in [
        ("GET /repos/hello/roles/", "role"),
        ("GET /repos/hello/roles/bob/", "role"),
        ("GET /repos/hello/maintainers/", "maintainers"),
        ("POST /repos/hello/maintainers/", "maintainer"),
        ("GET /repos/hello/maintainers/bob/", "maintainer"),
        ("DELETE /repos/hello/maintainers/bob/", "maintainer"),
    ] {
        let reply = world.ask("alice", request, &body).await;
        reply.refused(500, key);
        assert!(!reply.text.contains("127.0.0.1"), "{reply:?}");
    }
}

/// What is no answer is believed in nothing.
#[tokio::test]
async fn an_answer_that_makes_no_sense_gives_nobody_a_role() {
    let world = World::new().await;
    for body in ["<html>", "[]", "{}", r#"{"role":1,"members":"all"}"#] {
        world.sso.set_mood(Mood::Saying("/api/groups/", body));
        for (request, key) in [
            ("GET /repos/hello/roles/eve/", "role"),
            ("GET /repos/hello/maintainers/eve/", "maintainer"),
            ("GET /repos/hello/maintainers/", "maintainers"),
        ] {
            world.ask("alice", request, &Value::Null).await.refused(500, key);
        }
    }
    for body in [r#"["alice",["lain"]]"#, r#"{"name":"","groups":["lain"]}"#, "null", "<html>"] {
        world.sso.set_mood(Mood::Saying("/api/me/", body));
        world.ask("alice", "GET /repos/hello/", &Value::Null).await.refused(401, "app");
    }
}

/// Groups have `-` for `.`: `resource-a-b` would have that of the instance `resource.a.b`.
#[tokio::test]
async fn no_app_takes_the_group_of_an_instance() {
    let world = World::new().await;
    let refusal =
        world.ask("eve", "POST /repos/", &json!({"appname": "resource-a-b"})).await.refused(400, "repo");
    assert!(refusal.contains("appname"), "{refusal}");
    world.ask("eve", "POST /repos/", &json!({"appname": "resources"})).await.is(201, "repos");
}

/// What is half done is done at the next try.
#[tokio::test]
async fn without_its_group_no_app_is_registered() {
    let world = World::new().await;
    let register = async |user: &str| world.ask(user, "POST /repos/", &json!({"appname": "new"})).await;
    for at in ["/api/groups/", "/group-members/"] {
        world.sso.set_mood(Mood::Failing(at));
        register("eve").await.refused(500, "repos");
        world.ask("eve", "GET /repos/new/", &Value::Null).await.refused(404, "app");
    }
    world.sso.set_mood(Mood::Well);
    register("alice").await.refused(500, "repos");
    register("eve").await.is(201, "repos");
}
