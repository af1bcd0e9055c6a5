//! Tokens for the registry: who may pull and push which images (lain-spec 4.4).

use axum::extract::{RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::domain::console::name::AppName;
use common::domain::console::settings::ADMINS;
use common::domain::{Error, Result};
use common::http::{Auth, Context, credentials};
use common::outbound::Password;
use common::registry::token::{AccessClaim, SERVICE, Signer, scope};
use common::sso::{Grant, Sso};
use serde_json::json;

/// A token, for what the caller may do of what the query asks for.
pub(crate) async fn token(
    State(context): State<Context>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    let Some(signer) = &context.signer else { return Ok(refused("the registry asks for no tokens")) };
    let query = Query::read(&query.unwrap_or_default());
    let scopes: Option<Vec<_>> = query.scopes.iter().map(|text| scope(text)).collect();
    let Some(scopes) = scopes else { return Ok(refused("the scope must be repository:<name>:<actions>")) };
    let is_pull = |claim: &AccessClaim| claim.actions == ["pull"];
    let anonymous_pull = !scopes.is_empty() && scopes.iter().all(is_pull);
    let (account, access) = if anonymous_pull {
        (query.account.unwrap_or_default(), scopes)
    } else {
        let Some(user) = user(&context, &headers).await? else {
            return Ok(refused("a user and a password, or a token as the password, are needed"));
        };
        if !scopes.iter().all(|claim| is_pull(claim) || user.may_push(&context, &claim.name)) {
            return Ok(refused("only maintainers of an app may push its images"));
        }
        (user.name, scopes)
    };
    let service = query.service.unwrap_or_else(|| SERVICE.to_owned());
    let token = signer.token(&account, &service, &access)?;
    let json = [(CONTENT_TYPE, "application/json")];
    Ok((json, json!({"token": token}).to_string()).into_response())
}

/// The key by which the registry checks the tokens.
pub(crate) async fn jwks(State(context): State<Context>) -> Response {
    let keys = context.signer.as_ref().map_or_else(|| json!({"keys": []}), Signer::jwks);
    ([(CONTENT_TYPE, "application/json")], keys.to_string()).into_response()
}

/// Who asks for a token.
struct User {
    name: String,
    /// None: everything is open.
    groups: Option<Vec<String>>,
}

impl User {
    /// Admins push to any repository, others to those of their apps.
    fn may_push(&self, context: &Context, repository: &str) -> bool {
        let own = repository.parse::<AppName>().map(|app| context.console.group(&app)).ok();
        self.groups.as_ref().is_none_or(|groups| {
            groups.iter().any(|group| group == ADMINS || own.as_ref().is_some_and(|own| own == group))
        })
    }
}

/// The user of the Basic credentials; none if they are not good.
async fn user(context: &Context, headers: &HeaderMap) -> Result<Option<User>> {
    let decoded = credentials(headers, "Basic").and_then(|text| STANDARD.decode(text).ok());
    let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
    match (&context.auth, pair) {
        (Auth::Open(_), pair) => {
            let name = pair.map_or("unknown", |(name, _)| name).to_owned();
            Ok(Some(User { name, groups: None }))
        }
        (Auth::LainSso(sso), Some((name, password))) => {
            let user = of_sso(sso, name, &Password(password.to_owned())).await.unwrap_or_else(|error| {
                tracing::warn!(error = %error.chain(), "Could not ask the SSO who wants a registry token");
                None
            });
            Ok(user.map(|user| User { name: user.name, groups: Some(user.groups) }))
        }
        (Auth::LainSso(_), None) | (Auth::Closed, _) => Ok(None),
    }
}

/// The user whom the password is a token of, whatever the name, as programs have it; else the user of this name and password.
async fn of_sso(sso: &Sso, name: &str, password: &Password) -> Result<Option<common::sso::User>> {
    let of_token = async |token: &str| match sso.me(token).await {
        Ok(user) => Ok(Some(user)),
        Err(Error::Unauthenticated) => Ok(None),
        Err(error) => Err(error),
    };
    if let Some(user) = of_token(&password.0).await? {
        return Ok(Some(user));
    }
    match sso.grant(Grant::Password { user: name, password }).await? {
        Some(granted) => of_token(&granted.access_token).await,
        None => Ok(None),
    }
}

/// What is asked for.
#[derive(Default)]
struct Query {
    service: Option<String>,
    account: Option<String>,
    scopes: Vec<String>,
}

impl Query {
    fn read(text: &str) -> Self {
        let mut query = Self::default();
        for pair in text.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_encoding::percent_decode_str(&value.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned();
            match name {
                "service" => query.service = Some(value),
                "account" => query.account = Some(value),
                "scope" => {
                    query.scopes.extend(value.split(' ').filter(|text| !text.is_empty()).map(str::to_owned));
                }
                _ => {}
            }
        }
        query
    }
}

fn refused(why: &'static str) -> Response {
    (StatusCode::UNAUTHORIZED, [(CONTENT_TYPE, "text/plain")], why).into_response()
}
