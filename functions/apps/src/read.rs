//! Deployed apps, one and all.

use std::collections::BTreeMap;

use axum::extract::State;
use common::domain::Result;
use common::http::console::answer::Views;
use common::http::console::{Envelope, related, url};
use common::http::{Context, Scope};
use common::store::ReadApp;

/// All deployed apps that are the caller's; of one type, if `?apptype=` names it. Other parameters count for nothing.
pub(super) async fn list(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let apps = context.store.console_apps(&scope.region.id).await?;
    let others: BTreeMap<_, _> = apps.into_iter().map(|read| (read.app.name().clone(), read)).collect();
    let views = Views::new(&context, &others);
    let apptype = scope.query_param("apptype");
    let is_asked_for = |read: &&ReadApp| {
        read.app.deployment.is_some()
            && apptype.as_ref().is_none_or(|wanted| read.app.app_type().as_str() == wanted)
            && scope.is_member(&context, read.app.name())
    };
    let shown = others.values().filter(is_asked_for).map(|read| views.app(read)).collect();
    Ok(Envelope::list("apps", shown, url::apps()))
}

/// A deployed app.
pub(super) async fn get(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let read = scope.admitted(&context).await?;
    if read.app.deployment.is_none() {
        return Ok(Envelope::not_deployed("app", read.app.name().as_str()));
    }
    let others = related(&context, &read.app).await?;
    let views = Views::new(&context, &others);
    Envelope::ok("app", &views.app(&read), url::app(read.app.name().as_str()))
}
