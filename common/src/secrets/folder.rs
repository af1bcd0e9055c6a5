//! Secret files in a folder.

use std::io::ErrorKind;
use std::path::{Component, Path};

use super::{BYTES_MAX, DOING};
use crate::domain::console::name::AppName;
use crate::domain::console::secret::{MODE_DEFAULT, SecretFile};
use crate::domain::{Error, Result};

/// A file in the folder; none if it is not there, or not in the folder.
pub(super) fn read(folder: &Path, app: &AppName, podgroup: &str, path: &str) -> Result<Option<SecretFile>> {
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
        let secrets = folder.path().join("secrets");
        let read = |path: &str| read(&secrets, &"hello".parse().unwrap(), "hello.web.web", path).unwrap();
        let found = read("/lain/app/key");
        assert_eq!(found, Some(SecretFile { content: b"s".to_vec(), mode: 0o400 }));
        for absent in
            ["/lain/app/other", "/lain/app", "/lain/app/key/x", "/../../../../outside", "/lain/app/link"]
        {
            assert_eq!(read(absent), None, "{absent}");
        }
        assert!(!format!("{found:?}").contains("115"), "contents are not shown");
    }

    #[test]
    fn a_large_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("hello/g");
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("key"), vec![0; 65 * 1024]).unwrap();
        let read = read(folder.path(), &"hello".parse().unwrap(), "g", "/key");
        assert!(read.is_err_and(|error| error.to_string().contains("64 KiB")));
    }
}
