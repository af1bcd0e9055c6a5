//! The clusters of the regions, each connected once for as long as it answers.

use std::collections::HashMap;

use common::domain::region::Region;
use tokio::sync::Mutex;

use crate::cluster::{Cluster, ClusterError};

/// Clients by the clusters' names.
#[derive(Default)]
pub(crate) struct Clusters(Mutex<HashMap<String, Cluster>>);

impl Clusters {
    /// The cluster of a region.
    pub(crate) async fn of(&self, region: &Region) -> Result<Cluster, ClusterError> {
        let mut clusters = self.0.lock().await;
        if let Some(cluster) = clusters.get(&region.cluster) {
            return Ok(cluster.clone());
        }
        let cluster = Cluster::connect(region.kubeconfig.as_deref()).await?;
        clusters.insert(region.cluster.clone(), cluster.clone());
        Ok(cluster)
    }

    /// Connects anew the next time: the credential of a cluster that does not answer may have been renewed.
    pub(crate) async fn forget(&self, region: &Region) {
        self.0.lock().await.remove(&region.cluster);
    }
}

impl std::fmt::Debug for Clusters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clusters").finish_non_exhaustive()
    }
}
