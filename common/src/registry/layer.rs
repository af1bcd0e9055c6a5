//! A layer: an archive that may hold `lain.yaml`. Only a plain file at its root counts.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use crate::domain::{Error, Result};

const FILE: &str = "lain.yaml";
/// What stands in an upper layer for a file that a lower one has (OCI image specification, layers).
const WHITEOUT: &str = ".wh.lain.yaml";
/// The largest `lain.yaml`.
const FILE_BYTES_MAX: u64 = 256 * 1024;
/// What a layer may become when it is unpacked.
const UNPACKED_BYTES_MAX: u64 = 64 * 1024 * 1024;
const ENTRIES_MAX: usize = 10_000;
const GZIP: [u8; 2] = [0x1f, 0x8b];

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
    if blob.starts_with(&GZIP) { find_in(MultiGzDecoder::new(blob)) } else { find_in(blob) }
}

fn find_in(unpacked: impl Read) -> Result<Found> {
    let bad = |why: &str| Error::Unacceptable(format!("the image has a layer that cannot be read: {why}"));
    let mut archive = Archive::new(unpacked.take(UNPACKED_BYTES_MAX));
    let entries = archive.entries().map_err(|error| bad(&error.to_string()))?;
    let mut found = Found::Nothing;
    for (index, entry) in entries.enumerate() {
        if index > ENTRIES_MAX {
            return Err(bad("it has too many files"));
        }
        let entry = entry.map_err(|error| bad(&error.to_string()))?;
        let path = entry.path_bytes().into_owned();
        let path = path.strip_prefix(b"./").unwrap_or(&path);
        if path == WHITEOUT.as_bytes() && found == Found::Nothing {
            found = Found::Removed;
        }
        if path != FILE.as_bytes() {
            continue;
        }
        if !matches!(entry.header().entry_type(), EntryType::Regular | EntryType::Continuous) {
            return Err(bad("lain.yaml in it is no plain file"));
        }
        if entry.size() > FILE_BYTES_MAX {
            return Err(bad("lain.yaml in it is larger than 256 KiB"));
        }
        let mut text = String::new();
        entry.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|error| bad(&error.to_string()))?;
        found = Found::File(text);
    }
    Ok(found)
}
