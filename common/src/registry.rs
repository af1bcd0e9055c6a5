//! The OCI registry: versions of apps, and their `lain.yaml` (lain-spec 2.5).
//!
//! ```text
//! tags      GET tags/list, page by page
//! lain_yaml GET the manifest of meta-<version> (of an index: one more), GET its layers, the last one first
//! ```
//! This is a small client of its own, over `reqwest`: those that were looked at ask for a challenge before each first
//! request and read blobs without a limit, and a registry is not to be trusted with either our time or our memory.

mod challenge;
mod fetch;
mod layer;
mod manifest;
pub mod token;

use std::time::Duration;

use reqwest::Client;

use self::token::Signer;
use crate::domain::console::name::MetaVersion;
use crate::domain::console::version::META;
use crate::domain::{Error, Result};
use crate::outbound::{self, Password};

/// No request takes longer; a deploy makes three or four, and has to answer within the gateway's 29 s.
const TIMEOUT: Duration = Duration::from_secs(5);
/// All that one deploy asks for takes no longer.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(15);

/// A registry. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Registry {
    client: Client,
    /// Scheme, host and port.
    base: String,
    credentials: Credentials,
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
        Ok(Self { client: outbound::client(TIMEOUT)?, base: base_url(address), credentials })
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
pub fn base_url(address: &str) -> String {
    if address.contains("://") {
        return address.trim_end_matches('/').to_owned();
    }
    let is_loopback = ["127.", "localhost", "[::1]"].iter().any(|host| address.starts_with(host));
    format!("{}://{address}", if is_loopback { "http" } else { "https" })
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
    fn only_a_registry_on_this_machine_is_asked_without_tls() {
        for (address, url) in [
            ("127.0.0.1:5000", "http://127.0.0.1:5000"),
            ("localhost:5000", "http://localhost:5000"),
            ("[::1]:5000", "http://[::1]:5000"),
            ("registry.example", "https://registry.example"),
            ("192.0.2.1:5000", "https://192.0.2.1:5000"),
            ("http://registry.example/", "http://registry.example"),
        ] {
            assert_eq!(base_url(address), url);
        }
    }
}
