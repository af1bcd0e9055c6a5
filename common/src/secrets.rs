//! Where secret files are kept: AWS Secrets Manager, or a folder (lain-spec 2.6).

mod folder;
mod manager;

use std::path::PathBuf;

use crate::domain::Result;
use crate::domain::console::name::AppName;
use crate::domain::console::secret::SecretFiles;

pub use self::manager::Manager;

const DOING: &str = "read secret files";
/// The largest secret file, which is Secrets Manager's limit too.
const BYTES_MAX: u64 = 64 * 1024;

/// Where secret files are kept.
#[derive(Clone, Debug)]
pub enum Secrets {
    /// In AWS Secrets Manager.
    Manager(Manager),
    /// In files `<folder>/<app>/<podgroup>/<path in the container without its first slash>`.
    Folder(PathBuf),
    /// Nowhere: there are none.
    Nowhere,
}

impl Secrets {
    /// Those of these files that there are, by their paths in the container. `app` is the resource of an instance.
    ///
    /// # Errors
    /// If the place cannot be read, or a file is larger than 64 KiB.
    pub async fn read(&self, app: &AppName, podgroup: &str, paths: &[String]) -> Result<SecretFiles> {
        match self {
            Self::Nowhere => Ok(SecretFiles::new()),
            Self::Manager(manager) => manager.read(app, podgroup, paths).await,
            Self::Folder(folder) => {
                let mut files = SecretFiles::new();
                for path in paths {
                    if let Some(file) = folder::read(folder, app, podgroup, path)? {
                        files.insert(path.clone(), file);
                    }
                }
                Ok(files)
            }
        }
    }
}
