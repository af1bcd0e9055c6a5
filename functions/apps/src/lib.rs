//! Apps of the console that are deployed: deploy, look, update, undeploy (lain-spec 1.3, 12 to 16).

mod deploy;
mod plan;
mod read;
mod release;
mod undeploy;

use axum::http::StatusCode;
use common::http::console::{Envelope, url};
use common::http::{Access, Routes};

/// The routes of this group.
pub fn routes() -> Routes {
    Routes::default()
        .get(Access::SignedIn, "/api/v1/apps", read::list)
        .post(Access::Deploy, "/api/v1/apps", deploy::create)
        .get(Access::Read, "/api/v1/apps/{app}", read::get)
        .put(Access::Deploy, "/api/v1/apps/{app}", deploy::update)
        .put(Access::Deploy, "/api/v1/apps/{app}/versions/{version}", deploy::from_body)
        .delete(Access::Deploy, "/api/v1/apps/{app}", undeploy::undeploy)
}

/// The refusal of what asks for a deployed app.
fn not_deployed(app: &str) -> Envelope {
    let msg = format!("app {app} is registered but not deployed: deploy it with POST {}", url::apps());
    Envelope::null(StatusCode::NOT_FOUND, "app", msg, url::apps())
}
