//! Web pages of other origins (lain-spec 1.1) where everybody is at home: they may read, as in LAIN, and change nothing.

use axum::body::Body;
use axum::http::{Method, Request};
use common::http::Access;
use serde_json::json;

use crate::ledger::is_of_console;
use crate::support::Ledger;
use crate::support::console::Reply;

const FOREIGN: &str = "https://evil.example";

async fn send(ledger: &Ledger, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = Body::from(json!({"appname": "hello"}).to_string());
    ledger.send_console(request.body(body).unwrap()).await.0
}

#[tokio::test]
async fn a_page_of_others_changes_nothing() {
    let ledger = Ledger::open().await;
    let routes = local::routes();
    let mut refused = 0;
    for route in routes.table().iter().filter(|route| is_of_console(route) && route.access.is_mutation()) {
        let path = route.path.replace(['{', '}'], "");
        for headers in [
            vec![("host", "localhost:9000"), ("origin", FOREIGN)],
            vec![("host", "localhost:9000"), ("origin", "null")],
            vec![("host", "localhost:9000"), ("origin", "http://192.0.2.1:9000")],
            vec![("host", "evil.example")],
        ] {
            send(&ledger, route.method.as_str(), &path, &headers).await.refused(403, "maintainer");
        }
        refused += 1;
    }
    assert!(refused > 15, "{refused}");
    let own = [("host", "localhost:9000")];
    assert_eq!(send(&ledger, "GET", "/api/v1/repos/", &own).await.is(200, "repos"), json!([]));
    let own_page = [("host", "localhost:9000"), ("origin", "http://localhost:3000")];
    send(&ledger, "POST", "/api/v1/repos/", &own_page).await.is(201, "repos");
}

/// The gate looks at the row: whatever changes something says so there.
#[test]
fn only_reads_are_open_to_pages_of_others() {
    // Texts for which LAIN takes any method.
    let harmless = ["/api/v1/oplogs/{app}", "/api/v1/authorize/registry"];
    for route in local::routes().table().iter().filter(|route| is_of_console(route)) {
        let is_read = route.method == Method::GET || harmless.contains(&route.path);
        assert_eq!(route.access.is_mutation(), !is_read, "{} {}", route.method, route.path);
        assert!(route.access != Access::Public || !route.path.contains("{app}"), "{}", route.path);
    }
}

/// `Reply` looks at the header that lets a page read it.
#[tokio::test]
async fn every_answer_can_be_read_by_pages_of_others() {
    let ledger = Ledger::open().await;
    let headers = [("host", "localhost:9000"), ("origin", FOREIGN)];
    for (method, path, status) in [
        ("GET", "/api/v1/repos/", 200),
        ("GET", "/v1/apps", 200),
        ("GET", "/api/v1/apps/hello/", 404),
        ("GET", "/api/v1/nowhere/", 404),
        ("PUT", "/api/v1/apps/", 405),
        ("HEAD", "/api/v1/apps/", 405),
        ("POST", "/api/v1/apps/", 403),
        ("GET", "/api/v1/authorize/?code=", 400),
    ] {
        let reply = send(&ledger, method, path, &headers).await;
        assert_eq!(reply.status, status, "{reply:?}");
    }
    let stranger = [("host", "evil.example"), ("origin", FOREIGN), ("access-control-request-method", "POST")];
    let reply = send(&ledger, "OPTIONS", "/v1/apps/", &stranger).await;
    assert_eq!((reply.status, reply.text.as_str()), (200, ""), "before everything else");
}

/// lain-spec 1.1, unknown path; one with an empty segment is none either.
#[tokio::test]
async fn a_path_that_leads_nowhere_has_a_text_and_a_url() {
    let ledger = Ledger::open().await;
    for path in
        ["/api/v1/zzz/", "/v1/zzz", "/api/v1/", "/api/v1/apps//hello/", "/api/v1/repos/a/b/c/", "/v1/apps//"]
    {
        let reply = send(&ledger, "GET", path, &[("host", "localhost")]).await;
        assert_eq!(reply.status, 404, "{reply:?}");
        assert_eq!(reply.headers["content-type"], "application/json", "{reply:?}");
        assert_eq!(reply.headers["x-slipway-code"], "PathNotFound", "{reply:?}");
        assert_eq!(reply.json()["url"], "/api/v1/docs/");
        assert_eq!(reply.json().as_object().unwrap().len(), 2, "{reply:?}");
    }
}

/// Refusals that a handler makes have one as errors do; successes have none.
#[tokio::test]
async fn every_refusal_has_a_word_for_programs() {
    let ledger = Ledger::open().await;
    let own = [("host", "localhost")];
    send(&ledger, "POST", "/api/v1/repos/", &own).await.is(201, "repos");
    for (method, path, status, word) in [
        ("POST", "/api/v1/repos/", 409, "Conflict"),
        ("GET", "/api/v1/apps/hello/", 404, "NotFound"),
        ("GET", "/api/v1/apps/nope/", 404, "AppNotFound"),
        ("GET", "/api/v1/repos/hello/maintainers/", 403, "AccessDenied"),
        ("GET", "/api/v1/notify/zzz/", 400, "InvalidArgument"),
        ("PATCH", "/api/v1/repos/", 405, "MethodNotAllowed"),
        ("POST", "/api/v1/apps/", 500, "InternalError"),
    ] {
        let reply = send(&ledger, method, path, &own).await;
        assert_eq!(
            (reply.status, reply.headers["x-slipway-code"].to_str().unwrap()),
            (status, word),
            "{reply:?}"
        );
    }
    assert!(!send(&ledger, "GET", "/api/v1/repos/", &own).await.headers.contains_key("x-slipway-code"));
}
