//! Whether callers are told apart, and the SSO's way back to the web console (lain-spec 1.4).

use axum::extract::{RawQuery, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use common::domain::Result;
use common::http::console::{Envelope, url};
use common::http::{Auth, Context};
use common::sso::Grant;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::json;

/// Clients ask this before they ask people to log in.
pub(crate) async fn status(State(context): State<Context>) -> Result<Envelope> {
    let status = if context.auth.tells_callers_apart() { "opened" } else { "closed" };
    Envelope::ok("auth", &json!({"status": status}), url::authorize())
}

/// Where the SSO sends people who have logged in: with a token for them, on to the web console.
pub(crate) async fn callback(
    State(context): State<Context>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    let refuse =
        |status, msg: &str| Ok(Envelope::null(status, "auth", msg, url::authorize()).into_response());
    let query = query.unwrap_or_default();
    let code = query.split('&').find_map(|pair| pair.strip_prefix("code=")).filter(|code| !code.is_empty());
    let Some(code) = code else {
        return refuse(StatusCode::BAD_REQUEST, "there is no code: log in at the SSO first");
    };
    let Auth::LainSso(sso) = &context.auth else {
        return refuse(StatusCode::UNAUTHORIZED, "there is no SSO here: no login is needed");
    };
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // The gateway says how it was reached; without one it is as it seems.
    let scheme = if header("x-forwarded-proto") == Some("https") { "https" } else { "http" };
    let redirect_uri = format!("{scheme}://{}/api/v1/authorize/", header("host").unwrap_or_default());
    let code = percent_decode_str(code).decode_utf8_lossy();
    let granted = sso.grant(Grant::Code { code: &code, redirect_uri: &redirect_uri }).await;
    let granted = granted.unwrap_or_else(|error| {
        tracing::warn!(error = %error.chain(), "Could not ask the SSO for a token");
        None
    });
    let Some(granted) = granted else {
        return refuse(StatusCode::UNAUTHORIZED, "the SSO gives no token for this code: log in again");
    };
    let token = utf8_percent_encode(&granted.access_token, NON_ALPHANUMERIC);
    let location = format!(
        "{scheme}://archon.{}/authorize/complete?access_token={token}&expires_in={}",
        context.console.domains.main(),
        granted.expires_in
    );
    Ok((StatusCode::FOUND, [(LOCATION, location)]).into_response())
}
