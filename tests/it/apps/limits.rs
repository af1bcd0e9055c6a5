//! How many services an app has, and how many apps a project (kirk-spec §9).

use serde_json::json;

use crate::support::{project, stateless};

#[tokio::test]
async fn an_app_comes_with_up_to_32_services_and_has_up_to_50() {
    let project = project().await;
    let services =
        |count: usize| (0..count).map(|k| stateless(&format!("s{k}"), &json!({}))).collect::<Vec<_>>();
    let before = project.stored().await;
    let body = json!({"name": "a1", "microservices": services(33)});
    assert_eq!(project.post_json("/apps", &body).await.invalid(), ["microservices"]);
    assert_eq!(project.stored().await, before);
    project.app("a1", &services(32)).await;
    for k in 32..50 {
        let body = stateless(&format!("s{k}"), &json!({}));
        project.post_json("/apps/a1/microservices", &body).await.ok();
    }
    let before = project.stored().await;
    let one_more = stateless("s50", &json!({}));
    project.post_json("/apps/a1/microservices", &one_more).await.refused(403, "QuotaExceeded");
    // That the name is taken comes first.
    let known = stateless("s49", &json!({}));
    project.post_json("/apps/a1/microservices", &known).await.refused(409, "ServiceExists");
    assert_eq!(project.stored().await, before);
    assert_eq!(project.get("/apps/a1/microservices").await.ok().as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn a_project_has_up_to_100_apps() {
    let project = project().await;
    for k in 0..100 {
        project.app(&format!("a{k}"), &[]).await;
    }
    let before = project.stored().await;
    project.post_json("/apps", &json!({"name": "a100"})).await.refused(403, "QuotaExceeded");
    project.post_json("/apps", &json!({"name": "a99"})).await.refused(409, "AppExists");
    assert_eq!(project.stored().await, before);
    assert_eq!(project.get("/apps").await.ok().as_array().unwrap().len(), 100);
    project.delete("/apps/a7").await.empty();
    project.app("a100", &[]).await;
    project.post_json("/apps", &json!({"name": "a7"})).await.refused(403, "QuotaExceeded");
}
