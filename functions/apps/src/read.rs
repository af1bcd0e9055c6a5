//! Deployed apps, one and all.

use std::collections::BTreeMap;

use axum::extract::State;
use common::domain::Result;
use common::http::console::answer::Views;
use common::http::console::{Envelope, related, url};
use common::http::{Context, Scope};
use common::store::ReadApp;
use serde_json::Value;

/// Lambda answers with 6 MB at most.
const BYTES_MAX: usize = 5 * 1024 * 1024;

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
    let (shown, msg) = fit(shown, BYTES_MAX);
    Ok(Envelope::ok("apps", &shown, url::apps())?.saying(msg))
}

/// The list itself, or without pods if it is too long with them.
fn fit(mut apps: Value, bytes_max: usize) -> (Value, &'static str) {
    if apps.to_string().len() <= bytes_max {
        return (apps, "");
    }
    without_pods(&mut apps);
    (apps, "there are too many pods to list: ask for each app")
}

fn without_pods(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(pods) = members.get_mut("pods") {
                *pods = Value::Array(Vec::new());
            }
            members.values_mut().for_each(without_pods);
        }
        Value::Array(items) => items.iter_mut().for_each(without_pods),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A deployed app.
pub(super) async fn get(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let read = scope.admitted(&context).await?;
    if read.app.deployment.is_none() {
        return Ok(super::not_deployed(read.app.name().as_str()));
    }
    let others = related(&context, &read.app).await?;
    let views = Views::new(&context, &others);
    Envelope::ok("app", &views.app(&read), url::app(read.app.name().as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_that_is_too_long_has_no_pods_at_any_depth() {
        let proc = |pods: Value| json!({"procname": "web", "pods": pods});
        let app = |pods: &Value| json!([{"procs": [proc(pods.clone())], "useservices": [{"portals": [proc(pods.clone())]}]}]);
        let (with, without) = (app(&json!([{"status": "True"}])), app(&json!([])));
        assert_eq!(fit(with.clone(), with.to_string().len()), (with.clone(), ""));
        let (shown, msg) = fit(with.clone(), with.to_string().len() - 1);
        assert_eq!((shown, msg.is_empty()), (without, false));
    }
}
