//! `cargo local push`: the images of a version, for those who have no other tool. One holds `lain.yaml`; the other one, that
//! is to run, holds nothing, which is enough where no container ever runs.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use common::clock;
use common::domain::console::name::{AppName, MetaVersion};
use common::domain::console::version::{META, RELEASE};
use common::domain::digest::sha256_hex;
use common::outbound;
use common::registry::base_url;
use common::registry::token::Signer;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::StatusCode;
use http::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

const TIMEOUT: Duration = Duration::from_secs(30);
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// What to push, and where to.
#[derive(Clone, Debug, Args)]
pub struct Push {
    /// The app.
    pub app: AppName,
    /// Its lain.yaml.
    pub lain_yaml: PathBuf,
    /// The version; without it one that is newer than those before, `<now>-<hash of the file>`.
    #[arg(long)]
    pub version: Option<MetaVersion>,
    /// The folder of the running stack.
    #[arg(long, value_name = "DIR", default_value = ".slipway")]
    pub data: PathBuf,
}

/// A registry to push to.
#[derive(Clone, Debug)]
pub struct Target {
    client: Client,
    /// Scheme, host and port.
    base: String,
    signer: Option<Signer>,
}

type Outcome<T> = Result<T, String>;

impl Push {
    /// Pushes, and says what was pushed and how to deploy it.
    pub async fn run(&self) -> Outcome<String> {
        let yaml = std::fs::read_to_string(&self.lain_yaml)
            .map_err(|error| format!("cannot read {}: {error}", self.lain_yaml.display()))?;
        let read = |name: &str| {
            let path = self.data.join(name);
            std::fs::read_to_string(&path).map_err(|_| {
                format!("no stack runs on {}: start `cargo local`, or name its --data", self.data.display())
            })
        };
        let endpoints: Value =
            serde_json::from_str(&read("endpoints.json")?).map_err(|error| error.to_string())?;
        let registry = endpoints["registry"].as_str().ok_or("the stack has no registry")?;
        let key = std::fs::read(self.data.join("registry/token.key")).ok();
        let target =
            Target::new(registry, key.filter(|_| !endpoints["registry_public_key"].is_null()).as_deref())?;
        let version = match &self.version {
            Some(version) => version.clone(),
            None => new_version(&yaml)?,
        };
        if self.app.as_str().bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(format!(
                "no image is called {app}, with capitals: deploy it with PUT /api/v1/apps/{app}/versions/<version>/ and its \
                 lain.yaml",
                app = self.app
            ));
        }
        target.push(&self.app, &version, Some(&yaml)).await?;
        let api = endpoints["api"].as_str().unwrap_or("http://127.0.0.1:9000");
        Ok(format!(
            "Pushed version {version} of {app} to {registry}.\n\nDeploy it:\n\n  \
             curl -X POST {api}/api/v1/repos/ -d '{{\"appname\":\"{app}\"}}'\n  \
             curl -X POST {api}/api/v1/apps/ -d '{{\"appname\":\"{app}\"}}'\n\nor, if an older version runs:\n\n  \
             curl -X PUT {api}/api/v1/apps/{app}/ -d '{{\"meta_version\":\"{version}\"}}'",
            app = self.app
        ))
    }
}

fn new_version(yaml: &str) -> Outcome<MetaVersion> {
    let version = format!("{}-{}", clock::now().as_second(), sha256_hex(yaml, 20));
    version.parse().map_err(|rule: &str| rule.to_owned())
}

impl Target {
    /// The registry at this address; with the PEM of the key that signs its tokens, if it demands them.
    pub fn new(address: &str, key: Option<&[u8]>) -> Outcome<Self> {
        let signer = key.map(Signer::from_pem).transpose().map_err(|error| error.chain().to_string())?;
        let client = outbound::client(TIMEOUT).map_err(|error| error.chain().to_string())?;
        let base = base_url(address).map_err(|error| error.chain().to_string())?;
        Ok(Self { client, base, signer })
    }

    /// Pushes a version: an image with its `lain.yaml`, unless there is none, and an image that runs.
    pub async fn push(&self, app: &AppName, version: &MetaVersion, yaml: Option<&str>) -> Outcome<()> {
        if let Some(yaml) = yaml {
            self.image(app, &format!("{META}{version}"), &archive("lain.yaml", yaml)?).await?;
        }
        self.image(app, &format!("{RELEASE}{version}"), &archive("empty", "")?).await
    }

    /// Pushes an image of one layer, which is compressed.
    pub async fn image(&self, app: &AppName, tag: &str, layer: &[u8]) -> Outcome<()> {
        let config = json!({
            "architecture": "amd64", "os": "linux", "config": {},
            "rootfs": {"type": "layers", "diff_ids": [digest(unpack(layer)?)]},
        })
        .to_string();
        let config_digest = self.blob(app, config.as_bytes()).await?;
        let layer_digest = self.blob(app, layer).await?;
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": config_digest, "size": config.len()},
            "layers": [{"mediaType": LAYER, "digest": layer_digest, "size": layer.len()}],
        });
        let request = self.request(Method::PUT, app, &format!("manifests/{tag}"))?;
        let request = request.header(CONTENT_TYPE, MANIFEST).body(manifest.to_string());
        expect(request, StatusCode::CREATED).await.map(drop)
    }

    /// Pushes a blob, and gives its digest.
    async fn blob(&self, app: &AppName, bytes: &[u8]) -> Outcome<String> {
        let digest = digest(bytes);
        let begun = expect(self.request(Method::POST, app, "blobs/uploads/")?, StatusCode::ACCEPTED).await?;
        let place = begun.headers().get(LOCATION).and_then(|place| place.to_str().ok());
        let mut place = begun.url().join(place.unwrap_or_default()).map_err(|error| error.to_string())?;
        place.query_pairs_mut().append_pair("digest", &digest);
        let request = self.authorized(self.client.put(place), app)?.body(bytes.to_vec());
        expect(request, StatusCode::CREATED).await?;
        Ok(digest)
    }

    fn request(&self, method: Method, app: &AppName, path: &str) -> Outcome<RequestBuilder> {
        let url = format!("{}/v2/{}/{path}", self.base, app.repository());
        self.authorized(self.client.request(method, url), app)
    }

    fn authorized(&self, request: RequestBuilder, app: &AppName) -> Outcome<RequestBuilder> {
        let Some(signer) = &self.signer else { return Ok(request) };
        let token = signer.registry_token("push", app.repository().as_str(), &["pull", "push"]);
        Ok(request.bearer_auth(token.map_err(|error| error.chain().to_string())?))
    }
}

async fn expect(request: RequestBuilder, status: StatusCode) -> Outcome<Response> {
    let response = request.send().await.map_err(|error| format!("the registry does not answer: {error}"))?;
    if response.status() == status {
        return Ok(response);
    }
    let (status, body) = (response.status(), response.text().await.unwrap_or_default());
    Err(format!("the registry answered {status}: {body}"))
}

fn digest(bytes: impl AsRef<[u8]>) -> String {
    format!("sha256:{}", sha256_hex(bytes, 32))
}

/// What a layer is once a node has unpacked it: nodes refuse a layer that is something else than its image says.
fn unpack(layer: &[u8]) -> Outcome<Vec<u8>> {
    let mut unpacked = Vec::new();
    let read = GzDecoder::new(layer).read_to_end(&mut unpacked);
    read.map(|_| unpacked).map_err(|error| format!("the layer is not compressed: {error}"))
}

/// A compressed archive of one file.
pub fn archive(name: &str, text: &str) -> Outcome<Vec<u8>> {
    let mut header = tar::Header::new_gnu();
    header.set_size(u64::try_from(text.len()).map_err(|error| error.to_string())?);
    header.set_mode(0o644);
    let mut pack = || -> std::io::Result<Vec<u8>> {
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
        archive.append_data(&mut header, name, text.as_bytes())?;
        let mut packed = archive.into_inner()?;
        packed.flush()?;
        packed.finish()
    };
    pack().map_err(|error| format!("cannot make an archive: {error}"))
}
