//! Paths, methods, regions and transport (kirk-cases A).

use crate::support::{api, project};

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let project = project().await;
    project.get("/apps/a0/microservices/web/restart").await.refused(404, "PathNotFound");
    api().get("/nowhere").await.refused(404, "PathNotFound");
}
