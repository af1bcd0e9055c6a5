//! Notifiers of the console: who is told of pushed images (lain-spec 1.3, 23 to 25).

use axum::extract::State;
use axum::http::StatusCode;
use common::domain::console::notify::{NOTIFIERS_MAX, NotifyType, NotifyUrl};
use common::domain::{Error, Result};
use common::http::console::{Envelope, body, url};
use common::http::{Access, Body, Context, Routes, Scope};

const PATH: &str = "/api/v1/notify/{type}";

/// The routes of this group.
pub fn routes() -> Routes {
    Routes::default()
        .get(Access::Public, PATH, list)
        .post(Access::Administer, PATH, add)
        .delete(Access::Administer, PATH, remove)
        .put(Access::Administer, PATH, no_method)
        .patch(Access::Administer, PATH, no_method)
}

async fn list(State(context): State<Context>, request: axum::extract::Path<String>) -> Result<Envelope> {
    let Some(notify) = NotifyType::parse(&request.0) else { return Ok(unknown(&request.0)) };
    let region = &context.regions.first().id;
    let urls: Vec<_> =
        context.store.notifiers(region, notify).await?.into_iter().map(|each| each.url).collect();
    Envelope::ok("notify", &urls, url::notify(notify.as_str()))
}

/// Registers a notifier; a second time changes nothing.
async fn add(State(context): State<Context>, scope: Scope, body: Body) -> Result<Envelope> {
    let (notify, given) = match asked(&scope, &body)? {
        Ok(asked) => asked,
        Err(unknown) => return Ok(unknown),
    };
    let origin = scope.origin(common::clock::now());
    if !context.store.add_notifier(&scope.region.id, notify, &given, &origin).await? {
        return Err(Error::invalid(
            "notify_url",
            format!("cannot be registered: there are {NOTIFIERS_MAX} already"),
        ));
    }
    Envelope::ok("notify", &given, url::notify(notify.as_str()))
}

async fn remove(State(context): State<Context>, scope: Scope, body: Body) -> Result<Envelope> {
    let (notify, given) = match asked(&scope, &body)? {
        Ok(asked) => asked,
        Err(unknown) => return Ok(unknown),
    };
    let origin = scope.origin(common::clock::now());
    if !context.store.remove_notifier(&scope.region.id, notify, &given, &origin).await? {
        return Err(Error::invalid("notify_url", "is not registered"));
    }
    Envelope::ok("notify", &given, url::notify(notify.as_str()))
}

/// LAIN looks at the body before it looks at the method.
async fn no_method(scope: Scope, body: Body) -> Result<Envelope> {
    match asked(&scope, &body)? {
        Ok(_) => Err(Error::MethodNotAllowed),
        Err(unknown) => Ok(unknown),
    }
}

/// The type and the URL; an answer if there is no such type.
fn asked(scope: &Scope, body: &Body) -> Result<Result<(NotifyType, NotifyUrl), Envelope>> {
    scope.check_admin()?;
    let Some(notify) = NotifyType::parse(scope.param("type")) else {
        return Ok(Err(unknown(scope.param("type"))));
    };
    let members = body::members(body)?;
    let given = body::text(&members, "notify_url")?;
    let given = given.parse().map_err(|rule: &str| Error::invalid("notify_url", rule))?;
    Ok(Ok((notify, given)))
}

/// Without a text, as in LAIN.
fn unknown(notify: &str) -> Envelope {
    Envelope::null(StatusCode::BAD_REQUEST, "notify", "", url::notify(notify))
}
