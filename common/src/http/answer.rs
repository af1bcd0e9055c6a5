//! Answers of success: always 200 (kirk-spec 1.3).

use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};

/// What a handler answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// No content: the source document's "none".
    Empty,
    /// A JSON text.
    Json(String),
    /// A list from which the pods were left out because of its size.
    JsonWithoutPods(String),
}

impl Answer {
    /// The body as it is kept for an idempotency key.
    pub fn body(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Json(body) | Self::JsonWithoutPods(body) => body,
        }
    }

    /// An answer that was kept.
    pub fn of_kept_body(body: String) -> Self {
        if body.is_empty() { Self::Empty } else { Self::Json(body) }
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
        }
    }
}
