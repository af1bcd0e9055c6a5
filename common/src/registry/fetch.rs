//! Requests to a registry, each with a limit on what is read.

use std::collections::HashSet;

use reqwest::header::{HeaderMap, LINK, LOCATION};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;

use super::Registry;
use super::manifest::{self, Descriptor, Layers};
use crate::domain::digest::sha256_hex;
use crate::domain::{Error, Result};

pub(super) const DOING: &str = "ask the registry";
/// What says which bytes the registry takes a tag's manifest for.
const CONTENT_DIGEST: &str = "docker-content-digest";
/// Tags that are asked for at once.
const PAGE: usize = 1000;
/// Pages that are read: 50 000 tags.
const PAGES_MAX: usize = 50;
/// All pages together.
const TAGS_BYTES_MAX: usize = 4 * 1024 * 1024;
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
        let mut bytes_left = TAGS_BYTES_MAX;
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
            next = next_page(response.headers(), response.url());
            let body = read(response, bytes_left).await?;
            let body = body.ok_or_else(|| Error::unavailable(DOING, "the list of tags is too long"))?;
            bytes_left -= body.len();
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
        let told = response.headers().get(CONTENT_DIGEST).and_then(|value| value.to_str().ok());
        let told = told.map(str::to_owned);
        let Some(body) = read(response, MANIFEST_BYTES_MAX).await? else {
            return Err(Error::Unacceptable(format!(
                "the image {repository}:{reference} has a manifest of more than 4 MiB: it is to have one layer, with lain.yaml"
            )));
        };
        let digests = [Some(reference), told.as_deref()].into_iter().flatten();
        for digest in digests.filter(|digest| digest.starts_with("sha256:")) {
            check_digest(digest, &body)?;
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
            if self.base.starts_with("https:") && place.scheme() != "https" {
                return Err(Error::unavailable(DOING, "a redirect leads to a place without TLS"));
            }
            // Our credentials are the registry's alone.
            response = send(self.client.get(place)).await?;
        }
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => {
                return Err(Error::Unacceptable(format!(
                    "the registry has lost the layer {} of {repository}: push the image again",
                    layer.digest
                )));
            }
            status => return Err(unexpected(status)),
        }
        let size = usize::try_from(layer.size).unwrap_or(usize::MAX);
        let Some(bytes) = read(response, size).await? else {
            return Err(Error::Unacceptable(format!(
                "the registry sends more than it said of {}: push the image again",
                layer.digest
            )));
        };
        check_digest(&layer.digest, &bytes)?;
        Ok(bytes)
    }
}

pub(super) async fn send(request: RequestBuilder) -> Result<Response> {
    request.send().await.map_err(|error| Error::unavailable(DOING, error.without_url()))
}

/// The body; none if it is longer than that.
pub(super) async fn read(mut response: Response, bytes_max: usize) -> Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|error| Error::unavailable(DOING, error.without_url()))?
    {
        if body.len() + chunk.len() > bytes_max {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

fn check_digest(digest: &str, bytes: &[u8]) -> Result<()> {
    if digest == format!("sha256:{}", sha256_hex(bytes, 32)) {
        return Ok(());
    }
    Err(Error::Unacceptable(format!("the registry sends something else than {digest}: push the image again")))
}

/// The path of the next page (RFC 8288). It is asked of the registry itself, whatever host the link names: behind a proxy
/// it may know itself by another name.
fn next_page(headers: &HeaderMap, asked: &Url) -> Option<String> {
    let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    links.flat_map(|text| text.split('<').skip(1)).find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        let mut parameters = parameters.split([';', ',']).map(str::trim);
        if !parameters.any(|parameter| matches!(parameter, "rel=\"next\"" | "rel=next")) {
            return None;
        }
        let next = asked.join(target).ok()?;
        Some(next.query().map_or_else(|| next.path().to_owned(), |query| format!("{}?{query}", next.path())))
    })
}

fn unexpected(status: StatusCode) -> Error {
    Error::unavailable(DOING, format!("it answered {status}"))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn the_next_page_is_where_a_link_says() {
        let asked = Url::parse("https://registry.example/v2/a/tags/list?n=2").unwrap();
        for (link, next) in [
            ("</v2/a/tags/list?n=2&last=b>; rel=\"next\"", Some("/v2/a/tags/list?n=2&last=b")),
            ("<?n=2&last=b>;rel=next", Some("/v2/a/tags/list?n=2&last=b")),
            ("<list?last=b>; rel=\"next\"; title=\"x\"", Some("/v2/a/tags/list?last=b")),
            ("<http://10.0.0.1:5000/v2/a/tags/list?last=b>; rel=\"next\"", Some("/v2/a/tags/list?last=b")),
            ("</first>; rel=\"first\", </second>; rel=\"next\"", Some("/second")),
            ("</a;b,c>; rel=\"next\"", Some("/a;b,c")),
            ("</first>; rel=\"first\"", None),
            ("</next>; rel=\"nextish\"", None),
            ("next", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(LINK, HeaderValue::from_static(link))]);
            assert_eq!(next_page(&headers, &asked).as_deref(), next, "{link}");
        }
        assert_eq!(next_page(&HeaderMap::new(), &asked), None);
    }
}
