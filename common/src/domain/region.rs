//! Regions: the configuration that a deployment brings, one entry per `{region}` of the paths (kirk-spec §8).

use std::num::NonZeroU32;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::console::cluster::ClusterSettings;
use super::name::{RegionName, SpecName};

/// One region. What is left out has the defaults of kirk-spec §9.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Region {
    /// The id in the paths.
    pub id: RegionName,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// A disabled region answers reads and refuses mutations.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The target cluster's name. Regions of the same cluster share its namespaces, so a project is in one of them.
    pub cluster: String,
    /// The kubeconfig file by which the worker reaches the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<String>,
    /// The sizes of containers, in the order in which they are listed.
    #[serde(default = "default_specs")]
    pub resource_specs: Vec<ResourceSpec>,
    /// Instances per service.
    #[serde(default = "default_instances_max")]
    pub max_instances: NonZeroU32,
    /// Names of the secrets by which nodes pull private images.
    #[serde(default)]
    pub image_pull_secrets: Vec<String>,
    /// What the cluster has for the console's apps.
    #[serde(default)]
    pub console: ClusterSettings,
}

/// A size of containers (kirk-spec 2.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceSpec {
    /// Like `1U2G`.
    pub name: SpecName,
    /// In cores.
    pub cpu: NonZeroU32,
    /// In units of 2^20 bytes, which the API calls MB.
    pub memory: NonZeroU32,
    /// For people.
    pub desc: String,
}

/// The regions of a deployment, in the order of the document.
#[derive(Clone, Debug)]
pub struct Regions(Vec<Arc<Region>>);

impl Regions {
    /// Reads a regions document: a JSON array of [`Region`]. Refuses an empty one and an id given twice.
    pub fn parse(json: &str) -> Result<Self, String> {
        let regions: Vec<Region> = serde_json::from_str(json).map_err(|error| error.to_string())?;
        Self::new(regions)
    }

    /// As [`Regions::parse`], from values.
    pub fn new(regions: Vec<Region>) -> Result<Self, String> {
        if regions.is_empty() {
            return Err("there must be at least one region".to_owned());
        }
        for (index, region) in regions.iter().enumerate() {
            if regions[..index].iter().any(|earlier| earlier.id == region.id) {
                return Err(format!("region {} is given twice", region.id));
            }
            let differs =
                |other: &Region| other.cluster == region.cluster && other.kubeconfig != region.kubeconfig;
            if let Some(other) = regions[..index].iter().find(|other| differs(other)) {
                return Err(format!(
                    "regions {} and {} give different kubeconfigs for cluster {}",
                    other.id, region.id, region.cluster
                ));
            }
        }
        Ok(Self(regions.into_iter().map(Arc::new).collect()))
    }

    /// The region of exactly this id.
    pub fn get(&self, id: &str) -> Option<&Arc<Region>> {
        self.0.iter().find(|region| region.id.as_str() == id)
    }

    /// The first one, which takes what names no region.
    pub fn first(&self) -> &Arc<Region> {
        &self.0[0]
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Region>> {
        self.0.iter()
    }
}

impl Region {
    /// A region of this name on this cluster, with the default settings.
    pub fn with_defaults(id: RegionName, cluster: String, kubeconfig: Option<String>) -> Self {
        Self {
            id,
            description: String::new(),
            enabled: true,
            cluster,
            kubeconfig,
            resource_specs: default_specs(),
            max_instances: default_instances_max(),
            image_pull_secrets: Vec::new(),
            console: ClusterSettings::default(),
        }
    }

    /// The size of this name, if the region offers it.
    pub fn spec(&self, name: &SpecName) -> Option<&ResourceSpec> {
        self.resource_specs.iter().find(|spec| spec.name == *name)
    }
}

fn yes() -> bool {
    true
}

fn default_instances_max() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(99)
}

/// The table of kirk-spec 2.6. The source document prints 4906 MB for 2U4G, a slip for 4096 (D2).
fn default_specs() -> Vec<ResourceSpec> {
    const DEFAULTS: &str = r#"[
        {"name": "1U1G", "cpu": 1, "memory": 1024, "desc": "简约型"},
        {"name": "1U2G", "cpu": 1, "memory": 2048, "desc": "通用型"},
        {"name": "2U2G", "cpu": 2, "memory": 2048, "desc": "通用型"},
        {"name": "2U4G", "cpu": 2, "memory": 4096, "desc": "通用型"}
    ]"#;
    serde_json::from_str(DEFAULTS).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_document_gets_the_default_settings() {
        let regions = Regions::parse(r#"[{"id": "xq", "cluster": "one"}]"#).unwrap();
        let region = regions.get("xq").unwrap();
        assert!(region.enabled);
        assert_eq!(region.max_instances.get(), 100);
        let names: Vec<_> =
            region.resource_specs.iter().map(|spec| (spec.name.as_str(), spec.memory.get())).collect();
        assert_eq!(names, [("1U1G", 1024), ("1U2G", 2048), ("2U2G", 2048), ("2U4G", 4096)]);
        assert!(regions.get("XQ").is_none(), "ids are case-sensitive");
    }

    #[test]
    fn documents_that_cannot_work_are_refused() {
        for bad in [
            "[]",
            "{}",
            r#"[{"id": "v1", "cluster": "one"}]"#,
            r#"[{"id": "xq"}]"#,
            r#"[{"id": "xq", "cluster": "one", "typo": 1}]"#,
            r#"[{"id": "xq", "cluster": "one", "maxInstances": 0}]"#,
            r#"[{"id": "xq", "cluster": "one"}, {"id": "xq", "cluster": "two"}]"#,
            r#"[{"id": "xq", "cluster": "one"}, {"id": "nb", "cluster": "one", "kubeconfig": "k"}]"#,
        ] {
            assert!(Regions::parse(bad).is_err(), "{bad} should be refused");
        }
    }
}
