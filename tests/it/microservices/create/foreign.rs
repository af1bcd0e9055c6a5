//! Apps of another kind: readable, never changed (kirk-spec 3.3).

use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Project, Table, project, stateless};

/// A project in which app `x0` with service `s` belongs to something else.
async fn with_foreign_app() -> Project {
    let project = project().await;
    project.app("x0", &[stateless("s", &json!({}))]).await;
    project.reaches("x0", "s", "running").await;
    let kind = AttributeValue::S("appstore".to_owned());
    Table::shared().set((project.partition(), "x0"), "kind", kind).await;
    project
}

#[tokio::test]
async fn an_app_of_another_kind_is_read_and_not_changed() {
    let project = with_foreign_app().await;
    let read = async || {
        let mut answers = Vec::new();
        for below in [
            "/apps",
            "/apps/x0",
            "/apps/x0/microservices",
            "/apps/x0/microservices/s",
            "/apps/x0/microservices/s/revisions",
        ] {
            answers.push(project.get(below).await.ok());
        }
        answers
    };
    let (before, stored) = (read().await, project.stored().await);
    let ok = stateless("s1", &json!({}));
    let changes: [(Method, &str, Option<&Value>); 13] = [
        (Method::DELETE, "", None),
        (Method::POST, "/microservices", Some(&ok)),
        (Method::POST, "/microservices", Some(&stateless("s", &json!({})))),
        (Method::DELETE, "/microservices/s", None),
        (Method::PUT, "/microservices/s/stop", None),
        (Method::PUT, "/microservices/s/start", None),
        (Method::PUT, "/microservices/s/scale/2", None),
        (Method::PUT, "/microservices/s/scale/101", None),
        (Method::PUT, "/microservices/s/upgrade", Some(&json!({"resourceSpec": "2U4G"}))),
        (Method::PUT, "/microservices/s/ports", Some(&json!({"ports": []}))),
        (Method::PUT, "/microservices/s/revisions/1/rollback", None),
        (Method::PUT, "/microservices/s/revisions/9/rollback", None),
        // Before the service is looked for.
        (Method::PUT, "/microservices/nope/stop", None),
    ];
    for (method, below, body) in changes {
        let path = project.at(&format!("/apps/x0{below}"));
        let request = project.api.request(method, &path);
        let request = match body {
            Some(body) => request.body(body.to_string()),
            None => request,
        };
        project.api.send(request).await.refused(403, "OperationForbbiden");
    }
    // What is wrong with the content comes first, the name of the app later.
    let services = "/apps/x0/microservices";
    assert_eq!(project.post_json(services, &stateless("S", &json!({}))).await.invalid(), ["name"]);
    project.put("/apps/x0/microservices/s/scale/0").await.refused(400, "InvalidArgument");
    project.get("/apps/x0/microservices/nope").await.refused(404, "ServiceNotFound");
    project.post_json("/apps", &json!({"name": "x0"})).await.refused(409, "AppExists");
    assert_eq!(project.stored().await, stored);
    assert_eq!(read().await, before);
}
