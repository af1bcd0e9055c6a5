//! "An image was pushed": tells the notifiers. Deploys nothing (lain-spec 3.7).

use axum::extract::State;
use axum::http::StatusCode;
use common::clock;
use common::domain::console::manifest::LainYaml;
use common::domain::console::notify::{Delivery, DeliveryId, DeliveryState, NotifyType};
use common::domain::console::version::versions;
use common::domain::name::Uid;
use common::domain::{Error, Result};
use common::http::console::{Envelope, body, url};
use common::http::{Body, Context, Scope};
use common::store::{DUE_AFTER_S, ReadApp};
use serde_json::{Value, json};

/// There are up to 50 deliveries of an event, all in one transaction of at most 4 MB.
const EVENT_BYTES_MAX: usize = 64 * 1024;

/// Puts one delivery for each notifier on its way.
pub(crate) async fn push(State(context): State<Context>, scope: Scope, body: Body) -> Result<Envelope> {
    let read = scope.admitted(&context).await?;
    let event = match event(&context, &scope, &read, &body).await? {
        Ok(event) => event.to_string(),
        Err(refusal) => return Ok(refusal),
    };
    let now = clock::now();
    let notifiers = context.store.notifiers(&scope.region.id, NotifyType::ImagePush).await?;
    let deliveries: Vec<_> = notifiers
        .into_iter()
        .map(|notifier| Delivery {
            id: DeliveryId::new(scope.region.id.clone(), &notifier.url, now, Uid::random().as_str()),
            url: notifier.url,
            body: event.clone(),
            state: DeliveryState::Queued,
            tries: 0,
        })
        .collect();
    context.store.enqueue(&deliveries, now.as_second() + DUE_AFTER_S).await?;
    let ids: Vec<_> = deliveries.into_iter().map(|delivery| delivery.id).collect();
    if let Err(error) = context.webhooks.ring_all(&ids).await {
        tracing::warn!(error = %error.chain(), "Left deliveries to the sweeper");
    }
    let url = url::of_repo(read.app.name().as_str(), "push");
    Ok(Envelope::null(StatusCode::OK, "image_push", "ok", url))
}

/// What the notifiers are told; a refusal if there is nothing to tell.
async fn event(
    context: &Context,
    scope: &Scope,
    read: &ReadApp,
    body: &Body,
) -> Result<Result<Value, Envelope>> {
    let app = &read.app;
    let name = app.name().as_str();
    let refuse =
        |status, msg: &str| Ok(Err(Envelope::null(status, "image_push", msg, url::of_repo(name, "push"))));
    let repository = app.name().repository();
    let Some(tags) = context.registry.tags(repository.as_str()).await? else {
        return refuse(StatusCode::NOT_FOUND, "no available images: the registry has no such repository");
    };
    let Some(newest) = versions(&tags).into_iter().next() else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "no available images: there is no tag meta-...");
    };
    let (Some(giturl), Some(deployment)) = (&app.giturl, &app.deployment) else {
        return refuse(StatusCode::BAD_REQUEST, "the app is bound to no repository: deploy it first");
    };
    let text = context.registry.lain_yaml(repository.as_str(), &newest.version).await;
    let found = match text.and_then(|text| LainYaml::parse(&text)) {
        Ok(LainYaml::App(manifest)) => manifest.giturl,
        Ok(LainYaml::Resource(manifest)) => manifest.giturl,
        Err(error @ (Error::Invalid(_) | Error::Unacceptable(_))) => {
            let msg = format!("the newest version has no good lain.yaml: {error}");
            return refuse(StatusCode::BAD_REQUEST, &msg);
        }
        Err(error) => return Err(error),
    };
    if found.as_ref() != Some(giturl) {
        return refuse(
            StatusCode::BAD_REQUEST,
            "the newest version comes from another repository than the app is bound to",
        );
    }
    let members = body::members(body).unwrap_or_default();
    let (authors, commits) = match changes(&members) {
        Ok(changes) => changes,
        Err(why) => return refuse(StatusCode::BAD_REQUEST, &why),
    };
    let event = json!({
        "appname": name, "authors": authors, "commits": commits, "operator": scope.caller.name(),
        "lastid": deployment.version.commit(), "nextid": newest.version.commit(), "giturl": giturl,
    });
    if event.to_string().len() > EVENT_BYTES_MAX {
        let msg = format!("authors and commits are more than {} KiB", EVENT_BYTES_MAX / 1024);
        return refuse(StatusCode::BAD_REQUEST, &msg);
    }
    Ok(Ok(event))
}

/// `authors`, e-mail addresses, and `commits`, each with `id` and `message`.
fn changes(members: &body::Members) -> std::result::Result<(&[Value], &[Value]), String> {
    let list = |key: &str| match members.get(key) {
        Some(Value::Array(list)) => Ok(list.as_slice()),
        Some(_) => Err(format!("{key} must be a list")),
        None => Err(format!("{key} is needed: it is not looked up here")),
    };
    let (authors, commits) = (list("authors")?, list("commits")?);
    if authors.is_empty() || commits.is_empty() {
        return Err("nothing changed".to_owned());
    }
    if let Some(index) = authors.iter().position(|author| !author.is_string()) {
        return Err(format!("authors[{index}] must be a string"));
    }
    let is_commit = |commit: &Value| commit["id"].is_string() && commit["message"].is_string();
    match commits.iter().position(|commit| !is_commit(commit)) {
        Some(index) => Err(format!("commits[{index}] must have the strings id and message")),
        None => Ok((authors, commits)),
    }
}
