//! The part of the environment that is about the registry.

use super::bad;
use crate::domain::Result;
use crate::outbound::Password;
use crate::registry::Credentials;
use crate::registry::token::Signer;
use crate::runtime::variable::{REGISTRY_KEY, REGISTRY_PASSWORD, REGISTRY_USER};

/// Reads what the registry is shown: tokens by our own key, a user's name and password, or nothing.
pub(super) fn read(optional: impl Fn(&str) -> Option<String>) -> Result<Credentials> {
    if let Some(path) = optional(REGISTRY_KEY) {
        let pem = std::fs::read(&path).map_err(|error| bad(REGISTRY_KEY, format!("{path}: {error}")))?;
        let signer = Signer::from_pem(&pem).map_err(|error| bad(REGISTRY_KEY, error.chain()))?;
        return Ok(Credentials::Signed(signer));
    }
    match (optional(REGISTRY_USER), optional(REGISTRY_PASSWORD)) {
        (Some(user), Some(password)) => Ok(Credentials::Basic { user, password: Password(password) }),
        (None, None) => Ok(Credentials::Anonymous),
        (Some(_), None) => Err(bad(REGISTRY_PASSWORD, "is not set")),
        (None, Some(_)) => Err(bad(REGISTRY_USER, "is not set")),
    }
}
