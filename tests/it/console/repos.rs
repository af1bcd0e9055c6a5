//! Registered apps, and what every answer of the console is.

use reqwest::Method;
use serde_json::json;

use crate::support::console::{V1, V2, console, pushed, running};

/// 1, 2, 6, 11, 12: with and without `api` and the last slash, whatever the type of the body.
#[tokio::test]
async fn an_app_is_registered_once_under_every_spelling_of_the_paths() {
    let console = console();
    let app = console.fresh("reg");
    let body = json!({"appname": app.name}).to_string();
    let reply = console.send(Method::POST, "/repos", Some(&body)).await;
    let repo = json!({"appname": app.name, "url": format!("/api/v1/repos/{}/", app.name)});
    assert_eq!(reply.is(201, "repos"), repo);
    assert_eq!(reply.json()["url"], repo["url"]);
    let again = console.send(Method::POST, "/repos/", Some(&body)).await;
    assert!(again.refused(409, "repos").contains("already"));
    for path in ["//v1/repos/", "//v1/repos", "//api/v1/repos/"] {
        let repos = console.get(path).await.is(200, "repos");
        assert!(repos.as_array().unwrap().contains(&repo), "{path}: {repos}");
    }
    for path in [format!("//v1/repos/{}/", app.name), format!("//api/v1/repos/{}", app.name)] {
        assert_eq!(console.get(&path).await.is(200, "repo"), repo);
    }
}

/// 4, Q9.
#[tokio::test]
async fn what_names_no_app_is_refused() {
    let long = format!(r#"{{"appname":"{}"}}"#, "a".repeat(129));
    for body in [
        "not json",
        "{}",
        "[1]",
        "",
        r#"{"appname":1}"#,
        r#"{"appname":""}"#,
        r#"{"appname":"a b"}"#,
        r#"{"appname":"-a"}"#,
        r#"{"appname":"resource"}"#,
        r#"{"appname":"resource.redis.hello"}"#,
        &long,
    ] {
        let reply = console().send(Method::POST, "/repos/", Some(body)).await;
        reply.refused(400, "repo");
        assert_eq!(reply.json()["url"], "/api/v1/docs/", "{body}");
        assert_eq!(reply.headers["x-slipway-code"], "InvalidArgument", "{body}");
    }
}

/// 9, 37, 39 and the others that ask for an app.
#[tokio::test]
async fn an_app_that_is_not_registered_is_404_everywhere() {
    let console = console();
    let expected = "app with appname nope not exist, has not been reposited yet";
    for (method, path) in [
        (Method::GET, "/repos/nope/"),
        (Method::GET, "/repos/nope/details/"),
        (Method::GET, "/repos/nope/roles/"),
        (Method::GET, "/repos/nope/versions/"),
        (Method::POST, "/repos/nope/push/"),
        (Method::GET, "/apps/nope/"),
        (Method::PUT, "/apps/nope/"),
        (Method::DELETE, "/apps/nope/"),
        (Method::PUT, "/apps/nope/versions/1-a/"),
        (Method::GET, "/apps/nope/procs/"),
        (Method::POST, "/apps/nope/procs/"),
        (Method::GET, "/apps/nope/procs/web/"),
        (Method::PATCH, "/apps/nope/procs/web/"),
        (Method::DELETE, "/apps/nope/procs/web/"),
        (Method::GET, "/resources/nope/instances/"),
    ] {
        let reply = console.send(method.clone(), path, None).await;
        assert!(reply.refused(404, "app").starts_with(expected), "{method} {path}: {reply:?}");
        assert_eq!(reply.json()["url"], "/api/v1/repos/");
    }
    let reply = console.post("/apps/", &json!({"appname": "nope"})).await;
    assert!(reply.refused(404, "app").starts_with(expected));
    let odd = console.get("/repos/no%20such/").await;
    assert!(odd.refused(404, "app").starts_with("app with appname no such not exist"));
}

/// 14.
#[tokio::test]
async fn pages_of_other_origins_may_ask_what_is_allowed() {
    for path in ["/apps/hello/", "/nowhere", "//v1/repos/"] {
        let reply = console().send(Method::OPTIONS, path, None).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, ""));
        for (name, value) in [
            ("content-type", "text/plain"),
            ("access-control-allow-methods", "DELETE, GET, PATCH, POST, PUT"),
            ("access-control-allow-headers", "access-token, content-type"),
            ("access-control-max-age", "86400"),
        ] {
            assert_eq!(reply.headers[name], value, "{path}");
        }
    }
}

/// 16, 17, 107.
#[tokio::test]
async fn details_and_versions_are_told() {
    let app = running("details").await;
    let detail = app.console.get(&app.repo("details/")).await.is(200, "detail");
    let giturl = format!("https://gitlab.x.com/t/{}", app.name);
    assert_eq!(
        (detail["giturl"].as_str(), detail["meta_version"].as_str()),
        (Some(giturl.as_str()), Some(V1))
    );
    app.push_tag("meta-x-y").await;
    let version = app.console.get(&app.repo("versions")).await.is(200, "version");
    assert_eq!(version["tags"], json!([V2, V1]));
    let fresh = app.console.registered("details").await;
    let detail = fresh.console.get(&fresh.repo("details/")).await.is(200, "detail");
    assert_eq!((detail["giturl"].as_str(), detail["meta_version"].as_str()), (Some(""), Some("")));
    fresh.console.get(&fresh.repo("versions/")).await.refused(404, "version");
}

/// 19, 21, 22 and B6: without an SSO everybody is an admin, and nobody is a maintainer.
#[tokio::test]
async fn without_an_sso_there_are_roles_and_no_maintainers() {
    let app = console().registered("roles").await;
    let console = &app.console;
    for path in ["roles/", "roles/anybody/"] {
        assert_eq!(console.get(&app.repo(path)).await.is(200, "role"), json!({"role": "admin"}));
    }
    let at_user = app.repo("maintainers/bob/");
    for (method, path) in [
        (Method::GET, app.repo("maintainers/")),
        (Method::POST, app.repo("maintainers/")),
        (Method::PUT, app.repo("maintainers/")),
        (Method::GET, at_user.clone()),
        (Method::DELETE, at_user.clone()),
        (Method::PATCH, at_user),
        (Method::GET, "/repos/nope/maintainers/".to_owned()),
    ] {
        console.send(method, &path, None).await.refused(403, "maintainer");
    }
    let status = console.get("/authorize/status/").await.is(200, "auth");
    assert_eq!(status, json!({"status": "closed"}));
    console.get("/authorize/").await.refused(400, "auth");
    console.get("/authorize/?code=x").await.refused(401, "auth");
}

/// 1.5, 99.
#[tokio::test]
async fn a_method_that_there_is_not_is_405_under_the_endpoints_key() {
    let console = console();
    for (path, key) in [
        ("/repos/", "repos"),
        ("/repos/a/", "repo"),
        ("/repos/a/details/", "details"),
        ("/repos/a/versions/", "version"),
        ("/repos/a/roles/", "role"),
        ("/repos/a/roles/b/", "role"),
        ("/repos/a/push/", "image_push"),
        ("/apps/", "apps"),
        ("/apps/a/", "app"),
        ("/apps/a/procs/", "procs"),
        ("/apps/a/procs/b/", "proc"),
        ("/apps/a/procs/b/instance/1/histories/", "proc history"),
        ("/resources/a/instances/", "resource"),
        ("/usedstreamrouterports", "streamrouter"),
        ("/authorize/status/", "auth"),
    ] {
        let method = if path == "/apps/a/procs/b/" { Method::PUT } else { Method::PATCH };
        assert!(
            console.send(method.clone(), path, None).await.refused(405, key).contains(method.as_str()),
            "{path}"
        );
    }
    let head = console.send(Method::HEAD, "/repos/", None).await;
    assert_eq!(head.status, 405);
    let unknown = console.get("/zzz/").await;
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.json().as_object().unwrap().keys().collect::<Vec<_>>(), ["msg", "url"]);
}

/// 106.
#[tokio::test]
async fn the_oplog_is_a_text_that_holds_a_list() {
    let app = running("oplog").await;
    app.console.put(&app.at(""), &json!({"meta_version": V2})).await.is(202, "app");
    let text = app.console.get(&format!("/oplogs/{}/", app.name)).await.is(200, "oplog");
    let entries: serde_json::Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    let told: Vec<_> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (entry["fields"]["op"].as_str().unwrap(), entry["fields"]["app_version"].as_str().unwrap())
        })
        .collect();
    assert_eq!(told, [("UPDATE", V2), ("DEPLOY", V1), ("REPOSIT", "")]);
    assert_eq!(entries[0]["fields"]["user"], "unknown");
    assert_eq!(entries[0]["model"], "oplog.oplog");
    let none = app.console.get("/oplogs/nope/").await.is(200, "oplog");
    assert_eq!(none, "[]");
}

/// The registry's repository of an app that is not deployed is asked for its versions too.
#[tokio::test]
async fn versions_need_no_deploy() {
    let app = pushed("versions").await;
    let version = app.console.get(&app.repo("versions/")).await.is(200, "version");
    assert_eq!(version["tags"], json!([V2, V1]));
    assert_eq!(version["appname"], app.name);
}
