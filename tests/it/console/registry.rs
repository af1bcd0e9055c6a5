//! The registry: what is asked of it, what it may answer, and what becomes of its lies.

mod access;

use common::domain::Error;
use common::registry::{Credentials, Registry};
use local::push::archive;
use serde_json::json;

use crate::support::{Answering, Images};

const YAML: &str = "appname: hello\n";
const TAGS: &str = "/v2/hello/tags/list?n=1000";

fn registry(images: &Images) -> Registry {
    Registry::new(&images.address, Credentials::Anonymous).unwrap()
}

/// The `lain.yaml` of version `1-a`, or why there is none.
async fn yaml(images: &Images) -> Result<String, String> {
    let read = registry(images).lain_yaml("hello", &"1-a".parse().unwrap()).await;
    read.map_err(|error| if let Error::Unacceptable(why) = error { why } else { error.chain().to_string() })
}

/// An archive of entries: name, type, content.
fn tar_of(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, kind, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // Set by hand: the archive's own way refuses what a lying image has.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        if *kind == tar::EntryType::Symlink {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        archive.append(&header, *content).unwrap();
    }
    archive.into_inner().unwrap()
}

#[tokio::test]
async fn tags_come_page_by_page() {
    let images = Images::start().await;
    let page = |tags: &str, next: Option<&str>| {
        let link = next.map(|next| ("link", format!("<{next}>; rel=\"next\"")));
        Answering::With(200, link, json!({"name": "hello", "tags": [tags]}).to_string())
    };
    images.answer(TAGS, page("a", Some("/v2/hello/tags/list?n=1000&last=a")));
    images.answer("/v2/hello/tags/list?n=1000&last=a", page("b", Some("/v2/hello/tags/list?n=1000&last=b")));
    images.answer("/v2/hello/tags/list?n=1000&last=b", page("c", None));
    assert_eq!(registry(&images).tags("hello").await.unwrap().unwrap(), ["a", "b", "c"]);
    assert_eq!(registry(&images).tags("other").await.unwrap(), None);
    images.answer(TAGS, Answering::With(200, None, r#"{"name":"hello","tags":null}"#.to_owned()));
    assert_eq!(registry(&images).tags("hello").await.unwrap().unwrap(), Vec::<String>::new());
    // A list that leads back to itself ends, and so does one that leads on for ever, or says too much.
    images.answer(TAGS, page("a", Some(TAGS)));
    assert!(registry(&images).tags("hello").await.is_err());
    for (bytes, pages) in [(1, 50), (1 << 20, 4), (5 << 20, 1)] {
        images.answer("/v2/hello/tags/list", Answering::Page(bytes));
        images.answer(TAGS, Answering::Page(bytes));
        images.take_asked();
        assert!(registry(&images).tags("hello").await.is_err());
        assert_eq!(images.take_asked().len(), pages, "pages of {bytes} bytes");
    }
}

#[tokio::test]
async fn every_sort_of_image_is_read() {
    let file = |name: &str| tar_of(&[(name, tar::EntryType::Regular, YAML.as_bytes())]);
    for layer in [archive("lain.yaml", YAML).unwrap(), file("lain.yaml"), file("./lain.yaml")] {
        let images = Images::start().await;
        images.image("hello", "meta-1-a", &layer, None, None);
        assert_eq!(yaml(&images).await.unwrap(), YAML);
        assert_eq!(images.take_asked().len(), 2, "the manifest and the layer");
    }
    // An index, of an attestation and of an image.
    let images = Images::start().await;
    let layer = archive("lain.yaml", YAML).unwrap();
    let digest = |bytes: &[u8]| format!("sha256:{}", common::domain::digest::sha256_hex(bytes, 32));
    images.image("hello", "unused", &layer, None, None);
    let manifest = json!({"layers": [{"digest": digest(&layer), "size": layer.len()}]}).to_string();
    let index = json!({"manifests": [
        {"digest": digest(b"attestation"), "platform": {"os": "unknown", "architecture": "unknown"}},
        {"digest": digest(manifest.as_bytes()), "platform": {"os": "linux", "architecture": "arm64"}},
    ]});
    images.raw(&format!("/v2/hello/manifests/{}", digest(manifest.as_bytes())), manifest.as_bytes());
    images.raw("/v2/hello/manifests/meta-1-a", index.to_string().as_bytes());
    assert_eq!(yaml(&images).await.unwrap(), YAML);
}

#[tokio::test]
async fn an_upper_layer_counts_more_than_a_lower_one() {
    let old = archive("lain.yaml", "old").unwrap();
    let removed = tar_of(&[(".wh.lain.yaml", tar::EntryType::Regular, b"")]);
    let other = archive("README", "x").unwrap();
    let digest = |bytes: &[u8]| format!("sha256:{}", common::domain::digest::sha256_hex(bytes, 32));
    for (upper, expected) in [
        (archive("lain.yaml", "new").unwrap(), Ok("new".to_owned())),
        (other, Ok("old".to_owned())),
        (removed, Err("the image hello:meta-1-a has no file lain.yaml".to_owned())),
    ] {
        let images = Images::start().await;
        let layers: Vec<_> =
            [&old, &upper].map(|layer| json!({"digest": digest(layer), "size": layer.len()})).to_vec();
        images.raw("/v2/hello/manifests/meta-1-a", json!({"layers": layers}).to_string().as_bytes());
        for layer in [&old, &upper] {
            images.raw(&format!("/v2/hello/blobs/{}", digest(layer)), layer);
        }
        assert_eq!(yaml(&images).await, expected);
    }
}

#[tokio::test]
async fn lies_are_found_out() {
    let good = archive("lain.yaml", YAML).unwrap();
    let zeros = format!("sha256:{}", "0".repeat(64));
    let large = " ".repeat(300 * 1024);
    let regular = tar::EntryType::Regular;
    for (layer, digest, size, why) in [
        (good.clone(), Some(zeros.as_str()), None, "sends something else"),
        (good.clone(), Some("sha256:../../x"), None, "no sha256 digest"),
        (good.clone(), None, Some(3 << 30), "a layer of 3221225472 bytes"),
        (good.clone(), None, Some(10), "more than it said"),
        (good.clone(), None, Some(good.len() + 1), ""),
        (archive("lain.yaml", &large).unwrap(), None, None, "larger than 256 KiB"),
        (archive("other", YAML).unwrap(), None, None, "no file lain.yaml"),
        (tar_of(&[("../lain.yaml", regular, b"x")]), None, None, "no file lain.yaml"),
        (tar_of(&[("/lain.yaml", regular, b"x")]), None, None, "no file lain.yaml"),
        (tar_of(&[("a/../lain.yaml", regular, b"x")]), None, None, "no file lain.yaml"),
        (tar_of(&[("lain.yaml", tar::EntryType::Symlink, b"")]), None, None, "no plain file"),
        (tar_of(&[("lain.yaml", tar::EntryType::Char, b"")]), None, None, "no plain file"),
        (tar_of(&[("lain.yaml", tar::EntryType::Directory, b"")]), None, None, "no plain file"),
        (tar_of(&[("lain.yaml", regular, b"\xff\xfe")]), None, None, "cannot be read"),
        (b"no archive".to_vec(), None, None, "cannot be read"),
        (vec![0x1f, 0x8b, 0, 0], None, None, "cannot be read"),
    ] {
        let images = Images::start().await;
        images.image("hello", "meta-1-a", &layer, digest, size);
        match yaml(&images).await {
            Err(told) => assert!(told.contains(why), "{why}: {told}"),
            Ok(_) => assert_eq!(why, "", "it should be refused"),
        }
    }
}

#[tokio::test]
async fn bad_manifests_are_told() {
    for (manifest, why) in [
        ("<html>", "no manifest that can be read"),
        ("{}", "push it as a Docker schema 2"),
        (r#"{"manifests":[]}"#, "index is empty"),
        (r#"{"schemaVersion":1,"fsLayers":[{"blobSum":"sha256:0"}]}"#, "push it as a Docker schema 2"),
        (r#"{"layers":[{"digest":"md5:1","size":1}]}"#, "no sha256 digest"),
    ] {
        let images = Images::start().await;
        images.raw("/v2/hello/manifests/meta-1-a", manifest.as_bytes());
        let told = yaml(&images).await.unwrap_err();
        assert!(told.contains(why), "{told}");
    }
    let images = Images::start().await;
    assert!(yaml(&images).await.unwrap_err().contains("has no image hello:meta-1-a"));
    let long = json!({"layers": [], "annotations": {"x": "x".repeat(5 << 20)}});
    images.raw("/v2/hello/manifests/meta-1-a", long.to_string().as_bytes());
    assert!(yaml(&images).await.unwrap_err().contains("more than 4 MiB"));
    let many: Vec<_> =
        (0..40).map(|_| json!({"digest": format!("sha256:{}", "0".repeat(64)), "size": 1})).collect();
    images.raw("/v2/hello/manifests/meta-1-a", json!({"layers": many}).to_string().as_bytes());
    assert!(yaml(&images).await.unwrap_err().contains("40 layers"));
}

/// What was to be there and is not, or is something else.
#[tokio::test]
async fn a_manifest_and_its_layers_are_what_is_said_of_them() {
    let images = Images::start().await;
    let layer = archive("lain.yaml", YAML).unwrap();
    images.image("hello", "meta-1-a", &layer, None, None);
    let digest = |bytes: &[u8]| format!("sha256:{}", common::domain::digest::sha256_hex(bytes, 32));
    let manifest = json!({"layers": [{"digest": digest(&layer), "size": layer.len()}]}).to_string();
    let with =
        |digest: String| Answering::With(200, Some(("docker-content-digest", digest)), manifest.clone());
    images.answer("/v2/hello/manifests/meta-1-a", with(digest(b"other")));
    assert!(yaml(&images).await.unwrap_err().contains("sends something else"));
    images.answer("/v2/hello/manifests/meta-1-a", with(digest(manifest.as_bytes())));
    assert_eq!(yaml(&images).await.unwrap(), YAML);
    images.answer("/v2/hello/manifests/meta-1-a", with("blake3:unknown".to_owned()));
    assert_eq!(yaml(&images).await.unwrap(), YAML);

    let blob = format!("/v2/hello/blobs/{}", digest(&layer));
    for (answer, why) in [
        (Answering::With(404, None, String::new()), "has lost the layer"),
        (Answering::Endlessly, "more than it said"),
        (Answering::With(200, None, "short".to_owned()), "sends something else"),
        (Answering::With(500, None, String::new()), "ask the registry: it answered 500"),
    ] {
        images.answer(&blob, answer);
        let told = yaml(&images).await.unwrap_err();
        assert!(told.contains(why), "{why}: {told}");
    }
    // An index whose manifest is another one.
    let index = json!({"manifests": [{"digest": digest(b"another")}]});
    let images = Images::start().await;
    images.raw("/v2/hello/manifests/meta-1-a", index.to_string().as_bytes());
    images.raw(&format!("/v2/hello/manifests/{}", digest(b"another")), manifest.as_bytes());
    assert!(yaml(&images).await.unwrap_err().contains("sends something else"));
}

#[tokio::test]
async fn a_registry_that_is_down_or_slow_fails_in_time() {
    let images = Images::start().await;
    images.answer(TAGS, Answering::With(500, None, String::new()));
    assert!(registry(&images).tags("hello").await.is_err());
    images.answer(TAGS, Answering::With(200, None, "<html>".to_owned()));
    assert!(registry(&images).tags("hello").await.is_err());
    images.answer(TAGS, Answering::With(307, Some(("location", TAGS.to_owned())), String::new()));
    assert!(registry(&images).tags("hello").await.is_err(), "a redirect is followed for blobs only");
    images.answer(TAGS, Answering::Endlessly);
    assert!(registry(&images).tags("hello").await.is_err());
    let start = std::time::Instant::now();
    images.answer(TAGS, Answering::Never);
    assert!(registry(&images).tags("hello").await.is_err());
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    let nobody = Registry::new("127.0.0.1:9", Credentials::Anonymous).unwrap();
    assert!(nobody.tags("hello").await.is_err());
}

/// A registry whose only layer lies at another place; with both the path of the layer.
async fn with_a_layer_elsewhere() -> (Images, Images, String) {
    let (images, store) = (Images::start().await, Images::start().await);
    let layer = archive("lain.yaml", YAML).unwrap();
    let digest = format!("sha256:{}", common::domain::digest::sha256_hex(&layer, 32));
    images.image("hello", "meta-1-a", &layer, None, None);
    let place = format!("http://{}/blob", store.address);
    let blob = format!("/v2/hello/blobs/{digest}");
    images.answer(&blob, Answering::With(307, Some(("location", place)), String::new()));
    store.raw("/blob", &layer);
    (images, store, blob)
}

#[tokio::test]
async fn a_blob_may_lie_elsewhere() {
    let (images, _store, blob) = with_a_layer_elsewhere().await;
    assert_eq!(yaml(&images).await.unwrap(), YAML);
    images.answer(&blob, Answering::With(307, Some(("location", blob.clone())), String::new()));
    assert!(yaml(&images).await.is_err(), "a loop ends");
}
