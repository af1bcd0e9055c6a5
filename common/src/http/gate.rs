//! The checks before any handler, in their order (kirk-spec 1.4): caller, region, rights, rate.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{FromRequest, FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use super::body::Body;
use super::caller::{Access, Dialect};
use super::console::{self, Endpoint};
use super::context::Context;
use super::problem::RequestId;
use super::routes::Table;
use super::scope::Scope;
use crate::domain::error::{Error, Missing, Result};

/// What the gate needs.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) context: Context,
    pub(super) table: Table,
}

/// Lets a request pass to its handler, with its [`Scope`], or refuses it.
pub(super) async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Result<Response> {
    let (mut parts, mut body) = request.into_parts();
    let matched = parts.extensions.get::<MatchedPath>().cloned();
    let matched = matched.as_ref().map(MatchedPath::as_str).unwrap_or_default();
    let dialect = if matched.starts_with(console::BASE) { Dialect::Console } else { Dialect::Microservice };
    let method = match (parts.method.clone(), dialect) {
        // LAIN has no HEAD (lain-spec 1.1).
        (Method::HEAD, Dialect::Console) => return Err(Error::MethodNotAllowed),
        (Method::HEAD, Dialect::Microservice) => Method::GET,
        (method, _) => method,
    };
    let access = gate.table.access(&method, matched);
    let access = access.ok_or_else(|| Error::internal("find the rights of a route", matched.to_owned()))?;
    if access != Access::Public {
        let params = RawPathParams::from_request_parts(&mut parts, &()).await;
        let params = params.map_err(|_| Error::NotFound(Missing::Path))?;
        let params = params.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let scope = match scope(&gate.context, dialect, access, &parts, params).await {
            // Here LAIN looks at the body before it asks who calls (lain-spec 1.1).
            Err(Error::Unauthenticated)
                if method == Method::POST && Endpoint::of(matched) == Some(Endpoint::Apps) =>
            {
                let read = Body::from_request(Request::new(std::mem::take(&mut body)), &()).await?;
                let members = console::body::members(&read)?;
                console::body::text(&members, "appname")?;
                return Err(Error::Unauthenticated);
            }
            scope => scope?,
        };
        parts.extensions.insert(scope);
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

async fn scope(
    context: &Context,
    dialect: Dialect,
    access: Access,
    parts: &axum::http::request::Parts,
    params: Vec<(String, String)>,
) -> Result<Scope> {
    let caller = context.auth.caller(dialect, access, &parts.headers).await?;
    let region = match params.iter().find(|(key, _)| key == "region") {
        Some((_, id)) => {
            context.regions.get(id).ok_or_else(|| Error::NotFound(Missing::Region(id.clone())))?
        }
        None => context.regions.first(),
    };
    let RequestId(request_id) = parts
        .extensions
        .get()
        .cloned()
        .ok_or_else(|| Error::internal("find the request's id", "there is none"))?;
    let header = |name: &str| {
        parts.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let scope = Scope {
        caller,
        region: Arc::clone(region),
        access,
        route: format!("{} {}", parts.method, parts.uri.path()),
        request_id,
        idempotency_key: header("idempotency-key"),
        params,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        #[cfg(feature = "console")]
        token: super::caller::token(&parts.headers).map(super::scope::Token::new),
    };
    // Here come the caller's rights in the project, once there are callers who may not do everything.
    if access.is_mutation() {
        let allowed = |rate: &super::RateLimit| rate.take(scope.caller.name(), Instant::now());
        if !context.rate.as_deref().is_none_or(allowed) {
            return Err(Error::TooManyRequests);
        }
        // Of the console's changes only those of what runs are refused, by the handler in its turn.
        if dialect == Dialect::Microservice && !region.enabled {
            return Err(Error::RegionDisabled(region.id.to_string()));
        }
    }
    Ok(scope)
}
