//! A LAIN SSO: who calls, and who belongs to which app (lain-spec §4). Nothing is cached, so that a change of a membership
//! takes effect at once.

mod grant;

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::{Error, Result};
use crate::outbound;

pub use self::grant::{Grant, Granted, OAuthClient};

/// No call takes longer: two of them fit into the gateway's time.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest answer that is read.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// The SSO. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Sso {
    client: Client,
    url: String,
    oauth: Option<OAuthClient>,
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

/// Why the SSO does not make a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The caller may not.
    Forbidden,
    /// There is no such user or group.
    NotFound,
    /// It is not possible: a name is taken, a role is unknown.
    Impossible,
}

/// What became of a change.
pub type Changed = Result<(), Refusal>;

impl PartialEq for Sso {
    fn eq(&self, other: &Self) -> bool {
        self.url == other.url
    }
}

impl Eq for Sso {}

impl Sso {
    /// The SSO at this base URL, for `oauth` if this installation is a client of it.
    pub fn new(url: &str, oauth: Option<OAuthClient>) -> Result<Self> {
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { client: outbound::client(TIMEOUT)?, url, oauth })
    }

    /// Who has this token.
    pub async fn me(&self, token: &str) -> Result<User> {
        let (status, body) = self.send(self.request(Method::GET, "me/").bearer_auth(token)).await?;
        match status {
            // A list would pass as the members of a user, in their order.
            StatusCode::OK if body.is_object() => {
                let user: User = serde_json::from_value(body)
                    .map_err(|error| Error::unavailable("read who calls", error))?;
                if user.name.is_empty() { Err(Error::Unauthenticated) } else { Ok(user) }
            }
            status if status.is_client_error() => Err(Error::Unauthenticated),
            status => Err(unexpected(status)),
        }
    }

    /// Makes a group of which the caller is an admin.
    pub async fn create_group(&self, token: &str, group: &str, full_name: &str) -> Result<Changed> {
        let body = json!({"name": group, "fullname": full_name});
        self.change(Some(self.request(Method::POST, "groups/").json(&body)), token).await
    }

    /// Makes all members of a group, as admins, members of another one.
    pub async fn add_group(&self, token: &str, group: &str, member: &str) -> Result<Changed> {
        let request = self.request_of(Method::PUT, group, "group-members", member);
        self.change(request.map(|request| request.json(&json!({"role": "admin"}))), token).await
    }

    /// Makes a user a member, or changes the member's role.
    pub async fn put_member(&self, token: &str, group: &str, user: &str, role: &str) -> Result<Changed> {
        let request = self.request_of(Method::PUT, group, "members", user);
        self.change(request.map(|request| request.json(&json!({"role": role}))), token).await
    }

    /// Removes a member.
    pub async fn delete_member(&self, token: &str, group: &str, user: &str) -> Result<Changed> {
        self.change(self.request_of(Method::DELETE, group, "members", user), token).await
    }

    /// The direct members of a group; none if there is no such group.
    pub async fn members(&self, group: &str) -> Result<Option<Vec<Member>>> {
        let path = format!("groups/{}", encoded(group));
        let (status, body) = self.send(self.request(Method::GET, &path)).await?;
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => {
                let members = body.get("members").cloned().unwrap_or_default();
                serde_json::from_value(members)
                    .map(Some)
                    .map_err(|error| Error::unavailable("read members", error))
            }
            status => Err(unexpected(status)),
        }
    }

    /// A member of a group, also by way of other groups; none for no member.
    pub async fn member(&self, group: &str, user: &str) -> Result<Option<Member>> {
        let Some(request) = self.request_of(Method::GET, group, "members", user) else { return Ok(None) };
        let (status, body) = self.send(request).await?;
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => {
                let role = body.get("role").and_then(Value::as_str);
                let role = role.ok_or_else(|| Error::unavailable("read a member", "there is no role"))?;
                Ok(Some(Member { name: user.to_owned(), role: role.to_owned() }))
            }
            status => Err(unexpected(status)),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/api/{path}", self.url))
    }

    /// A request about something in a group; none for a name that cannot be there. No name leads to another path:
    /// URLs take `.` and `..` for steps, even encoded.
    fn request_of(&self, method: Method, group: &str, kind: &str, name: &str) -> Option<RequestBuilder> {
        if matches!(name, "" | "." | "..") {
            return None;
        }
        Some(self.request(method, &format!("groups/{}/{kind}/{}", encoded(group), encoded(name))))
    }

    /// Sends a change, for whom the token is of.
    async fn change(&self, request: Option<RequestBuilder>, token: &str) -> Result<Changed> {
        let Some(request) = request else { return Ok(Err(Refusal::NotFound)) };
        match self.send(request.bearer_auth(token)).await?.0 {
            status if status.is_success() => Ok(Ok(())),
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Ok(Err(Refusal::Forbidden)),
            StatusCode::NOT_FOUND => Ok(Err(Refusal::NotFound)),
            status if status.is_client_error() => Ok(Err(Refusal::Impossible)),
            status => Err(unexpected(status)),
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

fn encoded(segment: &str) -> PercentEncode<'_> {
    utf8_percent_encode(segment, NON_ALPHANUMERIC)
}

fn unexpected(status: StatusCode) -> Error {
    Error::unavailable("ask the SSO", format!("it answered {status}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_to_another_path() {
        let sso = Sso::new("https://sso.example/", None).unwrap();
        let path = |name: &str| {
            let request = sso.request_of(Method::DELETE, "lainapp-lain-local-a", "members", name)?;
            Some(request.build().unwrap().url().as_str().to_owned())
        };
        let members = "https://sso.example/api/groups/lainapp%2Dlain%2Dlocal%2Da/members/";
        for (name, segment) in [
            ("eve", "eve"),
            ("e.v", "e%2Ev"),
            ("a/../b", "a%2F%2E%2E%2Fb"),
            ("%2e%2e", "%252e%252e"),
            ("...", "%2E%2E%2E"),
            ("a?b#c", "a%3Fb%23c"),
            ("\\..", "%5C%2E%2E"),
            ("\t..", "%09%2E%2E"),
        ] {
            assert_eq!(path(name), Some(format!("{members}{segment}")), "{name}");
        }
        assert_eq!(reqwest::Url::parse("https://a/b/%2E%2E").unwrap().path(), "/", "why these are refused");
        for name in ["", ".", ".."] {
            assert_eq!(path(name), None, "{name}");
        }
    }

    #[tokio::test]
    async fn a_name_that_cannot_be_there_is_nobody_and_nothing_is_asked() {
        let sso = Sso::new("http://127.0.0.1:1", None).unwrap();
        assert_eq!(sso.member("g", "..").await.unwrap(), None);
        assert_eq!(sso.delete_member("t", "g", "..").await.unwrap(), Err(Refusal::NotFound));
        assert!(sso.member("g", "eve").await.is_err(), "nobody listens there");
    }

    #[test]
    fn roles_other_than_admin_are_normal() {
        for (role, shown) in [("admin", "admin"), ("normal", "normal"), ("", "normal"), ("owner", "normal")] {
            assert_eq!(Member { name: "a".to_owned(), role: role.to_owned() }.role(), shown);
        }
    }
}
