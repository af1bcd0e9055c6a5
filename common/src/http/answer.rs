//! Answers of success: 200 in the microservice dialect (kirk-spec 1.3), several in the console's.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};

/// The most that a list may have with pods in it: a Lambda's answer may be 6 MB (kirk-spec §9).
pub(super) const LIST_BYTES_MAX: usize = 5 * 1024 * 1024;

/// What a handler answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// No content: the source document's "none".
    Empty,
    /// A JSON text.
    Json(String),
    /// A list from which the pods were left out because of its size.
    JsonWithoutPods(String),
    /// A JSON text with another status than 200.
    Status(StatusCode, String),
}

impl Answer {
    /// The body as it is kept for an idempotency key.
    pub fn body(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Json(body) | Self::JsonWithoutPods(body) | Self::Status(_, body) => body,
        }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Empty | Self::Json(_) | Self::JsonWithoutPods(_) => StatusCode::OK,
            Self::Status(status, _) => *status,
        }
    }

    /// An answer that was kept.
    pub fn kept(status: u16, body: String) -> Self {
        match StatusCode::from_u16(status) {
            Ok(status) if status != StatusCode::OK => Self::Status(status, body),
            Ok(_) | Err(_) if body.is_empty() => Self::Empty,
            Ok(_) | Err(_) => Self::Json(body),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        const JSON: (axum::http::HeaderName, HeaderValue) =
            (CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match self {
            Self::Empty => ().into_response(),
            Self::Json(body) => ([JSON], body).into_response(),
            Self::JsonWithoutPods(body) => ([JSON], [("x-truncated", "pods")], body).into_response(),
            Self::Status(status, body) if body.is_empty() => status.into_response(),
            Self::Status(status, body) => (status, [JSON], body).into_response(),
        }
    }
}
