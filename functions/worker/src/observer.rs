//! The observer: looks at all of a cluster at once, and stores what is not as it was.

use std::collections::BTreeMap;

use common::clock;
use common::domain::Result;
use common::domain::console;
use common::domain::error::Chain;
use common::domain::region::Region;
use common::domain::service::workload::name;
use common::domain::status::{Groups, Observation};
use common::domain::subject::Subject;
use common::store::fingerprint;
use futures::stream::{StreamExt, iter};

use crate::Worker;
use crate::cluster::{ByNamespace, fit};

/// Statuses that are written at a time.
const WRITES_AT_ONCE: usize = 10;

impl Worker {
    /// Looks at each cluster once. Regions of the same cluster share the look.
    pub(crate) async fn observe_all(&self) -> Result<()> {
        let mut clusters: BTreeMap<&str, Vec<&Region>> = BTreeMap::new();
        for region in self.context.regions.iter() {
            clusters.entry(&region.cluster).or_default().push(region);
        }
        let looks = clusters.into_values().map(|regions| self.observe_cluster(regions));
        let outcomes = futures::future::join_all(looks).await;
        outcomes.into_iter().collect()
    }

    async fn observe_cluster(&self, regions: Vec<&Region>) -> Result<()> {
        let Some(first) = regions.first() else { return Ok(()) };
        let seen_ms = clock::now().as_millisecond();
        let seen = match self.clusters.of(first).await {
            Ok(cluster) => cluster.observe_all().await,
            Err(error) => Err(error),
        };
        let seen = match seen {
            Ok(seen) => Some(seen),
            Err(error) => {
                tracing::warn!(cluster.name = first.cluster, error = %Chain(&error), "Could not look at a cluster");
                self.clusters.forget(first).await;
                None
            }
        };
        // One region's failure does not keep the others from being looked at.
        let stores = regions.into_iter().map(|region| self.store_changes(region, seen.as_ref(), seen_ms));
        futures::future::join_all(stores).await.into_iter().collect()
    }

    /// Stores what differs from what the table has of the region's subjects. Nothing seen means that the
    /// cluster did not answer.
    async fn store_changes(&self, region: &Region, seen: Option<&ByNamespace>, seen_ms: i64) -> Result<()> {
        let mut changes = Vec::new();
        for status in self.context.store.observed(&region.id).await? {
            let observation = match seen {
                Some(seen) => Observation::Seen(groups(seen, &status.subject)),
                None => Observation::Unreachable,
            };
            if status.fingerprint != Some(fingerprint(&observation)?) {
                changes.push((status.subject, observation));
            }
        }
        let store = &self.context.store;
        let writes = iter(changes)
            .map(async |(subject, observation)| store.observe(&subject, &observation, seen_ms).await);
        writes.buffer_unordered(WRITES_AT_ONCE).collect::<Vec<_>>().await.into_iter().collect()
    }
}

/// What there is of a subject.
fn groups(seen: &ByNamespace, subject: &Subject) -> Groups {
    match subject {
        Subject::Service(id) => {
            let name = name(&id.app, &id.service);
            let group = seen.get(id.project.as_str()).and_then(|groups| groups.get(&name)).cloned();
            Groups::from([(name, group.unwrap_or_default())])
        }
        Subject::App(id) => {
            fit(seen.get(&console::workload::namespace(&id.app).name).cloned().unwrap_or_default())
        }
        Subject::Project(_) => Groups::new(),
    }
}
