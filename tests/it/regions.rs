//! Regions (kirk-spec §8).

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Functions, api, project, stateless};

#[tokio::test]
async fn the_regions_are_listed_as_configured() {
    assert_json_snapshot!(api().get("/v1/regions").await.ok(), @r#"
    [
      {
        "description": "",
        "id": "xq"
      },
      {
        "description": "",
        "id": "nb"
      }
    ]
    "#);
    let functions = Functions::with_region(|region| region.description = "north".to_owned());
    assert_eq!(functions.get("/v1/regions").await.ok()[0], json!({"id": "xq", "description": "north"}));
}

#[tokio::test]
async fn a_region_is_known_by_exactly_its_id() {
    let body = stateless("s1", &json!({}));
    for region in ["mars", "XQ", "Xq", "xq%20", "v1", "xq%2Fv1"] {
        let base = format!("/regions/{region}/v1");
        api().get(&format!("{base}/resourcespecs")).await.refused(404, "RegionNotFound");
        api().get(&format!("{base}/projects")).await.refused(404, "RegionNotFound");
        api().put(&format!("{base}/projects/p")).await.refused(404, "RegionNotFound");
        let project = format!("{base}/projects/p");
        api().get(&format!("{project}/apps")).await.refused(404, "RegionNotFound");
        let services = format!("{project}/apps/a0/microservices");
        api().post_json(&services, &body).await.refused(404, "RegionNotFound");
        // Before anything is said of the content.
        api().post_json(&services, &json!([])).await.refused(404, "RegionNotFound");
        api().put(&format!("{services}/web/scale/0")).await.refused(404, "RegionNotFound");
    }
}

#[tokio::test]
async fn a_project_is_in_the_region_that_it_was_made_in() {
    let project = project().await;
    project.app("a0", &[]).await;
    let elsewhere = format!("/regions/nb/v1/projects/{}", project.name);
    for below in ["", "/apps", "/apps/a0", "/apps/a0/microservices", "/apps/a0/microservices/web/revisions"] {
        api().get(&format!("{elsewhere}{below}")).await.refused(404, "SpaceNotFound");
    }
}

#[tokio::test]
async fn a_disabled_region_is_read_and_not_changed() {
    let project = project().await;
    project.app("a0", &[stateless("web", &json!({}))]).await;
    let before = project.stored().await;
    let functions = Functions::with_region(|region| region.enabled = false);
    for below in [
        "",
        "/apps",
        "/apps/a0",
        "/apps/a0/microservices",
        "/apps/a0/microservices/web",
        "/apps/a0/microservices/web/revisions",
    ] {
        functions.get(&project.at(below)).await.ok();
    }
    functions.get("/regions/xq/v1/resourcespecs").await.ok();
    assert_eq!(functions.get("/v1/regions").await.ok().as_array().unwrap().len(), 2);

    let changes: [(Method, &str, Option<Value>); 11] = [
        (Method::PUT, "", None),
        (Method::POST, "/apps", Some(json!({"name": "a1"}))),
        (Method::DELETE, "/apps/a0", None),
        (Method::POST, "/apps/a0/microservices", Some(stateless("s1", &json!({})))),
        (Method::POST, "/apps/a0/microservices", Some(json!([]))),
        (Method::PUT, "/apps/a0/microservices/web/stop", None),
        (Method::PUT, "/apps/a0/microservices/web/scale/2", None),
        (Method::PUT, "/apps/a0/microservices/web/upgrade", Some(json!({"resourceSpec": "2U4G"}))),
        (Method::PUT, "/apps/a0/microservices/web/ports", Some(json!({"ports": []}))),
        (Method::PUT, "/apps/a0/microservices/web/revisions/1/rollback", None),
        (Method::DELETE, "/apps/a0/microservices/web", None),
    ];
    for (method, below, body) in changes {
        let answer = functions.run(method, &project.at(below), body.as_ref()).await;
        answer.refused(503, "ServiceUnavailable");
        assert_eq!(answer.header("retry-after"), Some("60"), "{answer:?}");
    }
    assert_eq!(project.stored().await, before);
    functions.put(&format!("/regions/nb/v1/projects/{}x", project.name)).await.ok();
}
