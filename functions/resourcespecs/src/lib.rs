//! What a region offers, which regions there are, and whether we are here at all.

use axum::extract::State;
use common::domain::Result;
use common::http::microservice::answer;
use common::http::{Access, Answer, Context, Routes, Scope};

/// The routes of this group.
pub fn routes() -> Routes {
    Routes::default()
        .get(Access::SignedIn, "/regions/{region}/v1/resourcespecs", resource_specs)
        .get(Access::SignedIn, "/v1/regions", regions)
        .get(Access::Public, "/healthz", health)
}

/// Sizes of containers, in the region's order (kirk-spec E1).
async fn resource_specs(scope: Scope) -> Result<Answer> {
    answer::resource_specs(&scope.region.resource_specs)
}

/// The regions that `{region}` may be.
async fn regions(State(context): State<Context>, _scope: Scope) -> Result<Answer> {
    answer::regions(context.regions.iter().map(AsRef::as_ref))
}

/// Whether we are here, and of which version.
async fn health() -> Answer {
    Answer::Json(concat!(r#"{"status":"ok","version":""#, env!("CARGO_PKG_VERSION"), r#""}"#).to_owned())
}
