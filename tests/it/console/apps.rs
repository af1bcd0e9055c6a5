//! Deployed apps, one and all.

use serde_json::{Value, json};

use crate::support::console::{V1, console, pushed, running};
use crate::support::{Functions, Table, eventually, string};

/// Where the table has the apps of the region `xq`.
const PARTITION: &str = "A#xq";

fn names(apps: &Value) -> Vec<String> {
    apps.as_array().unwrap().iter().map(|app| app["appname"].as_str().unwrap().to_owned()).collect()
}

/// 47, 49.
#[tokio::test]
async fn apps_are_listed_by_their_type() {
    let app = running("listed").await;
    let registered = app.console.registered("listed").await;
    for (query, is_listed) in [
        ("", true),
        ("?foo=1", true),
        ("?apptype=app", true),
        ("?apptype=service", false),
        ("?apptype=zzz", false),
        ("?a=b&apptype=app", true),
    ] {
        let listed = names(&app.console.get(&format!("/apps/{query}")).await.is(200, "apps"));
        assert_eq!(listed.contains(&app.name), is_listed, "{query}");
        assert!(!listed.contains(&registered.name), "{query}");
    }
    let zzz = app.console.get("/apps/?apptype=zzz").await.is(200, "apps");
    assert_eq!(zzz, json!([]));
}

/// 1.2: the view of an app, whole.
#[tokio::test]
async fn an_app_is_shown_with_all_its_members() {
    let app = console().registered("whole").await;
    let sections =
        "web:\n  cmd: ./hello\n  port: 8080\n  memory: 64m\n  env: [A=1]\n  user: '1000'\n  workdir: /srv\n";
    app.push(V1, sections).await;
    app.deploy().await;
    let mut shown = app.is_ready().await;
    let registry = crate::support::endpoints().registry.clone().unwrap();
    let text = shown.to_string().replace(&app.name, "hello").replace(&registry, "registry");
    shown = serde_json::from_str(&text).unwrap();
    shown["updatetime"] = json!("[time]");
    let pod = &mut shown["procs"][0]["pods"][0];
    for member in ["containerid", "containername", "containerip", "nodeip", "uptime"] {
        assert!(pod[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {pod}");
        pod[member] = json!(format!("[{member}]"));
    }
    insta::assert_json_snapshot!(shown);
}

/// 59.
#[tokio::test]
async fn in_maintenance_what_runs_is_looked_at_and_not_changed() {
    let app = running("maintained").await;
    let functions = Functions::with_region(|region| region.enabled = false);
    let at = |below: &str| format!("/api/v1/apps/{}{below}", app.name);
    let body = json!({"appname": app.name, "procname": "web", "cpu": 1});
    for (method, path) in [
        ("POST", "/api/v1/apps/".to_owned()),
        ("PUT", at("/")),
        ("DELETE", at("/")),
        ("POST", at("/procs/")),
        ("PATCH", at("/procs/web/")),
        ("DELETE", at("/procs/web/")),
    ] {
        let reply = functions.console(method, &path, &body).await;
        reply.refused(503, "app");
        assert_eq!(reply.json()["url"], "/api/v1/apps/", "{method} {path}");
        assert!(reply.headers.contains_key("retry-after"));
    }
    for path in ["/api/v1/apps/".to_owned(), at("/"), at("/procs/")] {
        assert_eq!(functions.console("GET", &path, &Value::Null).await.status, 200, "{path}");
    }
    functions.console("DELETE", "/api/v1/apps/nope/", &body).await.refused(404, "app");
}

/// 3.9: what the cluster refuses or cannot run is told, so that nobody waits for ever.
#[tokio::test]
async fn what_goes_wrong_in_the_cluster_is_the_apps_deploy_error() {
    for (image, words) in
        [("fault.invalid/image-pull:1", "ImagePullBackOff"), ("fault.invalid/crash:1", "CrashLoopBackOff")]
    {
        let app = console().registered("broken").await;
        app.push(V1, &format!("worker:\n  image: {image}\n  cmd: x\n")).await;
        app.deploy().await;
        let shown = app.until("its error is told", |app| app["deployerror"] != "").await;
        assert!(shown["deployerror"].as_str().unwrap().contains(words), "{shown}");
        assert_eq!(shown["procs"][0]["lasterror"], shown["deployerror"]);
        app.push("2435893486-a", "worker:\n  cmd: x\n").await;
        let accepted = app.console.put(&app.at(""), &json!({})).await.is(202, "app");
        assert_eq!(accepted["deployerror"], "", "a new deploy is under way");
        let mended = app.is_ready().await;
        assert_eq!(mended["deployerror"], "");
    }
}

/// B9: what the table has wrong of one app takes no other with it.
#[tokio::test]
async fn a_list_leaves_out_the_app_whose_record_cannot_be_read() {
    let (app, other) = (pushed("torn").await, pushed("torn").await);
    app.deploy().await;
    other.deploy().await;
    let table = Table::shared();
    let listed = async || names(&app.console.get("/apps/").await.is(200, "apps"));
    let seen = format!("{}!", app.name);
    eventually("it is seen", async || {
        let item = table.item((PARTITION.to_owned(), seen.as_str())).await.ok_or("no status")?;
        if item.contains_key("observation") { Ok(()) } else { Err("no observation") }
    })
    .await;
    table.set((PARTITION.to_owned(), &seen), "observation", string("{")).await;
    assert!(listed().await.contains(&app.name), "only what was seen of it is not known");
    let deployment = table.text((PARTITION.to_owned(), &app.name), "deployment").await;
    table.set((PARTITION.to_owned(), &app.name), "deployment", string("{")).await;
    let without = listed().await;
    app.console.get(&app.at("")).await.refused(500, "app");
    table.set((PARTITION.to_owned(), &app.name), "deployment", string(&deployment)).await;
    assert!(!without.contains(&app.name) && without.contains(&other.name), "{without:?}");
    assert!(listed().await.contains(&app.name));
}

/// B9: what one app has wrong is no other's matter.
#[tokio::test]
async fn somebody_elses_namespace_is_left_alone_and_told() {
    let app = console().registered("foreign").await;
    let cluster = app.cluster().await;
    let namespace = json!({"metadata": {"name": format!("lain-{}", app.name), "labels": {"team": "theirs"}}});
    let namespaces = kube::Api::<k8s_openapi::api::core::v1::Namespace>::all(cluster.client.clone());
    let namespace = serde_json::from_value(namespace).unwrap();
    namespaces.create(&kube::api::PostParams::default(), &namespace).await.unwrap();
    app.push(V1, "worker:\n  cmd: x\n").await;
    app.deploy().await;
    let shown = app.until("the conflict is told", |app| app["deployerror"] != "").await;
    assert!(shown["deployerror"].as_str().unwrap().contains("belongs to somebody else"), "{shown}");
    assert_eq!(shown["deploystate"], "failed");
    assert!(cluster.deployment("worker").await.is_none());
    eventually("all apps are listed", async || {
        let apps = app.console.get("/apps/").await.is(200, "apps");
        if names(&apps).contains(&app.name) { Ok(()) } else { Err("not it") }
    })
    .await;
}
