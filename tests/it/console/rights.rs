//! `lain-sso`: who may do what (lain-spec §4). The fixture is FA: alice is an admin of the app, bob a member, eve neither.

use common::http::{Access, Auth};
use reqwest::Method;
use serde_json::{Value, json};

use crate::ledger::is_of_console;
use crate::support::console::{App, SECTIONS, V1};
use crate::support::{Functions, Mood, Sso};

/// The functions with an SSO of their own, and an app that runs.
struct World {
    functions: Functions,
    sso: Sso,
    app: App,
}

impl World {
    async fn new() -> Self {
        let sso = Sso::start().await;
        let functions = Functions::with(|settings| {
            settings.auth = Auth::LainSso(common::sso::Sso::new(&sso.url, None).unwrap());
        });
        let app = crate::support::console::console().registered("fa").await;
        app.push(V1, SECTIONS).await;
        app.deploy().await;
        let group = format!("lainapp-lain-local-{}", app.name);
        sso.add(&group, "alice", "admin");
        sso.add(&group, "bob", "");
        Self { functions, sso, app }
    }

    async fn ask(
        &self,
        user: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> crate::support::console::Reply {
        let path = format!("/api/v1{}", path.replace("hello", &self.app.name));
        self.functions.console_as(user, method.as_str(), &path, body).await
    }

    async fn get(&self, user: &str, path: &str) -> crate::support::console::Reply {
        self.ask(user, Method::GET, path, &Value::Null).await
    }
}

/// 24, 26, 27 and the body of POST /apps/, which comes before all.
#[tokio::test]
async fn who_calls_comes_first_then_the_app_then_the_membership() {
    let world = World::new().await;
    for user in ["", "bad"] {
        for path in ["/apps/", "/apps/hello/", "/apps/nope/", "/repos/", "/repos/hello/roles/"] {
            world.get(user, path).await.refused(401, "app");
        }
    }
    world.get("eve", "/apps/nope/").await.refused(404, "app");
    world.get("eve", "/apps/hello/").await.refused(403, "maintainer");
    let body = json!({"appname": world.app.name});
    world.ask("eve", Method::PUT, "/apps/hello/", &body).await.refused(403, "maintainer");
    world.ask("eve", Method::POST, "/apps/", &body).await.refused(403, "maintainer");
    for bad in [json!({}), json!({"appname": 1}), json!([1])] {
        world.ask("bad", Method::POST, "/apps/", &bad).await.refused(400, "app");
    }
    world.ask("bad", Method::POST, "/apps/", &body).await.refused(401, "app");
    for user in ["alice", "bob"] {
        world.get(user, "/apps/hello/").await.is(200, "app");
        let apps = world.get(user, "/apps/").await.is(200, "apps");
        assert_eq!(apps.as_array().unwrap().len(), 1, "only their own: {apps}");
        let repos = world.get(user, "/repos/").await.is(200, "repos");
        assert_eq!(repos.as_array().unwrap().len(), 1, "{repos}");
    }
    assert_eq!(world.get("eve", "/apps/").await.is(200, "apps"), json!([]));
    assert_eq!(world.get("", "/authorize/status/").await.is(200, "auth"), json!({"status": "opened"}));
}

/// 29, 31, 32, 34, Q10: roles and maintainers, which take effect at once.
#[tokio::test]
async fn maintainers_are_the_members_of_the_group() {
    let world = World::new().await;
    let at = "/repos/hello/maintainers/";
    assert_eq!(world.get("alice", "/repos/hello/roles/").await.is(200, "role"), json!({"role": "admin"}));
    assert_eq!(world.get("bob", "/repos/hello/roles/").await.is(200, "role"), json!({"role": "normal"}));
    let refusal = world.get("alice", "/repos/hello/roles/eve/").await.refused(404, "role");
    assert!(refusal.starts_with(&format!("user eve does not exist in the app {}", world.app.name)));
    let all = world.get("bob", at).await.is(200, "maintainers");
    let told: Vec<_> =
        all.as_array().unwrap().iter().map(|each| (&each["username"], &each["role"])).collect();
    assert_eq!(told, [(&json!("alice"), &json!("admin")), (&json!("bob"), &json!("normal"))]);
    let bob = world.get("alice", &format!("{at}bob/")).await.is(200, "maintainer");
    assert_eq!((&bob["username"], &bob["role"]), (&json!("bob"), &json!("normal")));
    world.get("alice", &format!("{at}eve/")).await.refused(404, "maintainer");

    let eve = json!({"username": "eve", "role": "normal"});
    world.ask("bob", Method::POST, at, &eve).await.refused(403, "maintainer");
    for bad in [json!({}), json!({"username": "eve"}), json!({"username": "eve", "role": "king"}), json!([])]
    {
        world.ask("alice", Method::POST, at, &bad).await.refused(400, "maintainers");
    }
    let unknown = json!({"username": "nobody", "role": "normal"});
    world.ask("alice", Method::POST, at, &unknown).await.refused(404, "maintainer");
    world.get("eve", "/apps/hello/").await.refused(403, "maintainer");
    for _ in 0..2 {
        let added = world.ask("alice", Method::POST, at, &eve).await;
        assert_eq!(added.is(200, "maintainer")["role"], "normal");
    }
    world.get("eve", "/apps/hello/").await.is(200, "app");
    world.ask("eve", Method::DELETE, &format!("{at}bob/"), &Value::Null).await.refused(403, "maintainer");
    for _ in 0..2 {
        let removed = world.ask("alice", Method::DELETE, &format!("{at}eve/"), &Value::Null).await;
        assert_eq!((removed.status, removed.text.as_str()), (204, ""));
    }
    world.get("eve", "/apps/hello/").await.refused(403, "maintainer");
    world.ask("eve", Method::PUT, at, &Value::Null).await.refused(403, "maintainer");
    world.ask("alice", Method::PUT, at, &Value::Null).await.refused(405, "maintainer");
}

/// 36: who registers an app is its admin, and so is the group `lain`.
#[tokio::test]
async fn who_registers_an_app_is_its_admin() {
    let world = World::new().await;
    let name = world.app.console.fresh("new").name;
    let body = json!({"appname": name});
    world.ask("eve", Method::POST, "/repos/", &body).await.is(201, "repos");
    for user in ["eve", "root"] {
        let role = world.get(user, &format!("/repos/{name}/roles/")).await.is(200, "role");
        assert_eq!(role, json!({"role": "admin"}), "{user}");
    }
    world.get("bob", &format!("/repos/{name}/")).await.refused(403, "maintainer");
    world.ask("bob", Method::POST, "/repos/", &body).await.refused(409, "repos");
    // A group of that name that is somebody else's: the SSO refuses, and nothing is registered.
    let taken = world.app.console.fresh("taken").name;
    world.sso.add(&format!("lainapp-lain-local-{taken}"), "bob", "admin");
    world.ask("eve", Method::POST, "/repos/", &json!({"appname": taken})).await.refused(500, "repos");
    world.get("bob", &format!("/repos/{taken}/")).await.refused(404, "app");
}

/// 4.5: what changes something for all is for the group `lain`.
#[tokio::test]
async fn notifiers_are_the_admins_to_change() {
    let world = World::new().await;
    let (path, body) = ("/notify/imagepush/", json!({"notify_url": "http://rights.invalid/"}));
    world.ask("", Method::POST, path, &body).await.refused(401, "app");
    for method in [Method::POST, Method::DELETE] {
        world.ask("alice", method, path, &body).await.refused(403, "maintainer");
    }
    world.ask("root", Method::POST, path, &body).await.is(200, "notify");
    world.ask("root", Method::DELETE, path, &body).await.is(200, "notify");
    world.get("", path).await.is(200, "notify");
    for path in ["/oplogs/hello/", "/usedstreamrouterports", "/repos/hello/roles/bob/"] {
        world.get("", path).await.refused(401, "app");
    }
}

/// 4.2: an SSO that does not answer knows nobody.
#[tokio::test]
async fn while_the_sso_is_down_nobody_is_known() {
    let world = World::new().await;
    world.sso.set_mood(Mood::Failing("/"));
    world.get("alice", "/apps/hello/").await.refused(401, "app");
    world.sso.set_mood(Mood::Well);
    world.get("alice", "/apps/hello/").await.is(200, "app");
    let elsewhere = Functions::with(|settings| {
        settings.auth = Auth::LainSso(common::sso::Sso::new("http://127.0.0.1:9", None).unwrap());
    });
    elsewhere.console_as("alice", "GET", "/api/v1/apps/", &Value::Null).await.refused(401, "app");
}

/// The SSO knows nobody of the other dialect.
#[tokio::test]
async fn the_other_dialect_answers_nobody() {
    let world = World::new().await;
    for route in crate::ledger::routes().iter().filter(|route| route.access != Access::Public) {
        let path = route.path.replace("{region}", "xq").replace(['{', '}'], "");
        world.functions.run(route.method.clone(), &path, None).await.refused(401, "Unauthenticated");
    }
}

/// Every route of the console that is not for everybody asks who calls.
#[tokio::test]
async fn without_a_token_only_what_is_public_is_told() {
    let world = World::new().await;
    let routes = local::routes();
    let of_console =
        routes.table().iter().filter(|route| is_of_console(route) && route.access != Access::Public);
    let mut asked = 0;
    for route in of_console {
        let path = route.path.replace(['{', '}'], "");
        let body = json!({"appname": "a", "notify_url": "http://x"});
        let reply = world.functions.console_as("", route.method.as_str(), &path, &body).await;
        reply.refused(401, "app");
        asked += 1;
    }
    assert!(asked > 30, "{asked}");
}
