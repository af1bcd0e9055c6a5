//! Ports of a cluster's edge, each of which one app has.

use std::collections::BTreeMap;

use crate::domain::console::app::App;
use crate::domain::console::name::AppName;
use crate::domain::{Error, Result};
use crate::http::Context;
use crate::store::UsedPort;

/// Whether the apps can have the ports that they ask for now. No call if they ask for none.
pub async fn check_ports(context: &Context, cluster: &str, apps: &[&App]) -> Result<()> {
    let wanted: Vec<_> = apps
        .iter()
        .flat_map(|app| app.stream_ports().into_iter().map(|(_, port)| (app.name(), port)))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let taken: BTreeMap<_, UsedPort> =
        context.store.stream_ports(cluster).await?.into_iter().map(|used| (used.port.source, used)).collect();
    let mut ours: BTreeMap<_, &AppName> = BTreeMap::new();
    for (app, port) in wanted {
        if let Some(other) = ours.insert(port.source, app) {
            let msg = format!("port {} is asked for twice, by {other} and by {app}", port.source);
            return Err(Error::Unacceptable(msg));
        }
        if let Some(used) = taken.get(&port.source).filter(|used| used.app != *app) {
            return Err(Error::Unacceptable(format!("port {} is in use by app {}", port.source, used.app)));
        }
    }
    Ok(())
}
