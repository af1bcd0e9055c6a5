//! Paths, methods and the order of what is checked before any content (kirk-cases A, kirk-spec 1.1, 1.4).

use std::collections::{BTreeMap, BTreeSet};

use common::http::{Access, Auth};
use reqwest::Method;
use serde_json::json;

use crate::ledger::routes;
use crate::support::{Answer, Functions, Project, api, project, stateless};

/// A route's path in this project, at things that do not exist.
fn filled(route: &str, project: &Project) -> String {
    [
        ("{region}", "xq"),
        ("{project}", project.name.as_str()),
        ("{app}", "none"),
        ("{service}", "none"),
        ("{count}", "2"),
        ("{revision}", "1"),
    ]
    .iter()
    .fold(route.to_owned(), |path, (parameter, name)| path.replace(parameter, name))
}

async fn send(method: &Method, path: &str) -> Answer {
    let api = api();
    api.send(api.request(method.clone(), path)).await
}

/// Status and word: what an answer says, whatever it was asked by.
fn said(answer: &Answer) -> (u16, String) {
    let word =
        if answer.status.is_success() { "" } else { &answer.json()["error"].as_str().unwrap().to_owned() };
    (answer.status.as_u16(), word.to_owned())
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let project = project().await;
    project.app("a0", &[stateless("web", &json!({}))]).await;
    for path in [
        "/apps/a0/microservices/web/restart",
        "/apps/a0/microservices/web/scale",
        "/apps/a0/microservices/web/scale/",
        "/apps/a0/microservices/web/scale/2/3",
        "/apps/a0/microservices/web/revisions/1",
        "/apps/a0/microservices/web/instanceNumber/2",
        "/apps/a0//web",
        "/apps/a0/microservices//stop",
        "//apps",
        "/apps//",
        "/Apps",
        "/apps%2Fa0",
    ] {
        for method in [Method::GET, Method::PUT] {
            send(&method, &project.at(path)).await.refused(404, "PathNotFound");
        }
    }
    for path in
        ["/", "/nowhere", "/regions", "/regions/xq/v1", "/regions/xq/v2/resourcespecs", "/v1", "//v1/regions"]
    {
        api().get(path).await.refused(404, "PathNotFound");
    }
}

#[tokio::test]
async fn each_path_may_end_with_one_slash() {
    let project = project().await;
    for route in routes() {
        let path = filled(route.path, &project);
        let plain = send(&route.method, &path).await;
        assert_ne!(said(&plain).1, "PathNotFound", "{plain:?}");
        let slash = send(&route.method, &format!("{path}/")).await;
        assert_eq!(said(&slash), said(&plain), "{slash:?}");
        send(&route.method, &format!("{path}//")).await.refused(404, "PathNotFound");
    }
}

#[tokio::test]
async fn a_known_path_names_its_methods_when_asked_with_another() {
    let project = project().await;
    let mut methods: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for route in routes() {
        let of_path = methods.entry(route.path).or_default();
        of_path.insert(route.method.to_string());
        if route.method == Method::GET {
            of_path.insert("HEAD".to_owned());
        }
    }
    for (path, allowed) in methods {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            if allowed.contains(method) {
                continue;
            }
            let answer = send(&method.parse().unwrap(), &filled(path, &project)).await;
            answer.refused(405, "MethodNotAllowed");
            let allow = answer.header("allow").unwrap_or_else(|| panic!("no Allow: {answer:?}"));
            let allow: BTreeSet<String> = allow.split(',').map(|method| method.trim().to_owned()).collect();
            assert_eq!(allow, allowed, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let project = project().await;
    project.app("a0", &[]).await;
    for (path, status) in [
        ("", 200),
        ("/apps", 200),
        ("/apps/a0", 200),
        ("/apps/none", 404),
        ("/apps/a0/microservices/web/stop", 405),
    ] {
        let answer = send(&Method::HEAD, &project.at(path)).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (status, ""), "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{answer:?}");
    }
}

#[tokio::test]
async fn each_segment_is_decoded_once() {
    let project = project().await;
    project.app("a0", &[]).await;
    let path = format!("/%72egions/%78q/v%31/projects/%74{}/%61pps/a%30", &project.name[1..]);
    assert_eq!(api().get(&path).await.ok()["name"], "a0");
    for name in ["a%2F0", "a%2f0", "a%2530", "a%ff", "a%zz", "a%00", "%20a0", "a0%20", "a0%2F", "A0", "a0;x"]
    {
        project.get(&format!("/apps/{name}")).await.refused(404, "AppNotFound");
    }
    api().get(&format!("{}%2Fapps", project.path)).await.refused(404, "SpaceNotFound");
    let functions = Functions::with(|_| ());
    for name in ["..", ".", "%2e%2e"] {
        functions.get(&project.at(&format!("/apps/{name}"))).await.refused(404, "AppNotFound");
    }
}

#[tokio::test]
async fn query_strings_are_ignored() {
    let project = project().await;
    project.app("a0", &[]).await;
    assert_eq!(project.get("/apps/a0?name=a1&x=/y").await.ok()["name"], "a0");
    assert_eq!(project.get("/apps/?page=2").await.ok().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn names_that_cannot_exist_are_not_found_where_they_stand() {
    let project = project().await;
    project.app("a0", &[]).await;
    for name in ["Bad_Name", "default", "kube-system", "-p", "p.q", &"p".repeat(31)] {
        let path = format!("/regions/xq/v1/projects/{name}");
        for path in [path.clone(), format!("{path}/apps"), format!("{path}/apps/a0/microservices/web")] {
            api().get(&path).await.refused(404, "SpaceNotFound");
        }
        let app = json!({"name": "a1"});
        api().post_json(&format!("{path}/apps"), &app).await.refused(404, "SpaceNotFound");
    }
    for method in [Method::GET, Method::DELETE] {
        send(&method, &project.at("/apps/Bad_Name")).await.refused(404, "AppNotFound");
        send(&method, &project.at("/apps/Bad_Name/microservices/web")).await.refused(404, "AppNotFound");
        send(&method, &project.at("/apps/a0/microservices/Web_")).await.refused(404, "ServiceNotFound");
    }
}

/// kirk-spec 1.4: route and method, then the caller.
#[tokio::test]
async fn without_access_every_route_but_the_health_check_is_refused() {
    let project = project().await;
    let functions = Functions::with(|settings| settings.auth = Auth::Closed);
    for route in routes() {
        let answer = functions.run(route.method.clone(), &filled(route.path, &project), None).await;
        if route.access == Access::Public {
            answer.ok();
        } else {
            answer.refused(401, "Unauthenticated");
        }
    }
    functions.get("/regions/mars/v1/projects/p/apps").await.refused(401, "Unauthenticated");
    functions.get("/nowhere").await.refused(404, "PathNotFound");
    functions.put("/v1/regions").await.refused(405, "MethodNotAllowed");
    let public = routes().iter().filter(|route| route.access == Access::Public).count();
    assert_eq!(public, 1);
    assert_eq!(functions.get("/healthz").await.ok()["status"], "ok");
}
