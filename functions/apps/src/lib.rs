//! Apps of the console that are deployed: deploy, look, update, undeploy (lain-spec 1.3, 12 to 16).

mod deploy;
mod plan;
mod read;
mod release;
mod undeploy;

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
