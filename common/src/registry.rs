//! The OCI registry: versions of apps, and their `lain.yaml` (lain-spec 2.5).
//!
//! ```text
//! tags      GET tags/list, page by page
//! lain_yaml GET the manifest of meta-<version> (of an index: one more), GET its layers, the last one first
//! ```
//! This is a small client of its own, over `reqwest`: those that were looked at ask for a challenge before each first
//! request and read blobs without a limit, and a registry is not to be trusted with either our time or our memory.

mod access;
mod challenge;
mod fetch;
mod layer;
mod manifest;
pub mod token;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Url};

use self::access::Held;
use self::token::Signer;
use crate::domain::console::name::MetaVersion;
use crate::domain::console::version::META;
use crate::domain::{Error, Result};
use crate::outbound::{self, Password};

/// No request takes longer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// All the requests for tags, or for a `lain.yaml`, take no longer: a deploy needs both, and the gateway waits for 29 s.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);

/// A registry. Clones share their connections, and the token that they were given last.
#[derive(Clone, Debug)]
pub struct Registry {
    client: Client,
    /// Scheme, host and port.
    base: String,
    credentials: Credentials,
    held: Arc<Held>,
}

/// What the registry is shown.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// Nothing; what it asks for is got where it says.
    Anonymous,
    /// A name and a password.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: Password,
    },
    /// Tokens that we sign ourselves: it trusts our token endpoint.
    Signed(Signer),
}

impl Credentials {
    /// What signs its tokens, where we do.
    pub fn signer(&self) -> Option<&Signer> {
        match self {
            Self::Signed(signer) => Some(signer),
            Self::Anonymous | Self::Basic { .. } => None,
        }
    }
}

impl Registry {
    /// The registry at an address as [`base_url`] takes it.
    pub fn new(address: &str, credentials: Credentials) -> Result<Self> {
        let base = base_url(address)?;
        Ok(Self { client: outbound::client(TIMEOUT)?, base, credentials, held: Arc::default() })
    }

    /// All tags of a repository; none if the registry does not know it.
    pub async fn tags(&self, repository: &str) -> Result<Option<Vec<String>>> {
        within(self.all_tags(repository)).await
    }

    /// The `lain.yaml` of a version.
    ///
    /// # Errors
    /// [`Error::Unacceptable`] says what is wrong with the image, [`Error::Unavailable`] that the registry does not answer.
    pub async fn lain_yaml(&self, repository: &str, version: &MetaVersion) -> Result<String> {
        let tag = format!("{META}{version}");
        within(async {
            let layers = self.layers(repository, &tag).await?;
            for layer in layers.iter().rev() {
                let blob = self.blob(repository, layer).await?;
                match layer::find(&blob)? {
                    layer::Found::File(text) => return Ok(text),
                    layer::Found::Removed => break,
                    layer::Found::Nothing => {}
                }
            }
            Err(Error::Unacceptable(format!("the image {repository}:{tag} has no file lain.yaml")))
        })
        .await
    }
}

/// The URL of `host`, `host:port` or a URL of these. Without a scheme it is HTTPS, but on loopback HTTP.
pub fn base_url(address: &str) -> Result<String> {
    let bad = || format!("{address:?} must be a host, with or without a port");
    base(address).ok_or_else(|| Error::internal("read the registry's address", bad()))
}

/// Scheme, host and port; none if there is more, or less.
fn base(address: &str) -> Option<String> {
    let is_url = address.contains("://");
    let text = if is_url { address.trim_end_matches('/').to_owned() } else { format!("https://{address}") };
    let url = Url::parse(&text).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.query().or(url.fragment()).or(url.password()).is_none()
        && url.username().is_empty();
    let host = url.host_str()?.trim_matches(['[', ']']);
    let is_loopback = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    let text = if is_loopback && !is_url { format!("http://{address}") } else { text };
    is_plain.then_some(text)
}

async fn within<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(TOTAL_TIMEOUT, work).await {
        Ok(done) => done,
        Err(late) => Err(Error::unavailable("ask the registry", late)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_without_a_scheme_plain_on_loopback_only() {
        for (address, expected) in [
            ("registry.lain.local", "https://registry.lain.local"),
            ("registry.lain.local:5000", "https://registry.lain.local:5000"),
            ("127.0.0.1:5000", "http://127.0.0.1:5000"),
            ("[::1]:443", "http://[::1]:443"),
            ("localhost", "http://localhost"),
            ("localhost.example", "https://localhost.example"),
            ("127.example", "https://127.example"),
            ("http://registry.lain.local/", "http://registry.lain.local"),
            ("https://127.0.0.1:5000", "https://127.0.0.1:5000"),
        ] {
            assert_eq!(base(address).as_deref(), Some(expected), "{address}");
        }
        for bad in
            ["", "a b", "host/path", "user@host", "u:p@host", "host?x", "host#x", "ftp://host", "host:x"]
        {
            assert_eq!(base(bad), None, "{bad}");
        }
    }
}
