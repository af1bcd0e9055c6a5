//! A layer: an archive that may hold `lain.yaml`. Only a plain file at its root counts.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use crate::domain::{Error, Result};

const FILE: &str = "lain.yaml";
/// What stands in an upper layer for a file that a lower one has (OCI image specification, layers).
const WHITEOUT: &str = ".wh.lain.yaml";
/// What stands there for all that lower ones have in the folder.
const OPAQUE: &str = ".wh..wh..opq";
/// The largest `lain.yaml`.
const FILE_BYTES_MAX: u64 = 256 * 1024;
/// What a layer may become when it is unpacked.
const UNPACKED_BYTES_MAX: usize = 32 * 1024 * 1024;
const ENTRIES_MAX: usize = 10_000;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What is in a layer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The file's text.
    File(String),
    /// The mark that the file of lower layers is gone.
    Removed,
    /// Neither.
    Nothing,
}

/// Looks for the file.
pub(super) fn find(blob: &[u8]) -> Result<Found> {
    let found = if blob.starts_with(&ZSTD) {
        Err(io::Error::other("it is packed with zstd, not with gzip"))
    } else if blob.starts_with(&GZIP) {
        find_in(MultiGzDecoder::new(blob))
    } else {
        find_in(blob)
    };
    found.map_err(|why| {
        Error::Unacceptable(format!(
            "the image has a layer that cannot be read: {why}; it is to have one layer, with lain.yaml"
        ))
    })
}

fn find_in(unpacked: impl Read) -> io::Result<Found> {
    let bad = |why: &str| Err(io::Error::other(why));
    let mut archive = Archive::new(Limited { inner: unpacked, bytes_left: UNPACKED_BYTES_MAX });
    let mut found = Found::Nothing;
    for (index, entry) in archive.entries()?.enumerate() {
        if index >= ENTRIES_MAX {
            return bad("it has too many files");
        }
        let entry = entry?;
        let path = entry.path_bytes().into_owned();
        let path = path.strip_prefix(b"./").unwrap_or(&path);
        let is_mark = path == WHITEOUT.as_bytes() || path == OPAQUE.as_bytes();
        if is_mark && found == Found::Nothing {
            found = Found::Removed;
        }
        if path != FILE.as_bytes() {
            continue;
        }
        if !matches!(entry.header().entry_type(), EntryType::Regular | EntryType::Continuous) {
            return bad("lain.yaml in it is no plain file");
        }
        if entry.size() > FILE_BYTES_MAX {
            return bad("lain.yaml in it is larger than 256 KiB");
        }
        let mut text = String::new();
        entry.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
        found = Found::File(text);
    }
    Ok(found)
}

/// Fails where it would give more than that.
struct Limited<R> {
    inner: R,
    bytes_left: usize,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let left = self.bytes_left.checked_sub(count);
        self.bytes_left = left.ok_or_else(|| io::Error::other("it unpacks to more than 32 MiB"))?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
