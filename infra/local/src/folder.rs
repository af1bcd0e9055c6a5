//! The folder of a stack: one stack at a time, for good or until the exit.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::{Error, Result};

const DEFAULT: &str = ".slipway";
const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_FOLDER: u32 = 0o700;
/// Files by which others find a running stack.
const ANNOUNCEMENTS: [&str; 2] = ["endpoints.json", "env"];

/// A folder that is ours for as long as this lives.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
    kept: Kept,
}

/// What becomes of the folder at the exit.
#[derive(Debug)]
enum Kept {
    Yes,
    /// It was absent or empty, and goes.
    No,
    /// It removes itself.
    Temporary(TempDir),
}

impl Folder {
    /// Takes the folder by the rules of `--data` and `--ephemeral`.
    pub(crate) fn take(data: Option<&Path>, ephemeral: bool) -> Result<Self> {
        let named = data.unwrap_or(Path::new(DEFAULT));
        let (path, kept) = match (ephemeral, data) {
            (false, _) => (named.to_owned(), Kept::Yes),
            (true, Some(named)) if is_absent_or_empty(named) => (named.to_owned(), Kept::No),
            (true, _) => {
                let made = tempfile::Builder::new().prefix("slipway-").tempdir();
                let made = made.map_err(failed("make a temporary folder in", &std::env::temp_dir()))?;
                (made.path().to_owned(), Kept::Temporary(made))
            }
        };
        let mut builder = DirBuilder::new();
        builder
            .recursive(true)
            .mode(PRIVATE_FOLDER)
            .create(&path)
            .map_err(failed("make the folder", &path))?;
        let path = fs::canonicalize(&path).map_err(failed("find", &path))?;
        let lock_path = path.join("lock");
        let lock = File::create(&lock_path).map_err(failed("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {
                let folder = Self { path, _lock: lock, kept };
                folder.retract();
                Ok(folder)
            }
            Err(TryLockError::WouldBlock) => Err(Error::Locked(path)),
            Err(TryLockError::Error(source)) => Err(failed("lock", &lock_path)(source)),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file into it that nobody else may read: it may hold credentials.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.path.join(name);
        let write = || {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(PRIVATE_FILE);
            options.open(&path)?.write_all(text.as_bytes())
        };
        write().map_err(failed("write", &path))?;
        Ok(path)
    }

    /// Makes a folder in it that nobody else may read.
    pub(crate) fn make(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join(name);
        let made = DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER).create(&path);
        made.map_err(failed("make the folder", &path))?;
        Ok(path)
    }

    /// Takes back what says where the stack is: it is there no longer, or not yet.
    fn retract(&self) {
        for name in ANNOUNCEMENTS {
            let _may_be_absent = fs::remove_file(self.path.join(name));
        }
    }

    /// Removes it if it was not to be kept.
    pub(crate) fn leave(mut self) -> Result<()> {
        self.retract();
        match std::mem::replace(&mut self.kept, Kept::Yes) {
            Kept::Yes => Ok(()),
            Kept::No => fs::remove_dir_all(&self.path).map_err(failed("remove", &self.path)),
            Kept::Temporary(folder) => folder.close().map_err(failed("remove", &self.path)),
        }
    }
}

impl Drop for Folder {
    /// For a start that failed or was interrupted: nobody asks for the folder then.
    fn drop(&mut self) {
        if matches!(self.kept, Kept::No) {
            let _what_is_left_hurts_nobody = fs::remove_dir_all(&self.path);
        }
    }
}

fn is_absent_or_empty(path: &Path) -> bool {
    fs::read_dir(path).map_or(!path.exists(), |mut entries| entries.next().is_none())
}

fn failed(doing: &'static str, path: &Path) -> impl Fn(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { doing, path: path.clone(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_stack_on_the_same_folder_is_refused() {
        let data = tempfile::tempdir().unwrap();
        let first = Folder::take(Some(data.path()), false).unwrap();
        assert!(matches!(Folder::take(Some(data.path()), false), Err(Error::Locked(_))));
        drop(first);
        assert!(Folder::take(Some(data.path()), false).is_ok());
    }

    #[test]
    fn an_ephemeral_folder_is_removed_after_a_start_that_failed() {
        let parent = tempfile::tempdir().unwrap();
        let absent = parent.path().join("a");
        drop(Folder::take(Some(&absent), true).unwrap());
        assert!(!absent.exists());
    }

    #[test]
    fn an_ephemeral_folder_is_removed_and_a_used_one_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let absent = parent.path().join("a/b");
        let folder = Folder::take(Some(&absent), true).unwrap();
        folder.write("file", "text").unwrap();
        folder.leave().unwrap();
        assert!(!absent.exists());

        let used = parent.path().join("used");
        fs::create_dir(&used).unwrap();
        fs::write(used.join("file"), "text").unwrap();
        let folder = Folder::take(Some(&used), true).unwrap();
        assert_ne!(folder.path(), fs::canonicalize(&used).unwrap());
        let temporary = folder.path().to_owned();
        folder.leave().unwrap();
        assert!(used.join("file").exists() && !temporary.exists());
    }

    #[test]
    fn what_an_earlier_start_announced_is_taken_back() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join("endpoints.json"), "{}").unwrap();
        let folder = Folder::take(Some(data.path()), false).unwrap();
        assert!(!data.path().join("endpoints.json").exists(), "it is not there yet");
        folder.write("env", "A=1").unwrap();
        folder.leave().unwrap();
        assert!(!data.path().join("env").exists(), "it is there no longer");
    }
}
