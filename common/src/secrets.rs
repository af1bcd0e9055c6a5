//! Where secret files are kept: a folder, or AWS Secrets Manager (lain-spec 2.6).

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use crate::domain::console::name::AppName;
use crate::domain::console::secret::{MODE_DEFAULT, SecretFile, SecretFiles};
use crate::domain::{Error, Result};

const DOING: &str = "read secret files";
/// The largest secret file; all of a proc's together must fit into a Kubernetes Secret, 1 MiB.
const BYTES_MAX: u64 = 64 * 1024;

/// Where secret files are kept.
#[derive(Clone, Debug)]
pub enum Secrets {
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
    pub fn read(&self, app: &AppName, podgroup: &str, paths: &[String]) -> Result<SecretFiles> {
        match self {
            Self::Nowhere => Ok(SecretFiles::new()),
            Self::Folder(folder) => {
                let mut files = SecretFiles::new();
                for path in paths {
                    if let Some(file) = read_file(folder, app, podgroup, path)? {
                        files.insert(path.clone(), file);
                    }
                }
                Ok(files)
            }
        }
    }
}

/// A file in the folder; none if it is not there, or not in the folder.
fn read_file(folder: &Path, app: &AppName, podgroup: &str, path: &str) -> Result<Option<SecretFile>> {
    let inside = Path::new(app.as_str()).join(podgroup).join(path.trim_start_matches('/'));
    if !inside.components().all(|part| matches!(part, Component::Normal(_))) {
        return Ok(None);
    }
    let failed = |error: std::io::Error| Error::unavailable(DOING, error);
    // A link may lead out of the folder.
    let real = match folder.join(inside).canonicalize() {
        Ok(real) => real,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(failed(error)),
    };
    if !real.starts_with(folder.canonicalize().map_err(failed)?) || !real.is_file() {
        return Ok(None);
    }
    if real.metadata().map_err(failed)?.len() > BYTES_MAX {
        return Err(Error::invalid(path, "is a secret file of more than 64 KiB"));
    }
    let content = std::fs::read(&real).map_err(failed)?;
    Ok(Some(SecretFile { content, mode: MODE_DEFAULT }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_their_folder_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("secrets/hello/hello.web.web/lain/app");
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("key"), "s").unwrap();
        std::fs::write(folder.path().join("outside"), "s").unwrap();
        std::os::unix::fs::symlink(folder.path().join("outside"), home.join("link")).unwrap();
        let secrets = Secrets::Folder(folder.path().join("secrets"));
        let read = |path: &str| {
            let app = "hello".parse().unwrap();
            secrets.read(&app, "hello.web.web", &[path.to_owned()]).unwrap()
        };
        let found = read("/lain/app/key");
        assert_eq!(found["/lain/app/key"], SecretFile { content: b"s".to_vec(), mode: 0o400 });
        for absent in
            ["/lain/app/other", "/lain/app", "/lain/app/key/x", "/../../../../outside", "/lain/app/link"]
        {
            assert!(read(absent).is_empty(), "{absent}");
        }
        assert!(!format!("{found:?}").contains("115"), "contents are not shown");
    }

    #[test]
    fn a_large_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("hello/g");
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("key"), vec![0; 65 * 1024]).unwrap();
        let secrets = Secrets::Folder(folder.path().to_owned());
        let read = secrets.read(&"hello".parse().unwrap(), "g", &["/key".to_owned()]);
        assert!(read.is_err_and(|error| error.to_string().contains("64 KiB")));
    }
}
