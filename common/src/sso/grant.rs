//! Access tokens of the SSO for those who have none yet (OAuth 2.0, RFC 6749).

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde::Deserialize;

use super::Sso;
use crate::domain::{Error, Result};
use crate::outbound::Password;

/// This installation, as the SSO knows it (RFC 6749, 2.3.1).
#[derive(Clone, Debug)]
pub struct OAuthClient {
    /// Its `client_id`.
    pub id: String,
    /// Its `client_secret`.
    pub secret: Password,
}

/// What an access token is asked for with.
#[derive(Clone, Copy, Debug)]
pub enum Grant<'a> {
    /// The code with which the SSO sent a user here, to this URI (RFC 6749, 4.1.3).
    Code {
        /// The code.
        code: &'a str,
        /// Where to.
        redirect_uri: &'a str,
    },
    /// A user's password (RFC 6749, 4.3.2).
    Password {
        /// The user's name.
        user: &'a str,
        /// The password.
        password: &'a Password,
    },
}

/// An access token (RFC 6749, 5.1), which is not shown.
#[derive(Clone, Deserialize)]
pub struct Granted {
    /// The token.
    pub access_token: String,
    /// For how many seconds it is good; 0 if the SSO does not say.
    #[serde(default, deserialize_with = "seconds")]
    pub expires_in: u64,
}

/// A number, also as a text; no login is to fail for it.
fn seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<u64, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    Ok(number.unwrap_or_default())
}

impl Sso {
    /// The token for a grant; none if the SSO refuses it, or this installation is no client of it.
    pub async fn grant(&self, grant: Grant<'_>) -> Result<Option<Granted>> {
        let Some(client) = &self.oauth else { return Ok(None) };
        let mut form =
            BTreeMap::from([("client_id", client.id.as_str()), ("client_secret", &client.secret.0)]);
        form.extend(match grant {
            Grant::Code { code, redirect_uri } => {
                [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri)]
            }
            Grant::Password { user, password } => {
                [("grant_type", "password"), ("username", user), ("password", &password.0)]
            }
        });
        let request = self.client.request(Method::POST, format!("{}/oauth2/token", self.url)).form(&form);
        let (status, body) = self.send(request).await?;
        match status {
            StatusCode::OK => {
                let granted: Granted = serde_json::from_value(body)
                    .map_err(|error| Error::unavailable("read an access token", error))?;
                Ok(Some(granted).filter(|granted| !granted.access_token.is_empty()))
            }
            status if status.is_client_error() => Ok(None),
            status => Err(super::unexpected(status)),
        }
    }
}
