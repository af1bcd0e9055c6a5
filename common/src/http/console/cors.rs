//! Web pages of other origins (lain-spec 1.1): they may ask, as in LAIN; whether they are answered is the gate's matter.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CONTENT_TYPE,
};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::endpoint::BASE;

const ANY: HeaderValue = HeaderValue::from_static("*");

/// Answers what browsers ask before the request proper, and lets pages read the answers of the console.
pub(in crate::http) async fn allow(request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with(BASE) {
        return next.run(request).await;
    }
    let mut response = if *request.method() == Method::OPTIONS {
        let headers = [
            (CONTENT_TYPE, "text/plain"),
            (ACCESS_CONTROL_ALLOW_METHODS, "DELETE, GET, PATCH, POST, PUT"),
            (ACCESS_CONTROL_ALLOW_HEADERS, "access-token, content-type"),
            (ACCESS_CONTROL_MAX_AGE, "86400"),
        ];
        (headers, "").into_response()
    } else {
        next.run(request).await
    };
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    response
}
