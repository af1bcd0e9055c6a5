//! Who reaches a stack: addresses, hosts, pages of others, too many changes, maintenance.

use local::{Flags, Stack};
use reqwest::Method;
use serde_json::json;

use super::{api, flags, refused, start};
use crate::support::{Api, Project, eventually, stateless};

#[tokio::test]
async fn open_access_is_for_loopback_only() {
    let folder = tempfile::tempdir().unwrap();
    for (address, is_refused) in [
        ("0.0.0.0:0", true),
        ("[::]:0", true),
        ("192.0.2.1:9000", true),
        ("127.0.0.1:0", false),
        ("127.8.8.8:0", false),
    ] {
        let flags = Flags { listen: address.parse().unwrap(), ..flags(folder.path(), &[]) };
        if is_refused {
            let words = refused(flags).await;
            assert!(words.contains(address) && words.contains("loopback"), "{words}");
            assert_eq!(words.lines().count(), 1, "{words}");
        } else {
            Stack::start(flags, &|_| ()).await.unwrap().stop().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_taken_port_is_said_to_be_taken() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let words = refused(Flags { listen: address, ..flags(folder.path(), &[]) }).await;
    assert!(words.contains(&address.to_string()) && words.contains("--listen"), "{words}");
    assert!(words.contains("in use") && words.lines().count() == 1, "{words}");
}

#[tokio::test]
async fn only_requests_under_our_names_and_from_our_pages_pass() {
    let folder = tempfile::tempdir().unwrap();
    let stack = start(folder.path(), &["--allow-host", "dev.example", "--allow-host", "box"]).await;
    let api = api(&stack);
    let ask = async |method: Method, headers: &[(&str, &str)]| {
        let mut request = api.request(method, "/regions/local/v1/projects/demo");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        api.send(request).await
    };
    for host in ["localhost:9000", "[::1]:9000", "dev.example", "DEV.example:80", "box"] {
        ask(Method::GET, &[("host", host)]).await.ok();
    }
    for host in ["evil.example", "dev.example.evil", "192.0.2.1", "xbox"] {
        ask(Method::GET, &[("host", host)]).await.refused(403, "AccessDenied");
        ask(Method::PUT, &[("host", host)]).await.refused(403, "AccessDenied");
    }
    for origin in ["http://localhost:3000", "https://dev.example", "http://box"] {
        ask(Method::PUT, &[("origin", origin)]).await.ok();
    }
    for origin in ["https://evil.example", "null", "http://192.0.2.1"] {
        ask(Method::PUT, &[("origin", origin)]).await.refused(403, "AccessDenied");
        // A page of others cannot read the answer, so a read does no harm.
        ask(Method::GET, &[("origin", origin)]).await.ok();
    }
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn too_many_changes_are_refused_and_reads_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let stack = start(folder.path(), &["--rate-limit", "1"]).await;
    let api = api(&stack);
    let demo = "/regions/local/v1/projects/demo";
    // A machine may be so slow that a second passes between two requests, but not always.
    let refused = eventually("a change is refused", async || {
        let answer = api.put(demo).await;
        if answer.status.is_success() { Err("it was accepted") } else { Ok(answer) }
    })
    .await;
    refused.refused(429, "TooManyRequests");
    assert_eq!(refused.header("retry-after"), Some("1"));
    for _ in 0..10 {
        api.get(demo).await.ok();
    }
    eventually("a change is accepted again", async || {
        let answer = api.put(demo).await;
        if answer.status.is_success() { Ok(()) } else { Err(answer.text) }
    })
    .await;
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn in_maintenance_reads_work_and_changes_are_put_off() {
    let folder = tempfile::tempdir().unwrap();
    let stack = start(folder.path(), &[]).await;
    let project = Project::create(api(&stack), "local").await;
    project.app("shop", &[stateless("web", &json!({}))]).await;
    project.reaches("shop", "web", "running").await;
    stack.stop().await.unwrap();

    let stack = start(folder.path(), &["--maintenance"]).await;
    let project = Project { api: api(&stack), ..project };
    project.reaches("shop", "web", "running").await;
    assert_eq!(project.get("/apps").await.ok()[0]["name"], "shop");
    project.api.get("/regions/local/v1/resourcespecs").await.ok();
    for refused in [
        project.put("/apps/shop/microservices/web/stop").await,
        project.delete("/apps/shop").await,
        project.post_json("/apps", &json!({"name": "more"})).await,
        project.api.put("/regions/local/v1/projects/more").await,
    ] {
        refused.refused(503, "ServiceUnavailable");
        assert_eq!(refused.header("retry-after"), Some("60"));
    }
    stack.stop().await.unwrap();

    let fresh = tempfile::tempdir().unwrap();
    let stack = start(fresh.path(), &["--maintenance"]).await;
    let fresh = Api::new(stack.endpoints().api.clone().unwrap());
    assert_eq!(fresh.get("/regions/local/v1/projects").await.ok(), json!([]));
    stack.stop().await.unwrap();
}
