//! Errors as answers: the one place that knows both (kirk-spec §3; lain-spec 1.1 for the console's).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::console;
use crate::domain::name::Uid;
use crate::domain::{Error, FieldError, Missing};

const REQUEST_ID: &str = "x-reqid";
/// The gateway and Lambda give up after 29 seconds, with an answer that is not ours.
const DEADLINE: Duration = Duration::from_secs(25);
const REQUEST_ID_CHARS_MAX: usize = 64;

/// The id of a request, which its answer, its records and its log lines carry.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) String);

/// Takes the error along to where the request's id is known.
#[derive(Clone)]
struct Carried(Arc<Error>);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = code(&self).0.into_response();
        response.extensions_mut().insert(Carried(Arc::new(self)));
        response
    }
}

/// `code` is a number and `error` a word, since the vendor's clients decode them so.
#[derive(Serialize)]
struct Problem<'a> {
    code: u16,
    error: &'static str,
    message: String,
    reqid: &'a str,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    details: &'a [FieldError],
}

/// The outermost layer: gives each request an id and each error its body.
pub(super) async fn answer(mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let method = request.method().clone();
    let endpoint = console::Endpoint::of(request.uri().path());
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = match tokio::time::timeout(DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(late) => Error::unavailable("answer in time", late).into_response(),
    };
    if let Some(Carried(error)) = response.extensions_mut().remove() {
        let allow = response.headers_mut().remove(axum::http::header::ALLOW);
        log(&error, &id);
        response = match &endpoint {
            Some(endpoint) => console::refusal(endpoint, &method, &error, code(&error), &message(&error)),
            None => problem(&error, &id, &method),
        };
        if let Some(seconds) = retry_after_s(&error) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(allow) = allow {
            response.headers_mut().insert(axum::http::header::ALLOW, allow);
        }
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The caller's id where it is one, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let is_good = |id: &&str| {
        (1..=REQUEST_ID_CHARS_MAX).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    given.filter(is_good).map_or_else(|| Uid::random().to_string(), str::to_owned)
}

fn log(error: &Error, request_id: &str) {
    if matches!(error, Error::Unavailable { .. } | Error::Internal { .. }) {
        tracing::error!(request.id = request_id, error = %error.chain(), "Answered {}", code(error).1);
    }
}

fn problem(error: &Error, request_id: &str, method: &Method) -> Response {
    let (status, word) = code(error);
    let details = if let Error::Invalid(details) = error { details.as_slice() } else { &[] };
    let body =
        Problem { code: status.as_u16(), error: word, message: message(error), reqid: request_id, details };
    let body = serde_json::to_string(&body).unwrap_or_default();
    let mut response = (status, [(CONTENT_TYPE, "application/json")], body).into_response();
    if *method == Method::HEAD {
        *response.body_mut() = axum::body::Body::empty();
    }
    response
}

/// The status and the word of each error (kirk-spec 3.2).
fn code(error: &Error) -> (StatusCode, &'static str) {
    match error {
        Error::Invalid(_) => (StatusCode::BAD_REQUEST, "InvalidArgument"),
        Error::Unauthenticated => (StatusCode::UNAUTHORIZED, "Unauthenticated"),
        Error::AccessDenied(_) => (StatusCode::FORBIDDEN, "AccessDenied"),
        // Misspelt in the source document in every revision, and so part of the contract (D5).
        Error::OperationForbidden { .. } => (StatusCode::FORBIDDEN, "OperationForbbiden"),
        Error::ServiceNotStateless { .. } => (StatusCode::FORBIDDEN, "ServiceNotStateless"),
        Error::QuotaExceeded { .. } => (StatusCode::FORBIDDEN, "QuotaExceeded"),
        Error::NotFound(missing) => (StatusCode::NOT_FOUND, missing_word(missing)),
        Error::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
        Error::Unacceptable(_) => (StatusCode::NOT_ACCEPTABLE, "NotAcceptable"),
        Error::ProjectExists(_) => (StatusCode::CONFLICT, "ProjectExists"),
        Error::AppExists(_) => (StatusCode::CONFLICT, "AppExists"),
        Error::ServiceExists(_) => (StatusCode::CONFLICT, "ServiceExists"),
        Error::Conflict(_) => (StatusCode::CONFLICT, "OperationConflict"),
        Error::IdempotencyConflict => (StatusCode::CONFLICT, "IdempotencyConflict"),
        Error::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLarge"),
        Error::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType"),
        Error::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequests"),
        Error::RegionDisabled(_) | Error::Unavailable { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable")
        }
        Error::Internal { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
    }
}

/// A space is what the source document calls a project.
fn missing_word(missing: &Missing) -> &'static str {
    match missing {
        Missing::Path => "PathNotFound",
        Missing::Region(_) => "RegionNotFound",
        Missing::Project(_) => "SpaceNotFound",
        Missing::App(_) => "AppNotFound",
        Missing::Service(_) => "ServiceNotFound",
        Missing::Revision(_) => "RevisionNotFound",
    }
}

/// What may work when tried again, and after how many seconds.
fn retry_after_s(error: &Error) -> Option<u16> {
    if matches!(error, Error::Conflict(_) | Error::TooManyRequests | Error::Unavailable { .. }) {
        Some(1)
    } else if matches!(error, Error::RegionDisabled(_)) {
        Some(60)
    } else {
        None
    }
}

/// The text for the caller; our own failures say nothing of what is inside.
fn message(error: &Error) -> String {
    if matches!(error, Error::Unavailable { .. }) {
        "the service is unavailable: try again".to_owned()
    } else if matches!(error, Error::Internal { .. }) {
        "an internal error occurred".to_owned()
    } else {
        error.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_misspelt_code_is_kept_byte_for_byte() {
        let error = Error::OperationForbidden { app: "a".to_owned() };
        assert_eq!(code(&error), (StatusCode::FORBIDDEN, "OperationForbbiden"));
    }

    #[test]
    fn our_own_failures_say_nothing_of_what_is_inside() {
        for error in [Error::unavailable("read x", "secret"), Error::internal("read y", "secret")] {
            let text = message(&error);
            assert!(!text.contains("secret") && !text.contains("read"), "{text}");
            assert!(error.chain().to_string().ends_with(": secret"), "the log has it");
        }
    }

    #[test]
    fn a_request_id_is_taken_over_only_if_it_is_one() {
        let id = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, text.parse().unwrap());
            request_id(&headers)
        };
        assert_eq!(id("abc-DEF_123"), "abc-DEF_123");
        for bad in ["", "a b", "a\tb", "a,b", &"a".repeat(65)] {
            assert_ne!(id(bad), bad);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_too_long_is_answered_in_its_dialect() {
        let never = async || std::future::pending::<Response>().await;
        let router = axum::Router::new().fallback(never).layer(axum::middleware::from_fn(answer));
        for (path, status, words) in [
            ("/api/v1/apps/hello", 500, r#""msg":"could not answer in time: try again""#),
            ("/regions/xq/v1/projects/p/apps", 503, r#""error":"ServiceUnavailable""#),
        ] {
            let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
            let response = tower::ServiceExt::oneshot(router.clone(), request).await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{path}");
            let body = axum::body::to_bytes(response.into_body(), 1024).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            assert!(body.contains(words), "{body}");
        }
    }
}
