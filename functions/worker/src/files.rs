//! The secret files of an app's procs: those of its deployed revision in the cluster, else those of their store
//! (lain-spec 2.6: a change of them takes effect at the next deploy only).

use std::collections::BTreeMap;

use common::domain::Error;
use common::domain::console::app::{App, DeployedProc, Desired};
use common::domain::console::name::AppName;
use common::domain::console::secret::{MODE_DEFAULT, SecretFile, SecretFiles};
use common::domain::console::workload::{Files, namespace, secret_key, secret_name};
use common::domain::workload::label;
use common::secrets::Secrets;
use k8s_openapi::api::core::v1::Secret;

use crate::cluster::{Cluster, ClusterError};

/// Why there are no secret files.
#[derive(Debug)]
pub(crate) enum FilesError {
    /// The cluster cannot be asked.
    Cluster(ClusterError),
    /// Their store cannot be asked.
    Store(Error),
    /// They are not as they must be. For people.
    Bad(String),
}

/// The secret files of the app's procs.
pub(crate) async fn files(secrets: &Secrets, cluster: &Cluster, app: &App) -> Result<Files, FilesError> {
    let namespace = namespace(app.name()).name;
    let owner = app.name().repository();
    let mut files = Files::new();
    for proc in app.procs().iter().filter(|proc| has_files(proc)) {
        let podgroup = proc.podgroup(&owner);
        let applied = cluster.secret(&namespace, &secret_name(app, proc), &app.uid).await;
        let applied = applied.map_err(FilesError::Cluster)?.and_then(|secret| of_revision(app, proc, secret));
        let read = match applied {
            Some(applied) => applied,
            None => stored(secrets, &owner, &podgroup, proc).await?,
        };
        files.insert(podgroup, read);
    }
    Ok(files)
}

async fn stored(
    secrets: &Secrets,
    owner: &AppName,
    podgroup: &str,
    proc: &DeployedProc,
) -> Result<SecretFiles, FilesError> {
    let files = match secrets.read(owner, podgroup, &proc.proc.secret_files).await {
        Ok(files) => files,
        Err(error @ Error::Unavailable { .. }) => return Err(FilesError::Store(error)),
        // What is wrong with a file stays so until somebody changes it.
        Err(error) => return Err(FilesError::Bad(error.to_string())),
    };
    match missing(proc, &files).as_slice() {
        [] => Ok(files),
        missing => {
            Err(FilesError::Bad(format!("secret files of {podgroup} are missing: {}", missing.join(", "))))
        }
    }
}

fn has_files(proc: &DeployedProc) -> bool {
    !proc.is_portal() && proc.desired != Desired::Removed && !proc.proc.secret_files.is_empty()
}

/// The files in the cluster, if they are of the app's newest deploy.
fn of_revision(app: &App, proc: &DeployedProc, secret: Secret) -> Option<SecretFiles> {
    let labels = secret.metadata.labels.unwrap_or_default();
    if *labels.get(label::REVISION)? != app.revision.to_string() {
        return None;
    }
    let modes = secret.metadata.annotations.unwrap_or_default().remove(label::FILE_MODES);
    let modes: BTreeMap<String, u32> =
        modes.and_then(|modes| serde_json::from_str(&modes).ok()).unwrap_or_default();
    let mut data = secret.data.unwrap_or_default();
    let found = proc.proc.secret_files.iter().filter_map(|path| {
        let key = secret_key(path);
        let content = data.remove(&key)?.0;
        let mode = modes.get(&key).copied().unwrap_or(MODE_DEFAULT);
        Some((path.clone(), SecretFile { content, mode }))
    });
    let found: SecretFiles = found.collect();
    missing(proc, &found).is_empty().then_some(found)
}

/// The files that the proc must have and that are not there.
fn missing<'a>(proc: &'a DeployedProc, files: &SecretFiles) -> Vec<&'a str> {
    let is_missing = |path: &&String| !proc.proc.secret_files_bypass && !files.contains_key(*path);
    proc.proc.secret_files.iter().filter(is_missing).map(String::as_str).collect()
}

#[cfg(test)]
mod tests;
