//! A LAIN SSO: who calls, and who belongs to which app (lain-spec §4). Nothing is cached, so that a change of a membership
//! takes effect at once.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::{Error, Result};
use crate::outbound;

/// No call takes longer: two of them fit into the gateway's time.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest answer that is read.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// The SSO. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Sso {
    client: Client,
    url: String,
}

/// A user, as a token tells.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct User {
    /// The user's name.
    pub name: String,
    /// The groups, those of groups resolved.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The user's name.
    pub name: String,
    /// `admin`, or anything else.
    #[serde(default)]
    pub role: String,
}

impl Member {
    /// The role as the console has it: an empty one is `normal`.
    pub fn role(&self) -> &'static str {
        if self.role == "admin" { "admin" } else { "normal" }
    }
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is so now.
    Done,
    /// The caller may not.
    Forbidden,
    /// There is no such user or group.
    NotFound,
    /// The SSO does not take it.
    Refused,
}

impl PartialEq for Sso {
    fn eq(&self, other: &Self) -> bool {
        self.url == other.url
    }
}

impl Eq for Sso {}

impl Sso {
    /// The SSO at this base URL.
    pub fn new(url: &str) -> Result<Self> {
        Ok(Self { client: outbound::client(TIMEOUT)?, url: url.trim_end_matches('/').to_owned() })
    }

    /// Who has this token.
    pub async fn me(&self, token: &str) -> Result<User> {
        let (status, body) = self.send(self.request(Method::GET, &["me", ""], Some(token))).await?;
        if status != StatusCode::OK {
            return Err(Error::Unauthenticated);
        }
        serde_json::from_value(body).map_err(|error| Error::unavailable("read who calls", error))
    }

    /// Makes a group of which the caller is an admin.
    pub async fn create_group(&self, token: &str, group: &str, full_name: &str) -> Result<Change> {
        let request = self.request(Method::POST, &["groups", ""], Some(token));
        let body = json!({"name": group, "fullname": full_name});
        Ok(change(self.send(request.json(&body)).await?.0))
    }

    /// Makes all members of a group, as admins, members of another one.
    pub async fn add_group(&self, token: &str, group: &str, member: &str) -> Result<Change> {
        let request = self.request(Method::PUT, &["groups", group, "group-members", member], Some(token));
        Ok(change(self.send(request.json(&json!({"role": "admin"}))).await?.0))
    }

    /// Makes a user a member, or changes the member's role.
    pub async fn put_member(&self, token: &str, group: &str, user: &str, role: &str) -> Result<Change> {
        let request = self.request(Method::PUT, &["groups", group, "members", user], Some(token));
        Ok(change(self.send(request.json(&json!({"role": role}))).await?.0))
    }

    /// Removes a member.
    pub async fn delete_member(&self, token: &str, group: &str, user: &str) -> Result<Change> {
        let request = self.request(Method::DELETE, &["groups", group, "members", user], Some(token));
        Ok(change(self.send(request).await?.0))
    }

    /// The direct members of a group; none if there is no such group.
    pub async fn members(&self, group: &str) -> Result<Option<Vec<Member>>> {
        let (status, body) = self.send(self.request(Method::GET, &["groups", group], None)).await?;
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => {
                let members = body.get("members").cloned().unwrap_or_else(|| json!([]));
                serde_json::from_value(members)
                    .map(Some)
                    .map_err(|error| Error::unavailable("read members", error))
            }
            status => Err(unexpected(status)),
        }
    }

    /// A member of a group, also by way of other groups; none for no member.
    pub async fn member(&self, group: &str, user: &str) -> Result<Option<Member>> {
        let request = self.request(Method::GET, &["groups", group, "members", user], None);
        let (status, body) = self.send(request).await?;
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => {
                let role = body.get("role").and_then(Value::as_str).unwrap_or_default().to_owned();
                Ok(Some(Member { name: user.to_owned(), role }))
            }
            status => Err(unexpected(status)),
        }
    }

    /// A request of the API; the segments are encoded, so that no name leads to another path.
    fn request(&self, method: Method, segments: &[&str], token: Option<&str>) -> RequestBuilder {
        let path = segments.iter().fold(String::new(), |mut path, segment| {
            path.push('/');
            path.extend(utf8_percent_encode(segment, NON_ALPHANUMERIC));
            path
        });
        let request = self.client.request(method, format!("{}/api{path}", self.url));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// The status, and the body if it is JSON.
    async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Value)> {
        let failed = |error: reqwest::Error| Error::unavailable("ask the SSO", error.without_url());
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > BYTES_MAX {
                return Err(Error::unavailable("ask the SSO", "the answer is too long"));
            }
        }
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }
}

fn change(status: StatusCode) -> Change {
    match status {
        status if status.is_success() => Change::Done,
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Change::Forbidden,
        StatusCode::NOT_FOUND => Change::NotFound,
        _ => Change::Refused,
    }
}

fn unexpected(status: StatusCode) -> Error {
    Error::unavailable("ask the SSO", format!("it answered {status}"))
}
