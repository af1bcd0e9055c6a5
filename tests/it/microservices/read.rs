//! Reading services (kirk-spec 1.3, 2.4, E7, E8).

use serde_json::{Value, json};

use crate::support::{Project, api, project, stateful, stateless};

const SERVICES: &str = "/apps/a0/microservices";

#[tokio::test]
async fn a_service_reads_the_same_wherever_it_is_read() {
    let project = project().await;
    let members = json!({"ports": [{"port": 80, "protocol": "TCP"}]});
    project.app("a0", &[stateless("web", &members), stateful("db", &json!({}))]).await;
    let web = project.reaches("a0", "web", "running").await;
    let db = project.reaches("a0", "db", "running").await;
    let both = json!([db, web]);
    assert_eq!(project.get(SERVICES).await.ok(), both);
    assert_eq!(project.get("/apps/a0").await.ok()["microservices"], both);
    assert_eq!(project.get("/apps").await.ok()[0]["microservices"], both);
}

#[tokio::test]
async fn services_are_listed_by_name_however_they_were_sent() {
    let project = project().await;
    let service = |name: &str| stateless(name, &json!({}));
    project.app("a0", &[service("b"), service("ab"), service("a")]).await;
    for name in ["a0", "a-b", "a--b"] {
        project.post_json(SERVICES, &service(name)).await.ok();
    }
    let list = project.get(SERVICES).await.ok();
    let names: Vec<_> = list.as_array().unwrap().iter().map(|service| service["name"].clone()).collect();
    assert_eq!(json!(names), json!(["a", "a--b", "a-b", "a0", "ab", "b"]));
    project.app("a", &[]).await;
    assert_eq!(project.get("/apps/a/microservices").await.ok(), json!([]));
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let project = project().await;
    project.app("a0", &[stateless("web", &json!({}))]).await;
    for (below, word) in [
        ("/apps/a0/microservices/nope", "ServiceNotFound"),
        ("/apps/a0/microservices/Bad_Name", "ServiceNotFound"),
        ("/apps/nope/microservices", "AppNotFound"),
        ("/apps/nope/microservices/web", "AppNotFound"),
        ("/apps/Bad_Name/microservices/web", "AppNotFound"),
        ("/apps/nope/microservices/Bad_Name", "AppNotFound"),
    ] {
        project.get(below).await.refused(404, word);
    }
    let absent = Project::fresh(api(), "xq");
    for below in [SERVICES, "/apps/a0/microservices/web", "/apps/Bad_Name/microservices/Bad_Name"] {
        absent.get(below).await.refused(404, "SpaceNotFound");
    }
}

/// The vendor's SDK fails on `null` arrays, and on an absent number it reads 0 (kirk-spec 1.3).
#[tokio::test]
async fn arrays_and_counts_are_always_there() {
    let project = project().await;
    let created = project.app("a0", &[stateful("db", &json!({}))]).await;
    let running = project.reaches("a0", "db", "running").await;
    let check = |service: &Value| {
        let container = &service["containers"][0];
        for list in ["command", "args", "volumeMounts", "configs", "envs"] {
            assert_eq!(container[list], json!([]), "{list}");
        }
        assert_eq!((&service["ports"], &container["workingDir"]), (&json!([]), &json!("")));
        for count in ["desire", "current", "updated", "available", "unavailable"] {
            assert!(service["status"][count].is_u64(), "{service}");
        }
        for absent in ["reason", "message"] {
            assert!(service["status"].get(absent).is_none(), "{service}");
        }
    };
    check(&created["microservices"][0]);
    assert_eq!(created["microservices"][0]["pods"], json!([]));
    check(&running);
    assert_eq!(
        running["pods"],
        json!([{
            "name": "a0-db-0", "status": {"phase": "running"},
            "containerStatuses": [{"name": "container-0", "state": "running"}],
        }])
    );
}
