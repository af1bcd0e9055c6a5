//! The apps that belong into the view of another one.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::Result;
use crate::domain::console::app::{App, AppType};
use crate::domain::console::name::AppName;
use crate::http::Context;
use crate::store::ReadApp;

/// The apps by name.
pub type Apps = BTreeMap<AppName, ReadApp>;

/// The services and instances that the app uses; of a resource, its instances. No call for an app that has none.
pub async fn related(context: &Context, app: &App) -> Result<Apps> {
    if app.app_type() == AppType::Resource {
        let instances = context.store.console_instances(&app.id).await?;
        return Ok(instances.into_iter().map(|read| (read.app.name().clone(), read)).collect());
    }
    context.store.console_apps_of(&app.id.region, &used(app)).await
}

/// The names of the services and instances that the app uses.
pub fn used(app: &App) -> BTreeSet<AppName> {
    let running = app.running();
    let services = running.iter().flat_map(|running| &running.use_services).map(|used| used.app.clone());
    let instances = app.resources().into_iter().filter_map(|resource| resource.instance_for(app.name()).ok());
    services.chain(instances).collect()
}
