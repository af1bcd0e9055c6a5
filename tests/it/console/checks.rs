//! What a deploy is checked for before anything is stored, and what its answer warns of: the functions in process, on back
//! ends of their own.

mod images;

use serde_json::{Value, json};

use crate::support::Ledger;
use crate::support::console::Reply;

const REDIS: &str = "service.redis:\n  cmd: x\n  port: 6379\n  num_instances: \"{{ n|default(2) }}\"\n  \
     portal: {cmd: y, port: 6379}\n";

/// The console on an empty table, and a registry.
struct Desk(Ledger);

impl Desk {
    async fn new() -> Self {
        Self(Ledger::open().await)
    }

    /// Sends a request like `GET /repos/`; `null` for no body.
    async fn ask(&self, request: &str, body: Value) -> Reply {
        let (method, path) = request.split_once(' ').unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.0.console(method.parse().unwrap(), &format!("/api/v1{path}"), &body).await.0
    }

    /// Gives the registry a version of an app.
    fn put(&self, app: &str, version: &str, sections: &str) {
        let yaml = format!("appname: {app}\nbuild: {{base: a, script: [b]}}\n{sections}");
        self.0.images.put(app, version, &yaml);
    }

    async fn register(&self, app: &str) {
        self.ask("POST /repos/", json!({"appname": app})).await.is(201, "repos");
    }

    /// Asks for the first deploy of an app.
    async fn create(&self, app: &str) -> Reply {
        self.ask("POST /apps/", json!({"appname": app})).await
    }

    /// Registers and deploys an app at this version.
    async fn deployed(&self, app: &str, version: &str, sections: &str) -> Reply {
        self.put(app, version, sections);
        self.register(app).await;
        let reply = self.create(app).await;
        reply.is(202, "app");
        reply
    }

    async fn update(&self, app: &str) -> Reply {
        self.ask(&format!("PUT /apps/{app}/"), Value::Null).await
    }

    /// The resource `redis`, and `cli` that uses it: F4.
    async fn with_resource() -> Self {
        let desk = Self::new().await;
        desk.deployed("redis", "1-a", &format!("apptype: resource\n{REDIS}")).await;
        desk.deployed("cli", "1-a", "worker:\n  cmd: x\nuse_resources: {redis: {services: []}}\n").await;
        desk
    }
}

fn message(reply: &Reply) -> String {
    reply.json()["msg"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_asks_for_one_instance_at_least_and_for_what_the_region_allows_at_most() {
    let desk = Desk::new().await;
    let limit = desk.0.context.regions.first().max_instances.get();
    desk.register("many").await;
    for (version, number) in [("1-a", 0), ("2-a", limit + 1)] {
        desk.put("many", version, &format!("worker:\n  cmd: x\n  num_instances: {number}\n"));
        let refusal = desk.create("many").await.refused(406, "app");
        assert!(refusal.contains("num_instances"), "{number}: {refusal}");
        desk.ask("GET /apps/many/", Value::Null).await.refused(404, "app");
    }
    desk.put("many", "3-a", &format!("worker:\n  cmd: x\n  num_instances: {limit}\n"));
    desk.create("many").await.is(202, "app");
}

#[tokio::test]
async fn one_deploy_asks_for_a_port_of_the_edge_once() {
    let desk = Desk::new().await;
    desk.deployed("redis", "1-a", &format!("apptype: resource\n{REDIS}  ports: \"9506:80\"\n")).await;
    desk.register("cli").await;
    let uses = "worker:\n  cmd: x\n  ports: \"9506:80\"\nuse_resources: {redis: {services: []}}\n";
    desk.put("cli", "1-a", uses);
    let refusal = desk.create("cli").await.refused(406, "app");
    assert!(refusal.contains("9506 is asked for twice"), "{refusal}");
    assert_eq!(desk.ask("GET /usedstreamrouterports", Value::Null).await.is(200, "streamrouter"), json!([]));
}

/// A port of a removed proc may be another app's by now: that is said, and not that somebody changes the app.
#[tokio::test]
async fn a_proc_does_not_come_back_without_its_port() {
    let desk = Desk::new().await;
    let sections = "worker:\n  cmd: x\n  ports: \"9508:80\"\n";
    desk.deployed("first", "1-a", sections).await;
    desk.ask("DELETE /apps/first/procs/worker/", Value::Null).await.is(202, "proc");
    desk.deployed("second", "1-a", sections).await;
    let back = async || desk.ask("POST /apps/first/procs/", json!({"procname": "worker"})).await;
    assert!(back().await.refused(406, "proc").contains("9508 is in use by app second"));
    desk.ask("DELETE /apps/second/", Value::Null).await.is(202, "app");
    back().await.is(201, "proc");
}

/// Its own services are as they are to be, also at the first deploy.
#[tokio::test]
async fn an_app_may_use_itself() {
    let desk = Desk::new().await;
    let sections = |service: &str| {
        format!(
            "service.echo:\n  cmd: a\n  port: 7\n  portal: {{cmd: p, port: 8}}\nportal.far:\n  service_name: far\n  \
             cmd: p\n  port: 9\nuse_services: {{me: [{service}]}}\n"
        )
    };
    desk.register("me").await;
    desk.put("me", "1-a", &sections("echo"));
    let refusal = desk.create("me").await.refused(406, "app");
    assert!(refusal.contains("both be called echo"), "{refusal}");
    desk.put("me", "2-a", &sections("far"));
    let reply = desk.create("me").await;
    assert_eq!(reply.is(202, "app")["useservices"][0]["service"]["portals"][0]["procname"], "far");
    assert_eq!(message(&reply), "");
}

/// B4, 3.2: an instance is made anew from its resource, with all that a deploy is checked for.
#[tokio::test]
async fn an_update_of_an_instance_is_checked_like_any_other() {
    let desk = Desk::with_resource().await;
    desk.deployed("holder", "1-a", "worker:\n  cmd: x\n  ports: \"9507:80\"\n").await;
    desk.0.images.put("redis", "2-a", "appname: other\napptype: resource\nbuild: {base: a, script: [b]}\n");
    desk.put("redis", "3-a", "worker:\n  cmd: x\n");
    desk.put("redis", "4-a", &format!("apptype: resource\n{REDIS}  secret_files: [/key]\n"));
    desk.put("redis", "5-a", &format!("apptype: resource\n{REDIS}  ports: \"9507:80\"\n"));
    desk.put("redis", "6-a", &format!("apptype: resource\n{REDIS}"));
    let put = async |version: &str| {
        desk.ask("PUT /apps/resource.redis.cli/", json!({"meta_version": version})).await
    };
    for (version, words) in [
        ("2-a", "other"),
        ("3-a", "is no resource"),
        ("4-a", "/key"),
        ("5-a", "9507 is in use by app holder"),
    ] {
        let refusal = put(version).await.refused(406, "app");
        assert!(refusal.contains(words), "{version}: {refusal}");
        let shown = desk.ask("GET /apps/resource.redis.cli/", Value::Null).await.is(200, "app");
        assert_eq!(shown["metaversion"], "1-a");
    }
    put("7-a").await.is(400, "app");
    assert_eq!(put("6-a").await.is(202, "app")["metaversion"], "6-a");
    let file = json!("appname: redis\n");
    desk.ask("PUT /apps/resource.redis.cli/versions/8-a/", file).await.refused(406, "app");
}

/// 3.2: the client brings back what somebody undeployed by itself.
#[tokio::test]
async fn an_instance_that_was_undeployed_comes_back_with_its_client() {
    let desk = Desk::with_resource().await;
    let instances = async || {
        desk.ask("GET /resources/redis/instances/", Value::Null)
            .await
            .is(200, "instances")
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(instances().await, 1);
    desk.ask("DELETE /apps/resource.redis.cli/", Value::Null).await.is(202, "app");
    assert_eq!(instances().await, 0);
    desk.update("cli").await.is(202, "app");
    assert_eq!(instances().await, 1);
}

/// 84: there is nothing of them to change.
#[tokio::test]
async fn the_procs_of_a_resource_are_looked_at_and_not_changed() {
    let desk = Desk::with_resource().await;
    let path = "/apps/redis/procs/redis/";
    let shown = desk.ask(&format!("GET {path}"), Value::Null).await.is(200, "proc");
    assert_eq!((&shown["numinstances"], &shown["pods"]), (&json!("{{ n|default(2) }}"), &json!([])));
    for (method, body) in
        [("DELETE", Value::Null), ("PATCH", json!({"cpu": 1})), ("PATCH", json!({"operation": "stop"}))]
    {
        let reply = desk.ask(&format!("{method} {path}"), body).await;
        assert_eq!(reply.is(400, "proc")["procname"], "redis", "{method}");
    }
    for method in ["GET", "DELETE"] {
        desk.ask(&format!("{method} /apps/redis/procs/zzz/"), Value::Null).await.refused(404, "proc");
    }
}

/// 87: registered is not deployed.
#[tokio::test]
async fn a_resource_that_is_only_registered_is_missing() {
    let desk = Desk::new().await;
    desk.register("redis").await;
    desk.register("cli").await;
    desk.put("cli", "1-a", "worker:\n  cmd: x\nuse_resources: {redis: {services: []}}\n");
    let refusal = desk.create("cli").await.refused(406, "app");
    assert!(refusal.contains("redis"), "{refusal}");
    desk.ask("GET /apps/cli/", Value::Null).await.refused(404, "app");
}

/// B16, Q14 and 89: a client sees the portals that it uses; what others rest on goes after a word of it.
#[tokio::test]
async fn portals_that_are_not_there_and_portals_that_go_are_told() {
    let desk = Desk::new().await;
    let portal =
        |name: &str| format!("portal.portal-{name}:\n  service_name: {name}\n  cmd: x\n  port: 80\n");
    let sections = format!("web:\n  cmd: x\n{}{}", portal("ip"), portal("geo"));
    desk.deployed("ipsvc", "1-a", &sections).await;
    let uses = |names: &str| format!("worker:\n  cmd: x\nuse_services: {{ipsvc: [{names}]}}\n");
    let reply = desk.deployed("ipcli", "1-a", &uses("ip, zzz")).await;
    assert!(message(&reply).contains("ipsvc has no service zzz"), "{reply:?}");
    desk.deployed("other", "1-a", &uses("geo")).await;
    let shown = desk.ask("GET /apps/ipcli/", Value::Null).await.is(200, "app");
    let service = &shown["useservices"][0]["service"];
    let portals: Vec<_> =
        service["portals"].as_array().unwrap().iter().map(|each| &each["procname"]).collect();
    assert_eq!(portals, ["portal-ip"]);
    assert_eq!(service["useservices"], json!([]));
    assert_eq!(shown["useservices"][0]["serviceprocs"], json!(["portal-ip", null]));

    desk.put("ipsvc", "2-a", &format!("web:\n  cmd: x\n{}", portal("geo")));
    let reply = desk.update("ipsvc").await;
    assert!(reply.status == 202 && message(&reply).contains("the portals of ip go"), "{reply:?}");
    assert!(message(&reply).contains("ipcli"), "{reply:?}");
    let reply = desk.ask("DELETE /apps/ipsvc/", Value::Null).await;
    assert!(reply.status == 202 && message(&reply).contains("the portals of geo go"), "{reply:?}");
}

/// What has no room in an item of the table is no failure of ours.
#[tokio::test]
async fn a_file_that_says_more_than_can_be_kept_is_refused() {
    let desk = Desk::new().await;
    desk.register("big").await;
    let procs = (0..201).map(|index| format!("worker.a{index}: {{}}\n")).collect::<Vec<_>>().concat();
    let env = format!("worker:\n  env: [\"A={}\"]\n", "x".repeat(210 * 1024));
    let text = format!("# {}\nworker:\n  env: [\"A={}\"]\n", "c".repeat(85 * 1024), "x".repeat(165 * 1024));
    let ports = (0..110).map(|port| format!("worker.a{port}: {{ports: \"{}:80\"}}\n", 9500 + port));
    let ports = ports.collect::<Vec<_>>().concat();
    let giturl = format!("giturl: https://g.x/{}\nworker: {{}}\n", "x".repeat(185 * 1024));
    for (version, sections, words) in [
        ("1-a", procs.as_str(), "at most 200 procs"),
        ("2-a", &env, "more than there is room for"),
        ("2-b", &text, "more to keep than there is room for"),
        ("2-c", &ports, "100 can be"),
        ("2-d", &giturl, "more than there is room for"),
    ] {
        desk.put("big", version, sections);
        let refusal = desk.create("big").await.refused(406, "app");
        assert!(refusal.contains(words), "{refusal}");
        desk.ask("GET /apps/big/", Value::Null).await.refused(404, "app");
    }
    let (procs, _) = procs.rsplit_once("worker.a200").unwrap();
    desk.put("big", "3-a", procs);
    desk.create("big").await.is(202, "app");
    let resource = format!("apptype: resource\n{REDIS}  env: [\"A={}\"]\n", "x".repeat(80 * 1024));
    desk.deployed("large", "1-a", &resource).await;
}

/// The gateway's event of the README's sample.
#[tokio::test]
async fn the_sample_event_registers_an_app() {
    let event: Value = serde_json::from_str(include_str!("../../../events/post-repo.json")).unwrap();
    let http = &event["requestContext"]["http"];
    let (method, path) = (http["method"].as_str().unwrap(), event["rawPath"].as_str().unwrap());
    let desk = Desk::new().await;
    let body = event["body"].as_str().unwrap();
    desk.0.console(method.parse().unwrap(), path, body).await.0.is(201, "repos");
}

/// 49.
#[tokio::test]
async fn a_list_takes_any_query() {
    let desk = Desk::with_resource().await;
    let list = async |query: &str| desk.ask(&format!("GET /apps/{query}"), Value::Null).await.is(200, "apps");
    assert_eq!(list("?foo=1").await, list("").await);
    assert_eq!(list("?foo=1").await.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_user_that_has_no_number_is_warned_of() {
    let desk = Desk::new().await;
    let sections = "worker:\n  cmd: x\n  user: www\nworker.b:\n  cmd: x\n  user: '1000'\n";
    let reply = desk.deployed("hello", "1-a", sections).await;
    let expected = "users are taken as numbers only, and these count for nothing: www of worker";
    assert_eq!(reply.json()["msg"], expected, "{reply:?}");
}
