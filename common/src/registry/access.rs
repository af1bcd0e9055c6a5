//! Requests with what the registry is to be shown: our own tokens at once, those of others when it asks for them.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use reqwest::header::{ACCEPT, WWW_AUTHENTICATE};
use reqwest::{RequestBuilder, Response, StatusCode, Url};

use super::challenge::Challenge;
use super::fetch::{DOING, read, send};
use super::{Credentials, Registry};
use crate::domain::{Error, Result};

/// An answer with a token in it.
const TOKEN_BYTES_MAX: usize = 64 * 1024;

/// The token that was given last, with the repository that it is for. It spares a challenge before each request; one that
/// is no longer good is found out by the next challenge.
#[derive(Default)]
pub(super) struct Held(Mutex<Option<(String, String)>>);

impl fmt::Debug for Held {
    /// Never the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held")
    }
}

impl Held {
    fn get(&self, repository: &str) -> Option<String> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|(name, _)| name == repository).map(|(_, token)| token.clone())
    }

    fn set(&self, repository: &str, token: &str) {
        let held = Some((repository.to_owned(), token.to_owned()));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }
}

impl Registry {
    /// Gets a path; shows the credentials that the registry asks for, if it does.
    pub(super) async fn get(&self, repository: &str, path: &str, accept: &str) -> Result<Response> {
        let request = || self.client.get(format!("{}{path}", self.base)).header(ACCEPT, accept);
        if let Credentials::Signed(signer) = &self.credentials {
            let token = signer.registry_token("lain", repository, &["pull", "push"])?;
            return send(request().bearer_auth(token)).await;
        }
        let response = match self.held.get(repository) {
            Some(token) => send(request().bearer_auth(token)).await?,
            None => send(self.with_password(request())).await?,
        };
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let challenges = response.headers().get_all(WWW_AUTHENTICATE).iter();
        let challenge = challenges.filter_map(|value| value.to_str().ok()).find_map(Challenge::parse);
        let Some(challenge) = challenge else { return Ok(response) };
        let token = self.token(&challenge, repository).await?;
        self.held.set(repository, &token);
        send(request().bearer_auth(token)).await
    }

    async fn token(&self, challenge: &Challenge, repository: &str) -> Result<String> {
        let scope = format!("repository:{repository}:pull");
        let query = [("service", challenge.service.as_str()), ("scope", scope.as_str())];
        let url = Url::parse_with_params(&challenge.realm, query)
            .map_err(|error| Error::unavailable("read the registry's challenge", error))?;
        if self.base.starts_with("https:") && url.scheme() != "https" {
            return Err(Error::unavailable(DOING, "it has its tokens asked for without TLS"));
        }
        let response = send(self.with_password(self.client.get(url))).await?;
        let token = read(response, TOKEN_BYTES_MAX).await?.as_deref().and_then(Challenge::token);
        token.ok_or_else(|| Error::unavailable(DOING, "it gives no token"))
    }

    fn with_password(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.credentials {
            Credentials::Basic { user, password } => request.basic_auth(user, Some(&password.0)),
            Credentials::Anonymous | Credentials::Signed(_) => request,
        }
    }
}
