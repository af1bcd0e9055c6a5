//! Console apps: what a request has to know of them, in one call each.

mod record;
mod writes;

use std::collections::{BTreeMap, BTreeSet};

use super::Store;
use super::item::{Attributes, Reader, string};
use super::key::{self, Key};
use super::read::all_pages;
use super::record::{due, read_observation};
use crate::domain::console::app::App;
use crate::domain::console::name::AppName;
use crate::domain::error::{Error, Result};
use crate::domain::name::RegionName;
use crate::domain::status::Observation;
use crate::domain::subject::{AppId, Subject};

pub(super) use record::read_app;
pub use record::{OplogEntry, UsedPort};
pub(super) use writes::write;
pub use writes::{AppChange, AppMutation, Note};

/// Entries that the oplog shows (lain-spec 1.4).
const OPLOG_MAX: i32 = 50;

/// An app with what was last seen of it.
#[derive(Clone, Debug)]
pub struct ReadApp {
    /// The app.
    pub app: App,
    /// None if it was never looked at.
    pub observation: Option<Observation>,
}

impl Store {
    /// An app; none if it is not registered.
    pub async fn console_app(&self, id: &AppId) -> Result<Option<ReadApp>> {
        let range = key::console_app_range(&id.app);
        let items = self.query(key::console_apps(&id.region), Some(range)).await?;
        read_apps(&items).next().transpose()
    }

    /// All apps of a region that can be read, by name.
    pub async fn console_apps(&self, region: &RegionName) -> Result<Vec<ReadApp>> {
        Ok(read_all(&self.query(key::console_apps(region), None).await?))
    }

    /// The names of all apps of a region.
    pub async fn console_names(&self, region: &RegionName) -> Result<Vec<AppName>> {
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", string(key::console_apps(region)))
            .filter_expression("attribute_exists(uid)")
            .projection_expression("sk");
        let items = all_pages(request).await?;
        let name = |item: &Attributes| {
            let name = Reader(item).parse("sk");
            name.inspect_err(|error| tracing::error!(error = %error.chain(), "Left out an app")).ok()
        };
        Ok(items.iter().filter_map(name).collect())
    }

    /// The instances of a resource that can be read, by name.
    pub async fn console_instances(&self, resource: &AppId) -> Result<Vec<ReadApp>> {
        let range = key::instances_range(&resource.app);
        Ok(read_all(&self.query(key::console_apps(&resource.region), Some(range)).await?))
    }

    /// An app, and the instances of the resource that it may be, asked for at once.
    pub async fn console_resource(&self, id: &AppId) -> Result<(Option<ReadApp>, Vec<ReadApp>)> {
        tokio::try_join!(Box::pin(self.console_app(id)), Box::pin(self.console_instances(id)))
    }

    /// Those of these apps that are registered, by name. No call for no names.
    pub async fn console_apps_of(
        &self,
        region: &RegionName,
        names: &BTreeSet<AppName>,
    ) -> Result<BTreeMap<AppName, ReadApp>> {
        /// Keys of a batch (DynamoDB's quota is 100), two for an app.
        const NAMES_AT_ONCE: usize = 50;
        let names: Vec<_> = names.iter().collect();
        let mut apps = BTreeMap::new();
        for names in names.chunks(NAMES_AT_ONCE) {
            let ids = names.iter().map(|name| AppId { region: region.clone(), app: (*name).clone() });
            let keys = ids.flat_map(|id| [Key::console_app(&id), Key::status(&Subject::App(id))]);
            let mut items: Vec<_> = self.batch_get(keys).await?.into_iter().collect();
            items.sort_by(|(one, _), (other, _)| one.sk.cmp(&other.sk));
            let items: Vec<_> = items.into_iter().map(|(_, item)| item).collect();
            for read in read_apps(&items) {
                let read = read?;
                apps.insert(read.app.id.app.clone(), read);
            }
        }
        Ok(apps)
    }

    /// The apps that use portals of a service app.
    pub async fn clients(&self, service: &AppId) -> Result<Vec<AppId>> {
        let items = self.query(key::clients(service), None).await?;
        let read =
            |item: &Attributes| Ok(AppId { region: service.region.clone(), app: Reader(item).parse("sk")? });
        items.iter().map(read).collect()
    }

    /// Has the sweeper ring for an app soon: what it is rendered from has changed, though not the app itself.
    pub async fn make_due(&self, id: &AppId, now_s: i64) -> Result<()> {
        let soon = due(&Subject::App(id.clone()), now_s);
        // It may be gone, or somebody is writing to it, who sets a due time.
        let _done = self
            .update_if("make an app due", Key::console_app(id), soon, "", |update| {
                update.condition_expression("attribute_exists(pk)")
            })
            .await?;
        Ok(())
    }

    /// The newest entries of an app's oplog, newest first.
    pub async fn oplog(&self, id: &AppId) -> Result<Vec<OplogEntry>> {
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", string(key::oplog(id)))
            .scan_index_forward(false)
            .limit(OPLOG_MAX);
        let output = request.send().await.map_err(|error| Error::unavailable("read an oplog", error))?;
        output.items.unwrap_or_default().iter().map(record::read_oplog_entry).collect()
    }

    /// The ports of a cluster's edge that are in use, by number.
    pub async fn stream_ports(&self, cluster: &str) -> Result<Vec<UsedPort>> {
        let items = self.query(key::stream_ports(cluster), None).await?;
        items.iter().map(record::read_stream_port).collect()
    }
}

/// Items of apps and of their statuses, in the order of their keys: a status follows its app at once.
fn read_apps(items: &[Attributes]) -> impl Iterator<Item = Result<ReadApp>> {
    let mut apps: Vec<Result<ReadApp>> = Vec::new();
    for item in items {
        let sk = Reader(item).optional_str("sk").unwrap_or_default();
        match (sk.strip_suffix(key::STATUS_SUFFIX), apps.last_mut()) {
            (None, _) => apps.push(read_app(item).map(|app| ReadApp { app, observation: None })),
            (Some(app), Some(Ok(read))) if app == read.app.id.app.as_str() => {
                // The worker looks again.
                read.observation = read_observation(item).unwrap_or_else(|error| {
                    tracing::error!(item = sk, error = %error.chain(), "Left out what was seen of an app");
                    None
                });
            }
            // A status without an app is what a lost race left behind.
            (Some(_), Some(_) | None) => {}
        }
    }
    apps.into_iter()
}

/// As [`read_apps`], where one broken item must not take the others with it.
fn read_all(items: &[Attributes]) -> Vec<ReadApp> {
    let logged = |read: Result<ReadApp>| {
        read.inspect_err(|error| tracing::error!(error = %error.chain(), "Left out an app")).ok()
    };
    read_apps(items).filter_map(logged).collect()
}
