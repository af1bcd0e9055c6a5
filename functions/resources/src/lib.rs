//! Resources of the console: what was made of one (lain-spec 1.3, 22).

use std::collections::BTreeMap;

use axum::extract::State;
use common::domain::Result;
use common::http::console::answer::Views;
use common::http::console::{Envelope, url};
use common::http::{Access, Context, Routes, Scope};

/// The routes of this group.
pub fn routes() -> Routes {
    Routes::default().get(Access::Read, "/api/v1/resources/{app}/instances", list)
}

/// The deployed instances of a resource; none of an app that is no resource.
async fn list(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let (resource, instances) = context.store.console_resource(&scope.app_id()?).await?;
    let resource = scope.admit(&context, resource)?;
    let others = BTreeMap::new();
    let views = Views::new(&context, &others);
    let deployed = instances.iter().filter(|read| read.app.deployment.is_some());
    let shown = deployed.map(|read| views.app(read)).collect();
    Ok(Envelope::list("instances", shown, url::instances(resource.app.name().as_str())))
}
