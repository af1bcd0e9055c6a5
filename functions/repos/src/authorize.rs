//! Whether callers are told apart, and the SSO's way back to the web console (lain-spec 1.4).

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use common::domain::Result;
use common::http::console::{Envelope, url};
use common::http::{Auth, Context};
use serde_json::json;

/// Clients ask this before they ask people to log in.
pub(crate) async fn status(State(context): State<Context>) -> Result<Envelope> {
    let status = if context.auth.is_closed() { "opened" } else { "closed" };
    Envelope::ok("auth", &json!({"status": status}), url::authorize())
}

/// Where the SSO sends people who have logged in.
pub(crate) async fn callback(State(context): State<Context>, RawQuery(query): RawQuery) -> Result<Response> {
    let query = query.unwrap_or_default();
    let code = query.split('&').find_map(|pair| pair.strip_prefix("code=")).filter(|code| !code.is_empty());
    let refuse =
        |status, msg: &str| Ok(Envelope::null(status, "auth", msg, url::authorize()).into_response());
    if code.is_none() {
        return refuse(StatusCode::BAD_REQUEST, "there is no code: log in at the SSO first");
    }
    match &context.auth {
        // The exchange needs a client of the SSO, which this installation is not.
        Auth::LainSso(_) | Auth::Open(_) | Auth::Closed => refuse(
            StatusCode::UNAUTHORIZED,
            "no client of the SSO is configured: use a token of the SSO itself",
        ),
    }
}
