//! Undeploying: the app stays registered.

use axum::extract::State;
use axum::http::StatusCode;
use common::domain::console::app::AppType;
use common::domain::operation::Action;
use common::domain::subject::Subject;
use common::domain::{Result, Timestamp};
use common::http::console::answer::RepoJson;
use common::http::console::{Envelope, Verdict, mutate, url, used};
use common::http::{Context, Scope};
use common::store::{AppChange, AppMutation, Note};

use super::{deploy, plan};

/// Undeploys an app with its instances of resources.
pub(super) async fn undeploy(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    mutate(&context, &scope, Action::Delete, |now| decide(&context, &scope, now)).await
}

async fn decide(context: &Context, scope: &Scope, now: Timestamp) -> Result<Verdict> {
    let read = scope.admitted(context).await?;
    let app = &read.app;
    if app.deployment.is_none() {
        return Ok(Envelope::not_deployed("app", app.name().as_str()).into());
    }
    let why_not = if app.app_type() == AppType::Resource {
        Some("a resource is not undeployed: its instances are other apps'")
    } else if context.console.is_protected(app.name()) {
        Some("the app is protected: the installation rests on it")
    } else {
        None
    };
    if let Some(why_not) = why_not {
        return deploy::shown(context, &read, StatusCode::FORBIDDEN, why_not).await.map(Verdict::from);
    }
    let version = common::http::console::answer::version(app);
    let others = context.store.console_apps_of(&app.id.region, &used(app)).await?;
    let mut changes = vec![AppChange { before: Some(app.clone()), after: app.undeploy(now), yaml: None }];
    for resource in app.resources() {
        let instance = resource.instance_for(app.name()).ok().and_then(|name| others.get(&name));
        changes.extend(instance.and_then(|read| plan::end(&read.app, now)));
    }
    let ring = changes.iter().map(|change| Subject::App(change.after.id.clone())).collect();
    let name = app.name().as_str();
    let answer = Envelope::new(StatusCode::ACCEPTED, "app", &RepoJson::new(name), url::apps())?;
    let mut said = vec![format!("{name} is being undeployed; it stays registered")];
    said.extend(plan::orphans(context, app, &app.undeploy(now)).await?);
    Ok(Verdict::Accept {
        mutation: AppMutation::Change {
            cluster: scope.region.cluster.clone(),
            changes,
            note: Note { version, message: "undeployed".to_owned() },
        },
        ring,
        answer: Box::new(answer.saying(said.join("\n"))),
    })
}
