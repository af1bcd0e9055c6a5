//! Registered apps, and what is known of each.

use axum::extract::State;
use axum::http::StatusCode;
use common::domain::console::app::App;
use common::domain::console::name::AppName;
use common::domain::console::version::versions as versions_of;
use common::domain::name::Uid;
use common::domain::operation::Action;
use common::domain::subject::AppId;
use common::domain::{Error, Result};
use common::http::console::answer::{RepoJson, utc, version};
use common::http::console::{Envelope, Verdict, body, make_group, mutate, url};
use common::http::{Body, Context, Scope};
use common::store::{AppMutation, OplogEntry};
use serde_json::json;

/// Registers an app. With an SSO its group is made first, with the caller as its admin; a group that a try before this one
/// left behind is the caller's own.
pub(crate) async fn register(State(context): State<Context>, scope: Scope, body: Body) -> Result<Envelope> {
    let members = body::members(&body)?;
    let name = body::text(&members, "appname")?;
    let name: AppName = name.parse().map_err(|rule: &str| Error::invalid("appname", rule))?;
    if name.instance_of().is_some() {
        return Err(Error::invalid(
            "appname",
            "must not be an instance of a resource: deploy an app that uses it",
        ));
    }
    // Groups of the SSO have `-` for `.`: this would be the one of an instance of a resource.
    if context.auth.tells_callers_apart() && name.as_str().starts_with("resource-") {
        return Err(Error::invalid("appname", "must not start with resource-"));
    }
    let id = AppId { region: scope.region.id.clone(), app: name.clone() };
    let (context, scope, id, name) = (&context, &scope, &id, &name);
    mutate(context, scope, Action::Register, |now| async move {
        let url = url::repo(name.as_str());
        let taken = || {
            let msg = format!("app {name} has been reposited already");
            Envelope::null(StatusCode::CONFLICT, "repos", msg, url::repo(name.as_str()))
        };
        if context.store.console_app(id).await?.is_some() {
            return Ok(taken().into());
        }
        if !make_group(context, scope, name).await? {
            // Somebody who registers it at the same time has made it.
            if context.store.console_app(id).await?.is_some() {
                return Ok(taken().into());
            }
            let msg =
                format!("the SSO refuses to make a group for {name}: another app may have a name like it");
            return Ok(Envelope::null(StatusCode::INTERNAL_SERVER_ERROR, "repos", msg, url).into());
        }
        let app = App::register(id.clone(), Uid::random(), now);
        let answer = Envelope::new(StatusCode::CREATED, "repos", &RepoJson::new(name.as_str()), url)?;
        Ok(Verdict::Accept {
            mutation: AppMutation::Register(Box::new(app)),
            ring: Vec::new(),
            answer: Box::new(answer),
        })
    })
    .await
}

/// All registered apps that are the caller's, instances of resources among them.
pub(crate) async fn list(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let names = context.store.console_names(&scope.region.id).await?;
    let own = names.iter().filter(|name| scope.is_member(&context, name));
    let shown: Vec<_> = own.map(|name| RepoJson::new(name.as_str())).collect();
    Envelope::ok("repos", &shown, url::repos())
}

/// A registered app.
pub(crate) async fn get(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let read = scope.admitted(&context).await?;
    let name = read.app.name().as_str();
    Envelope::ok("repo", &RepoJson::new(name), url::repo(name))
}

/// The repository that an app is bound to, and its deployed version.
pub(crate) async fn details(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let app = scope.admitted(&context).await?.app;
    let name = app.name().as_str();
    let detail = json!({
        "appname": name, "giturl": app.giturl.clone().unwrap_or_default(), "meta_version": version(&app),
        "url": url::of_repo(name, "details"),
    });
    Envelope::ok("detail", &detail, url::of_repo(name, "details"))
}

/// The versions that the registry has, newest first.
pub(crate) async fn versions(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let app = scope.admitted(&context).await?.app;
    let (name, url) = (app.name().as_str(), url::of_repo(app.name().as_str(), "versions"));
    let Some(tags) = context.registry.tags(app.name().repository().as_str()).await? else {
        let msg = format!("the registry has no repository {name}");
        return Ok(Envelope::null(StatusCode::NOT_FOUND, "version", msg, url));
    };
    let tags: Vec<_> = versions_of(&tags).into_iter().map(|each| each.version).collect();
    Envelope::ok("version", &json!({"appname": name, "tags": tags, "url": url}), url.clone())
}

/// The newest mutations of an app, as a text: clients parse it again.
pub(crate) async fn oplog(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let entries = match scope.app_id() {
        Ok(id) => context.store.oplog(&id).await?,
        Err(_) => Vec::new(),
    };
    let app = scope.param("app");
    let shown = entries.iter().zip((1..=entries.len()).rev()).map(|(entry, number)| {
        let OplogEntry { by, action, version, at, message } = entry;
        json!({"model": "oplog.oplog", "pk": number, "fields": {
            "user": by, "op": operation(action), "app": app, "app_version": version, "time": utc(*at),
            "message": message,
        }})
    });
    let shown = serde_json::Value::Array(shown.collect()).to_string();
    Envelope::ok("oplog", &shown, url::oplogs(app))
}

/// LAIN's word for an action.
fn operation(action: &str) -> String {
    match action {
        "register" => "REPOSIT".to_owned(),
        other => other.to_ascii_uppercase(),
    }
}
