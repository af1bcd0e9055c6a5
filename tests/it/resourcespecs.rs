//! A region's sizes of containers (kirk-cases B, kirk-spec 2.6).

use insta::assert_json_snapshot;
use serde_json::json;

use crate::support::{Functions, api, project, stateless};

#[tokio::test]
async fn the_specs_are_the_source_documents_with_its_slips_mended() {
    assert_json_snapshot!(api().get("/regions/xq/v1/resourcespecs").await.ok(), @r#"
    [
      {
        "cpu": 1,
        "desc": "简约型",
        "memory": 1024,
        "meomory": 1024,
        "name": "1U1G"
      },
      {
        "cpu": 1,
        "desc": "通用型",
        "memory": 2048,
        "meomory": 2048,
        "name": "1U2G"
      },
      {
        "cpu": 2,
        "desc": "通用型",
        "memory": 2048,
        "meomory": 2048,
        "name": "2U2G"
      },
      {
        "cpu": 2,
        "desc": "通用型",
        "memory": 4096,
        "meomory": 4096,
        "name": "2U4G"
      }
    ]
    "#);
}

#[tokio::test]
async fn each_region_has_its_own_specs() {
    let project = project().await;
    project.app("a0", &[]).await;
    let functions = Functions::with_region(|region| {
        let specs = json!([
            {"name": "8U8G", "cpu": 8, "memory": 8192, "desc": "big"},
            {"name": "1U1G", "cpu": 1, "memory": 1000, "desc": ""},
        ]);
        region.resource_specs = serde_json::from_value(specs).unwrap();
    });
    let listed = functions.get("/regions/xq/v1/resourcespecs").await.ok();
    assert_eq!(
        listed,
        json!([
            {"name": "8U8G", "cpu": 8, "memory": 8192, "meomory": 8192, "desc": "big"},
            {"name": "1U1G", "cpu": 1, "memory": 1000, "meomory": 1000, "desc": ""},
        ])
    );
    let services = project.at("/apps/a0/microservices");
    let refused = functions.post(&services, &stateless("s1", &json!({"resourceSpec": "2U4G"}))).await;
    assert_eq!(refused.invalid(), ["resourceSpec"]);
    let big = stateless("s1", &json!({"resourceSpec": "8U8G"}));
    assert_eq!(project.post_json("/apps/a0/microservices", &big).await.invalid(), ["resourceSpec"]);
}
