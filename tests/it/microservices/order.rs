//! In which order a change is checked: project, content, app, service (kirk-spec 1.4).

use reqwest::Method;
use serde_json::json;

use crate::support::{Project, api, project, stateless};

const SERVICES: &str = "/apps/a0/microservices";

#[tokio::test]
async fn a_creation_is_checked_in_order() {
    let project = project().await;
    project.app("a0", &[]).await;
    let good = stateless("s1", &json!({}));
    let bad = json!({"name": 1});
    let before = project.stored().await;
    let large = || "x".repeat(300 * 1024);
    let absent = Project::fresh(api(), "xq");
    absent.post_json(SERVICES, &good).await.refused(404, "SpaceNotFound");
    absent.post_json(SERVICES, &bad).await.refused(404, "SpaceNotFound");
    absent.post_text(SERVICES, large()).await.refused(404, "SpaceNotFound");
    let xml = absent.api.post_raw(&absent.at(SERVICES), Some("text/xml"), "<a/>").await;
    xml.refused(404, "SpaceNotFound");
    for app in ["nope", "Bad_Name"] {
        let services = format!("/apps/{app}/microservices");
        project.post_json(&services, &good).await.refused(404, "AppNotFound");
        let many = stateless("s1", &json!({"instanceNumber": 101}));
        project.post_json(&services, &many).await.refused(404, "AppNotFound");
        project.post_json(&services, &bad).await.refused(400, "InvalidArgument");
        project.post_text(&services, large()).await.refused(413, "RequestTooLarge");
        let xml = project.api.post_raw(&project.at(&services), Some("text/xml"), "<a/>").await;
        xml.refused(415, "UnsupportedMediaType");
    }
    assert_eq!(project.stored().await, before);
    assert!(absent.stored().await.is_empty());
}

#[tokio::test]
async fn changes_are_checked_in_the_same_order() {
    let project = project().await;
    project.app("a0", &[]).await;
    let absent = Project::fresh(api(), "xq");
    let none = json!({});
    for (below, body) in [
        ("/upgrade", Some(&none)),
        ("/ports", Some(&none)),
        ("/scale/0", None),
        ("/revisions/0/rollback", None),
    ] {
        let put = async |project: &Project, service: &str| {
            let path = format!("{service}{below}");
            match body {
                Some(body) => project.put_json(&path, body).await,
                None => project.put(&path).await,
            }
        };
        put(&absent, "/apps/a0/microservices/web").await.refused(404, "SpaceNotFound");
        put(&project, "/apps/nope/microservices/web").await.refused(400, "InvalidArgument");
        put(&project, "/apps/a0/microservices/nope").await.refused(400, "InvalidArgument");
    }
    for below in ["/upgrade", "/ports"] {
        for (content_type, bytes, status, word) in [
            ("text/xml", 9, 415, "UnsupportedMediaType"),
            ("application/json", 300 * 1024, 413, "RequestTooLarge"),
        ] {
            let put = async |project: &Project| {
                let path = project.at(&format!("/apps/nope/microservices/web{below}"));
                let request = project.api.request(Method::PUT, &path).header("content-type", content_type);
                project.api.send(request.body("x".repeat(bytes))).await
            };
            put(&absent).await.refused(404, "SpaceNotFound");
            put(&project).await.refused(status, word);
        }
    }
    for path in ["/apps/nope/microservices/web/stop", "/apps/Bad_Name/microservices/web/scale/2"] {
        project.put(path).await.refused(404, "AppNotFound");
        absent.put(path).await.refused(404, "SpaceNotFound");
    }
    project.put("/apps/a0/microservices/nope/start").await.refused(404, "ServiceNotFound");
    assert!(absent.stored().await.is_empty());
}
