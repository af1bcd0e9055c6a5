//! Flags to regions, and what clusters those need.

use std::fs;
use std::path::{Path, PathBuf};

use common::domain::region::{Region, Regions};
use kube::config::Kubeconfig;

use crate::error::{Error, Result};
use crate::flags::Flags;

/// The name of the cluster that regions without one of their own share.
const SHARED: &str = "shared";

/// Whether the development control plane is needed: some region has no kubeconfig.
pub(crate) fn need_development_cluster(flags: &Flags) -> Result<bool> {
    if flags.kubeconfig.is_some() {
        return Ok(false);
    }
    match &flags.regions {
        Some(file) => Ok(read_document(file)?.iter().any(|region| region.kubeconfig.is_none())),
        None => Ok(flags.region.iter().any(|region| region.kubeconfig.is_none())),
    }
}

/// The regions, on the shared cluster of this kubeconfig where they name no other.
pub(crate) fn regions(flags: &Flags, shared: Option<&Path>) -> Result<Vec<Region>> {
    let mut regions = match &flags.regions {
        Some(file) => read_document(file)?,
        None => flags
            .region
            .iter()
            .map(|flag| from_flag(flag.name.clone(), flag.kubeconfig.as_deref()))
            .collect::<Result<_>>()?,
    };
    for region in &mut regions {
        if region.kubeconfig.is_none() {
            region.kubeconfig = shared.map(|path| path.display().to_string());
            // Whatever they are called, regions on one cluster share its namespaces.
            SHARED.clone_into(&mut region.cluster);
        }
        region.enabled &= !flags.maintenance;
    }
    Regions::new(regions.clone()).map_err(Error::Regions)?;
    Ok(regions)
}

fn read_document(file: &Path) -> Result<Vec<Region>> {
    let text = fs::read_to_string(file);
    let text = text.map_err(|source| Error::File { doing: "read", path: file.to_owned(), source })?;
    let regions = Regions::parse(&text).map_err(Error::Regions)?;
    Ok(regions.iter().map(|region| Region::clone(region)).collect())
}

/// The flags with the whole path of the kubeconfig: whoever reads `env` may be in another folder.
pub(crate) fn with_kubeconfig_found(flags: Flags) -> Result<Flags> {
    let named = flags.kubeconfig.as_deref().filter(|file| !file.as_os_str().is_empty());
    let kubeconfig = named.map(find).transpose()?;
    Ok(Flags { kubeconfig, ..flags })
}

/// Finds a kubeconfig, and reads it: a stack without a cluster would say so only later.
fn find(file: &Path) -> Result<PathBuf> {
    let path = fs::canonicalize(file);
    let path =
        path.map_err(|source| Error::File { doing: "find the kubeconfig", path: file.to_owned(), source })?;
    let unusable = |reason: String| Error::Kubeconfig { path: path.clone(), reason };
    let kubeconfig = Kubeconfig::read_from(&path).map_err(|error| unusable(error.to_string()))?;
    if kubeconfig.current_context.is_none_or(|context| context.is_empty()) {
        return Err(unusable("it has no current context".to_owned()));
    }
    Ok(path)
}

/// Two regions with the same file share a cluster.
fn from_flag(name: common::domain::name::RegionName, kubeconfig: Option<&Path>) -> Result<Region> {
    let Some(file) = kubeconfig else { return Ok(Region::with_defaults(name, SHARED.to_owned(), None)) };
    let path = find(file)?.display().to_string();
    Ok(Region::with_defaults(name, path.clone(), Some(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubeconfig_that_leads_nowhere_is_refused_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("empty", "{}"), ("broken", "a: ["), ("no-context", "current-context: ''")] {
            let file = folder.path().join(name);
            fs::write(&file, text).unwrap();
            assert!(matches!(find(&file), Err(Error::Kubeconfig { .. })), "{name}");
        }
        assert!(matches!(find(&folder.path().join("absent")), Err(Error::File { .. })));
    }
}
