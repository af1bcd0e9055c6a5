//! Manifests of images: Docker's schema 2 and OCI's, and the indexes of both.

use serde::Deserialize;

use crate::domain::{Error, Result};

/// The media types that are understood.
pub(super) const ACCEPTED: &str = "application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json";

/// What a manifest leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Layers {
    /// The layers, the lowest first.
    Of(Vec<Descriptor>),
    /// Those of the manifest with this digest.
    InManifest(String),
}

/// A blob.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Descriptor {
    pub(super) digest: String,
    pub(super) size: u64,
}

#[derive(Deserialize)]
struct Manifest {
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
struct Entry {
    digest: String,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
}

/// Reads a manifest. A `lain.yaml` is the same on every platform, so any will do that is one.
pub(super) fn layers(body: &[u8]) -> Result<Layers> {
    let bad = |why: String| Error::Unacceptable(format!("the image has no manifest that can be read: {why}"));
    let Manifest { layers, manifests } =
        serde_json::from_slice(body).map_err(|error| bad(error.to_string()))?;
    let found = match (layers, manifests) {
        (Some(layers), _) => Layers::Of(layers),
        (None, Some(manifests)) => {
            // An attestation is of the platform "unknown".
            let is_image = |entry: &&Entry| {
                entry
                    .platform
                    .as_ref()
                    .is_none_or(|platform| platform.os != "unknown" && platform.architecture != "unknown")
            };
            let entry = manifests.into_iter().find(|entry| is_image(&entry));
            Layers::InManifest(entry.ok_or_else(|| bad("its index is empty".to_owned()))?.digest)
        }
        (None, None) => return Err(bad("push it as a Docker schema 2 or an OCI image".to_owned())),
    };
    let digests: Vec<&str> = match &found {
        Layers::Of(layers) => layers.iter().map(|layer| layer.digest.as_str()).collect(),
        Layers::InManifest(digest) => vec![digest],
    };
    let is_digest = |digest: &&str| {
        digest
            .strip_prefix("sha256:")
            .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    match digests.iter().find(|digest| !is_digest(digest)) {
        None => Ok(found),
        Some(digest) => Err(bad(format!("{digest} is no sha256 digest"))),
    }
}
