//! The console's answers: an object of exactly three members (lain-spec 1.1).

use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};

use super::endpoint::url;
use crate::domain::{Error, Result};
use crate::http::Answer;

/// The header with a refusal's word for programs, beside the text for people.
pub(super) const CODE: &str = "x-slipway-code";

/// An answer: what was asked for under its key, a text for people, and a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// The status.
    pub status: StatusCode,
    /// The name of the first member.
    pub key: &'static str,
    /// The first member.
    pub value: Value,
    /// The text, ASCII: some clients can print nothing else.
    pub msg: String,
    /// The path.
    pub url: String,
}

impl Envelope {
    /// What was asked for.
    pub fn new(status: StatusCode, key: &'static str, value: &impl Serialize, url: String) -> Result<Self> {
        let value = serde_json::to_value(value).map_err(|error| Error::internal("write an answer", error))?;
        Ok(Self { status, key, value, msg: String::new(), url })
    }

    /// What was asked for, with 200.
    pub fn ok(key: &'static str, value: &impl Serialize, url: String) -> Result<Self> {
        Self::new(StatusCode::OK, key, value, url)
    }

    /// Nothing but why.
    pub fn null(status: StatusCode, key: &'static str, msg: impl Into<String>, url: String) -> Self {
        Self { status, key, value: Value::Null, msg: ascii(&msg.into()), url }
    }

    /// Nothing, since the app is registered and not deployed.
    pub fn not_deployed(key: &'static str, app: &str) -> Self {
        let msg = format!("app {app} is registered but not deployed: deploy it with POST {}", url::apps());
        Self::null(StatusCode::NOT_FOUND, key, msg, url::apps())
    }

    /// With a text for people.
    #[must_use]
    pub fn saying(self, msg: impl Into<String>) -> Self {
        Self { msg: ascii(&msg.into()), ..self }
    }

    fn body(self) -> String {
        let members =
            [(self.key, self.value), ("msg", Value::String(self.msg)), ("url", Value::String(self.url))];
        let members: Map<_, _> = members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        Value::Object(members).to_string()
    }
}

impl From<Envelope> for Answer {
    fn from(envelope: Envelope) -> Self {
        Self::Status(envelope.status, envelope.body())
    }
}

impl IntoResponse for Envelope {
    fn into_response(self) -> Response {
        let word = word(self.status);
        let mut response = Answer::from(self).into_response();
        if let Some(word) = word {
            response.headers_mut().insert(CODE, HeaderValue::from_static(word));
        }
        response
    }
}

/// The word of a refusal that a handler made; errors have words of their own.
fn word(status: StatusCode) -> Option<&'static str> {
    match status {
        status if status.is_success() => None,
        StatusCode::BAD_REQUEST => Some("InvalidArgument"),
        StatusCode::UNAUTHORIZED => Some("Unauthenticated"),
        StatusCode::FORBIDDEN => Some("AccessDenied"),
        StatusCode::NOT_FOUND => Some("NotFound"),
        StatusCode::NOT_ACCEPTABLE => Some("NotAcceptable"),
        StatusCode::CONFLICT => Some("Conflict"),
        _ => Some("InternalError"),
    }
}

/// Other characters as their escapes, those that steer a terminal too.
pub(super) fn ascii(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut ascii, char| {
        if char == '\n' || char == ' ' || char.is_ascii_graphic() {
            ascii.push(char);
        } else {
            ascii.extend(char.escape_unicode());
        }
        ascii
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_has_three_members_and_an_ascii_text() {
        let refusal =
            Envelope::null(StatusCode::NOT_FOUND, "app", "no app \u{e9}\u{7}", "/api/v1/apps/".to_owned());
        let body: Value = serde_json::from_str(&refusal.body()).unwrap();
        assert_eq!(
            body,
            serde_json::json!({"app": null, "msg": "no app \\u{e9}\\u{7}", "url": "/api/v1/apps/"})
        );
    }
}
