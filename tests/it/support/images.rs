//! A registry in this process: it has the images that a test gives it, and counts what it is asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use common::domain::digest::sha256_hex;
use serde_json::json;

/// The registry. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Images {
    pub(crate) address: String,
    content: Arc<Mutex<Content>>,
}

/// How a path answers that has no bytes.
#[derive(Clone, Debug)]
pub(crate) enum Answering {
    /// With this status, header and body.
    With(u16, Option<(&'static str, String)>, String),
    /// Never.
    Never,
    /// Without an end.
    Endlessly,
    /// With a page of tags, of so many bytes, after which there is always another one.
    Page(usize),
}

#[derive(Default)]
struct Content {
    answers: BTreeMap<String, Answering>,
    /// By path.
    blobs: BTreeMap<String, Vec<u8>>,
    tags: BTreeMap<String, Vec<String>>,
    /// The token without which nothing is told, and what is answered to those who do not show it.
    demanded: Option<(String, String)>,
    asked: Vec<String>,
    /// Whether each of these had credentials.
    shown: Vec<bool>,
}

impl Images {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let images = Self { address, content: Arc::default() };
        let router = axum::Router::new().fallback(answer).with_state(images.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        images
    }

    /// Gives a repository a version with this `lain.yaml`.
    pub(crate) fn put(&self, repository: &str, version: &str, yaml: &str) {
        let layer = local::push::archive("lain.yaml", yaml).unwrap();
        let digest = format!("sha256:{}", sha256_hex(&layer, 32));
        let manifest = json!({"schemaVersion": 2, "layers": [{"digest": digest, "size": layer.len()}]});
        let mut content = self.content.lock().unwrap();
        content.blobs.insert(format!("/v2/{repository}/blobs/{digest}"), layer);
        let path = format!("/v2/{repository}/manifests/meta-{version}");
        content.blobs.insert(path, manifest.to_string().into_bytes());
        let tags = content.tags.entry(repository.to_owned()).or_default();
        tags.extend([format!("meta-{version}"), format!("release-{version}")]);
    }

    /// Has a path answer so.
    pub(crate) fn answer(&self, path: &str, answer: Answering) {
        self.content.lock().unwrap().answers.insert(path.to_owned(), answer);
    }

    /// Has every path answer with what it has again.
    pub(crate) fn mend(&self) {
        self.content.lock().unwrap().answers.clear();
    }

    /// Gives a tag an image of this layer, which the manifest says to have this digest and size.
    pub(crate) fn image(
        &self,
        repository: &str,
        tag: &str,
        layer: &[u8],
        digest: Option<&str>,
        size: Option<usize>,
    ) {
        let own = format!("sha256:{}", sha256_hex(layer, 32));
        let digest = digest.unwrap_or(&own);
        let manifest =
            json!({"schemaVersion": 2, "layers": [{"digest": digest, "size": size.unwrap_or(layer.len())}]});
        let mut content = self.content.lock().unwrap();
        content.blobs.insert(format!("/v2/{repository}/blobs/{digest}"), layer.to_vec());
        content.blobs.insert(format!("/v2/{repository}/manifests/{tag}"), manifest.to_string().into_bytes());
    }

    /// Gives a path these bytes.
    pub(crate) fn raw(&self, path: &str, bytes: &[u8]) {
        self.content.lock().unwrap().blobs.insert(path.to_owned(), bytes.to_vec());
    }

    /// Demands this token from now on; others are sent this challenge.
    pub(crate) fn demand(&self, token: &str, challenge: &str) {
        self.content.lock().unwrap().demanded = Some((format!("Bearer {token}"), challenge.to_owned()));
    }

    /// What was asked since the last time.
    pub(crate) fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.content.lock().unwrap().asked)
    }

    /// Whether each request since the last time had credentials.
    pub(crate) fn take_shown(&self) -> Vec<bool> {
        std::mem::take(&mut self.content.lock().unwrap().shown)
    }
}

async fn answer(State(images): State<Images>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let full = request.uri().path_and_query().map_or(path.clone(), ToString::to_string);
    let shown = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let given = {
        let mut content = images.content.lock().unwrap();
        content.asked.push(path.clone());
        content.shown.push(shown.is_some());
        if let Some((token, challenge)) = content.demanded.as_ref().filter(|_| path.starts_with("/v2/"))
            && shown != Some(token)
        {
            return (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge.clone())]).into_response();
        }
        content.answers.get(&full).or_else(|| content.answers.get(&path)).cloned()
    };
    match given {
        None => {}
        Some(Answering::Never) => std::future::pending().await,
        Some(Answering::Endlessly) => {
            let chunks = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![0_u8; 65536]));
            return axum::body::Body::from_stream(chunks).into_response();
        }
        Some(Answering::Page(bytes)) => {
            let count = images.content.lock().unwrap().asked.len();
            let link = format!("<{path}?last={count}>; rel=\"next\"");
            return ([("link", link)], json!({"tags": ["x".repeat(bytes)]}).to_string()).into_response();
        }
        Some(Answering::With(status, header, body)) => {
            let status = StatusCode::from_u16(status).unwrap();
            return match header {
                Some(header) => (status, [header], body).into_response(),
                None => (status, body).into_response(),
            };
        }
    }
    let content = images.content.lock().unwrap();
    let repository = path.strip_prefix("/v2/").and_then(|path| path.strip_suffix("/tags/list"));
    if let Some(tags) = repository.and_then(|repository| content.tags.get(repository)) {
        return json!({"tags": tags}).to_string().into_response();
    }
    match content.blobs.get(&path) {
        Some(blob) => blob.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
