//! Requests to a registry, each with a limit on what is read.

use std::collections::HashSet;

use reqwest::header::{ACCEPT, AUTHORIZATION, LINK, LOCATION, WWW_AUTHENTICATE};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::challenge::Challenge;
use super::manifest::{self, Descriptor, Layers};
use super::{Credentials, Registry};
use crate::domain::{Error, Result};

const DOING: &str = "ask the registry";
/// Tags that are asked for at once.
const PAGE: usize = 1000;
/// Pages that are read: 50 000 tags.
const PAGES_MAX: usize = 50;
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
const MANIFEST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// A layer with one small file in it.
const LAYER_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Layers that are looked at.
const LAYERS_MAX: usize = 32;
/// Where blobs lie, if not in the registry.
const REDIRECTS_MAX: usize = 3;

#[derive(Deserialize)]
struct TagList {
    /// Some registries say `null` for none.
    tags: Option<Vec<String>>,
}

impl Registry {
    pub(super) async fn all_tags(&self, repository: &str) -> Result<Option<Vec<String>>> {
        let mut tags = Vec::new();
        let mut next = Some(format!("/v2/{repository}/tags/list?n={PAGE}"));
        let mut pages = HashSet::new();
        while let Some(path) = next {
            if !pages.insert(path.clone()) || pages.len() > PAGES_MAX {
                return Err(Error::unavailable(DOING, "the list of tags does not end"));
            }
            let response = self.get(repository, &path, "application/json").await?;
            match response.status() {
                StatusCode::NOT_FOUND => return Ok(None),
                StatusCode::OK => {}
                status => return Err(unexpected(status)),
            }
            next = next_page(&response, &self.base);
            let body = read(response, PAGE_BYTES_MAX).await?;
            let page: TagList =
                serde_json::from_slice(&body).map_err(|error| Error::unavailable(DOING, error))?;
            tags.extend(page.tags.unwrap_or_default());
        }
        Ok(Some(tags))
    }

    /// The layers of a tag's image.
    pub(super) async fn layers(&self, repository: &str, tag: &str) -> Result<Vec<Descriptor>> {
        let layers = match self.manifest(repository, tag).await? {
            Layers::Of(layers) => layers,
            Layers::InManifest(digest) => match self.manifest(repository, &digest).await? {
                Layers::Of(layers) => layers,
                Layers::InManifest(_) => {
                    return Err(Error::Unacceptable(format!(
                        "the image {repository}:{tag} is an index of indexes"
                    )));
                }
            },
        };
        if layers.len() > LAYERS_MAX {
            return Err(Error::Unacceptable(format!(
                "the image {repository}:{tag} has {} layers: it is to have one with lain.yaml in it",
                layers.len()
            )));
        }
        Ok(layers)
    }

    async fn manifest(&self, repository: &str, reference: &str) -> Result<Layers> {
        let path = format!("/v2/{repository}/manifests/{reference}");
        let response = self.get(repository, &path, manifest::ACCEPTED).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => {
                return Err(Error::Unacceptable(format!(
                    "the registry has no image {repository}:{reference}"
                )));
            }
            status => return Err(unexpected(status)),
        }
        let body = read(response, MANIFEST_BYTES_MAX).await?;
        if reference.starts_with("sha256:") {
            check_digest(reference, &body)?;
        }
        manifest::layers(&body)
    }

    /// The bytes of a layer, which are what its digest says.
    pub(super) async fn blob(&self, repository: &str, layer: &Descriptor) -> Result<Vec<u8>> {
        if layer.size > LAYER_BYTES_MAX {
            return Err(Error::Unacceptable(format!(
                "the image has a layer of {} bytes: a meta image holds only lain.yaml",
                layer.size
            )));
        }
        let path = format!("/v2/{repository}/blobs/{}", layer.digest);
        let mut response = self.get(repository, &path, "*/*").await?;
        for _ in 0..REDIRECTS_MAX {
            if !response.status().is_redirection() {
                break;
            }
            let place = response.headers().get(LOCATION).and_then(|place| place.to_str().ok());
            let place = place.and_then(|place| response.url().join(place).ok());
            let place = place.ok_or_else(|| Error::unavailable(DOING, "a redirect leads nowhere"))?;
            // Our credentials are the registry's alone.
            response = send(self.client.get(place)).await?;
        }
        if response.status() != StatusCode::OK {
            return Err(unexpected(response.status()));
        }
        let size = usize::try_from(layer.size).unwrap_or(usize::MAX);
        let bytes = read(response, size).await?;
        check_digest(&layer.digest, &bytes)?;
        Ok(bytes)
    }

    /// Gets a path; shows the credentials that the registry asks for, if it does.
    async fn get(&self, repository: &str, path: &str, accept: &str) -> Result<Response> {
        let request = || self.client.get(format!("{}{path}", self.base)).header(ACCEPT, accept);
        let response = match &self.credentials {
            Credentials::Signed(signer) => {
                let token = signer.registry_token("lain", repository, &["pull", "push"])?;
                return send(request().bearer_auth(token)).await;
            }
            Credentials::Basic { user, password } => {
                send(request().basic_auth(user, Some(&password.0))).await?
            }
            Credentials::Anonymous => send(request()).await?,
        };
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let challenge = response.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
        let Some(challenge) = challenge.and_then(Challenge::parse) else { return Ok(response) };
        let token = self.token(&challenge, repository).await?;
        send(request().header(AUTHORIZATION, format!("Bearer {token}"))).await
    }

    async fn token(&self, challenge: &Challenge, repository: &str) -> Result<String> {
        let scope = format!("repository:{repository}:pull");
        let query = [("service", challenge.service.as_str()), ("scope", scope.as_str())];
        let url = Url::parse_with_params(&challenge.realm, query)
            .map_err(|error| Error::unavailable("read the registry's challenge", error))?;
        let request = match &self.credentials {
            Credentials::Basic { user, password } => self.client.get(url).basic_auth(user, Some(&password.0)),
            Credentials::Anonymous | Credentials::Signed(_) => self.client.get(url),
        };
        let body = read(send(request).await?, PAGE_BYTES_MAX).await?;
        Challenge::token(&body).ok_or_else(|| Error::unavailable(DOING, "it gives no token"))
    }
}

async fn send(request: RequestBuilder) -> Result<Response> {
    request.send().await.map_err(|error| Error::unavailable(DOING, error.without_url()))
}

/// The body, if it is no longer than that.
async fn read(mut response: Response, bytes_max: usize) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|error| Error::unavailable(DOING, error.without_url()))?
    {
        if body.len() + chunk.len() > bytes_max {
            return Err(Error::Unacceptable("the registry sends more than it said".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn check_digest(digest: &str, bytes: &[u8]) -> Result<()> {
    let found = Sha256::digest(bytes).iter().fold(String::from("sha256:"), |mut text, byte| {
        use std::fmt::Write as _;
        let _never_fails = write!(text, "{byte:02x}");
        text
    });
    if digest == found {
        return Ok(());
    }
    Err(Error::Unacceptable(format!("the registry sends something else than {digest}: push the image again")))
}

/// The path of the next page, which must be the registry's own.
fn next_page(response: &Response, base: &str) -> Option<String> {
    let link = response.headers().get(LINK)?.to_str().ok()?;
    let (target, relation) = link.split_once(';')?;
    if !relation.contains("next") {
        return None;
    }
    let target = target.trim().trim_start_matches('<').trim_end_matches('>');
    let target = target.strip_prefix(base).unwrap_or(target);
    target.starts_with('/').then(|| target.to_owned())
}

fn unexpected(status: StatusCode) -> Error {
    Error::unavailable(DOING, format!("it answered {status}"))
}
