use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

use super::*;

/// An entry whose header says `size`, which may be a lie.
fn entry(archive: &mut Builder<Vec<u8>>, name: &str, kind: EntryType, size: u64, content: &[u8]) {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    // Set by hand: the archive's own way refuses what a lying image has.
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_cksum();
    archive.append(&header, content).unwrap();
}

fn tar_of(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    for (name, kind, content) in entries {
        entry(&mut archive, name, *kind, content.len() as u64, content);
    }
    archive.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[track_caller]
fn refused(blob: &[u8], why: &str) {
    let told = find(blob).unwrap_err().to_string();
    assert!(told.contains(why), "{why}: {told}");
}

#[test]
fn a_plain_file_at_the_root_is_found() {
    let (regular, text) = (EntryType::Regular, b"appname: a\n".as_slice());
    let found = Found::File("appname: a\n".to_owned());
    for name in ["lain.yaml", "./lain.yaml"] {
        let layer = tar_of(&[("a", regular, b"x"), (name, regular, text), ("b", regular, b"")]);
        assert_eq!(find(&layer).unwrap(), found, "{name}");
        assert_eq!(find(&gzip(&layer)).unwrap(), found, "{name}");
    }
    for name in ["../lain.yaml", "/lain.yaml", "a/../lain.yaml", "a/lain.yaml", "lain.yaml.bak", "LAIN.YAML"]
    {
        assert_eq!(find(&tar_of(&[(name, regular, text)])).unwrap(), Found::Nothing, "{name}");
    }
    let twice = tar_of(&[("lain.yaml", regular, b"old"), ("lain.yaml", regular, b"new")]);
    assert_eq!(find(&twice).unwrap(), Found::File("new".to_owned()), "as it would be unpacked");
}

#[test]
fn what_is_no_plain_file_is_refused() {
    for kind in [
        EntryType::Link,
        EntryType::Symlink,
        EntryType::Char,
        EntryType::Block,
        EntryType::Fifo,
        EntryType::Directory,
    ] {
        refused(&tar_of(&[("lain.yaml", kind, b"")]), "no plain file");
    }
    // A sparse file of a terabyte, of which nothing is there.
    let mut header = Header::new_gnu();
    header.set_path("lain.yaml").unwrap();
    header.set_entry_type(EntryType::GNUSparse);
    header.set_size(0);
    header.as_gnu_mut().unwrap().set_real_size(1 << 40);
    header.set_cksum();
    let mut archive = Builder::new(Vec::new());
    archive.append(&header, io::empty()).unwrap();
    let told = find(&archive.into_inner().unwrap()).unwrap_err().to_string();
    assert!(told.contains("cannot be read"), "{told}");
}

#[test]
fn a_mark_hides_the_file_of_lower_layers_but_not_its_own() {
    let regular = EntryType::Regular;
    for mark in [".wh.lain.yaml", "./.wh.lain.yaml", ".wh..wh..opq"] {
        assert_eq!(find(&tar_of(&[(mark, regular, b"")])).unwrap(), Found::Removed, "{mark}");
        let file = ("lain.yaml", regular, b"x".as_slice());
        for both in [[(mark, regular, b"".as_slice()), file], [file, (mark, regular, b"")]] {
            assert_eq!(find(&tar_of(&both)).unwrap(), Found::File("x".to_owned()), "{mark}");
        }
    }
    assert_eq!(find(&tar_of(&[("a/.wh..wh..opq", regular, b"")])).unwrap(), Found::Nothing);
}

#[test]
fn sizes_have_limits_whatever_headers_say() {
    let regular = EntryType::Regular;
    let limit = 256 * 1024;
    let full = vec![b' '; limit];
    assert_eq!(
        find(&tar_of(&[("lain.yaml", regular, &full)])).unwrap(),
        Found::File(" ".repeat(limit)),
        "the limit itself is good"
    );
    refused(&tar_of(&[("lain.yaml", regular, &[&full[..], b" "].concat())]), "larger than 256 KiB");

    let lie = |name: &str, size| {
        let mut archive = Builder::new(Vec::new());
        entry(&mut archive, name, regular, size, b"x");
        archive.into_inner().unwrap()
    };
    refused(&lie("lain.yaml", 1 << 40), "larger than 256 KiB");
    refused(&lie("lain.yaml", 100_000), "unexpected EOF");
    refused(&lie("other", u64::MAX), "size overflow");
    refused(&lie("other", 1 << 40), "unexpected EOF");
}

/// Zeros of 40 MiB become 40 KiB. The file comes behind them, so that it is found if they are all unpacked.
#[test]
fn a_bomb_is_not_unpacked() {
    let zeros = vec![0; 40 << 20];
    let kinds = [EntryType::Regular, EntryType::GNULongName, EntryType::XHeader];
    for kind in kinds {
        let layer = tar_of(&[("zeros", kind, &zeros), ("lain.yaml", EntryType::Regular, b"x")]);
        let bomb = gzip(&layer);
        assert!(bomb.len() < 1 << 20);
        refused(&bomb, "unpacks to more than 32 MiB");
    }
    let files = vec![("a", EntryType::Regular, b"".as_slice()); ENTRIES_MAX + 1];
    refused(&tar_of(&files), "too many files");
    assert_eq!(find(&tar_of(&files[1..])).unwrap(), Found::Nothing);
}

#[test]
fn what_is_no_archive_is_refused() {
    refused(b"no archive", "cannot be read");
    refused(&[0x1f, 0x8b, 0, 0], "cannot be read");
    refused(&[0x28, 0xb5, 0x2f, 0xfd, 0], "packed with zstd");
    refused(&tar_of(&[("lain.yaml", EntryType::Regular, b"\xff\xfe")]), "UTF-8");
    let layer = gzip(&tar_of(&[("lain.yaml", EntryType::Regular, b"x")]));
    refused(&layer[..layer.len() / 2], "cannot be read");
}
