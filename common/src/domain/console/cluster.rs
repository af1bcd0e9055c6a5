//! What a region's cluster has for console apps.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// A part of a region's settings. What is left out has defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ClusterSettings {
    /// The class of the ingress controller that serves web procs; none means the cluster's default.
    pub ingress_class: Option<String>,
    /// The namespace of that controller: its pods may reach web procs.
    pub ingress_namespace: String,
    /// Names of TLS secrets by the domain for which they are good.
    pub tls: BTreeMap<String, String>,
    /// Cores of a node, of which the level of `cpu` is a part (lain-spec 2.4).
    pub node_cpus: NonZeroU32,
    /// The storage class of volumes; none means the cluster's default.
    pub storage_class: Option<String>,
    /// The storage class of volumes that pods of several nodes mount; none means the cluster's default.
    pub shared_storage_class: Option<String>,
    /// The size of a volume, in units of 2^30 bytes: a `lain.yaml` names none.
    pub volume_size_gi: NonZeroU32,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        const EIGHT: NonZeroU32 = NonZeroU32::MIN.saturating_add(7);
        Self {
            ingress_class: None,
            ingress_namespace: "ingress-nginx".to_owned(),
            tls: BTreeMap::new(),
            node_cpus: EIGHT,
            storage_class: None,
            shared_storage_class: None,
            volume_size_gi: EIGHT.saturating_add(2),
        }
    }
}
