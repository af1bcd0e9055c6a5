//! Where secret files are kept: AWS Secrets Manager, or a folder (lain-spec 2.6).

mod folder;
mod manager;

use std::path::PathBuf;

use crate::domain::console::name::AppName;
use crate::domain::console::secret::SecretFiles;
use crate::domain::{Error, Result};

pub use self::manager::Manager;

const DOING: &str = "read secret files";
/// The largest secret file, which is Secrets Manager's limit too.
const BYTES_MAX: u64 = 64 * 1024;
/// All of a proc's together: the largest Kubernetes Secret.
const ALL_BYTES_MAX: usize = 1024 * 1024;

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
    /// If the place cannot be read, a file is larger than 64 KiB, or all are larger than 1 MiB.
    pub async fn read(&self, app: &AppName, podgroup: &str, paths: &[String]) -> Result<SecretFiles> {
        let files = match self {
            Self::Nowhere => SecretFiles::new(),
            Self::Manager(manager) => manager.read(app, podgroup, paths).await?,
            Self::Folder(folder) => {
                let mut files = SecretFiles::new();
                for path in paths {
                    if let Some(file) = folder::read(folder, app, podgroup, path)? {
                        files.insert(path.clone(), file);
                    }
                }
                files
            }
        };
        if files.values().map(|file| file.content.len()).sum::<usize>() > ALL_BYTES_MAX {
            return Err(Error::invalid(
                "secret_files",
                format!("of {podgroup} are more than 1 MiB together"),
            ));
        }
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_files_of_a_proc_fit_into_one_secret_of_the_cluster() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("hello/g");
        std::fs::create_dir_all(&home).unwrap();
        let paths: Vec<_> = (0..17).map(|number| format!("/{number}")).collect();
        for path in &paths {
            std::fs::write(home.join(&path[1..]), vec![0; 64 * 1024]).unwrap();
        }
        let secrets = Secrets::Folder(folder.path().to_owned());
        let app = "hello".parse().unwrap();
        assert_eq!(secrets.read(&app, "g", &paths[..16]).await.unwrap().len(), 16, "the limits are good");
        let many = secrets.read(&app, "g", &paths).await.unwrap_err();
        assert_eq!(many.to_string(), "secret_files of g are more than 1 MiB together");
    }
}
