//! HTTP to others than AWS: the SSO, the registry, notifiers.

use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;

use crate::domain::{Error, Result};

/// A host that takes longer to be reached is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// A client whose requests take no longer than `timeout`, and follow no redirects: these would lead credentials and
/// requests to places that nobody has named. It trusts the machine's authorities (`SSL_CERT_FILE` names others).
pub fn client(timeout: Duration) -> Result<Client> {
    // Another part of the process may have installed the same one.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout)
        .redirect(Policy::none())
        .user_agent(concat!("slipway/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .build()
        .map_err(|error| Error::internal("prepare an HTTP client", error))
}

/// A password, which is not shown.
#[derive(Clone)]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}
