//! Deploying: a first time, another version, or what the request itself brings.

use std::sync::{Mutex, PoisonError};

use axum::extract::State;
use axum::http::StatusCode;
use common::domain::console::app::{App, Content};
use common::domain::console::change::Refusal;
use common::domain::console::manifest::LainYaml;
use common::domain::console::name::AppName;
use common::domain::image::Image;
use common::domain::operation::Action;
use common::domain::status::Observation;
use common::domain::subject::{AppId, Subject};
use common::domain::{Error, Result};
use common::http::console::answer::Views;
use common::http::console::{Envelope, Verdict, body, mutate, related, url};
use common::http::{Body, Context, Scope};
use common::store::{AppChange, AppMutation, Note, ReadApp};

use super::plan::{self, Plan};
use super::release::{self, Found, Release};

/// Deploys the newest version of an app that is not deployed.
pub(super) async fn create(State(context): State<Context>, scope: Scope, body: Body) -> Result<Envelope> {
    let members = body::members(&body)?;
    let name = body::text(&members, "appname")?;
    let id = named(&scope, name);
    let read = match &id {
        Some(id) => context.store.console_app(id).await?,
        None => None,
    };
    let read = scope.admit_named(&context, name, read)?;
    if read.app.deployment.is_some() {
        return shown(&context, &read, StatusCode::CONFLICT, "app is deployed already: PUT updates it").await;
    }
    let release = match release::find(&context, read.app.name(), None).await? {
        Found::Release(release) => release,
        Found::NoSuchVersion(msg) => return Ok(refused(StatusCode::BAD_REQUEST, msg, &read.app)),
        Found::Refused(envelope) => return Ok(*envelope),
    };
    deploy(&context, &scope, Action::Deploy, read, &release).await
}

/// Deploys another version, the newest if none is named, or the same one anew.
pub(super) async fn update(State(context): State<Context>, scope: Scope, body: Body) -> Result<Envelope> {
    let read = scope.admitted(&context).await?;
    if read.app.deployment.is_none() {
        return Ok(Envelope::not_deployed("app", read.app.name().as_str()));
    }
    let members = body::members(&body).unwrap_or_default();
    let wanted = match members.get("meta_version") {
        None | Some(serde_json::Value::Null) => None,
        Some(serde_json::Value::String(text)) => Some(text.as_str()),
        Some(other) => {
            let msg = format!("meta_version must be a string, not {other}");
            return shown(&context, &read, StatusCode::BAD_REQUEST, &msg).await;
        }
    };
    if let Some((resource, client)) = read.app.name().instance_of() {
        return update_instance(&context, &scope, read, (resource, client), wanted).await;
    }
    let release = match release::find(&context, read.app.name(), wanted).await? {
        Found::Release(release) => release,
        Found::NoSuchVersion(msg) => return shown(&context, &read, StatusCode::BAD_REQUEST, &msg).await,
        Found::Refused(envelope) => return Ok(*envelope),
    };
    deploy(&context, &scope, Action::Update, read, &release).await
}

/// Deploys the `lain.yaml` of the request, for those whose images have none: `{"lain_yaml": text, "image": reference?}`, or
/// the text itself.
pub(super) async fn from_body(State(context): State<Context>, scope: Scope, body: Body) -> Result<Envelope> {
    let read = scope.admitted(&context).await?;
    if let Some((resource, _)) = read.app.name().instance_of() {
        let msg = format!(
            "an instance is made of the lain.yaml of its resource: deploy {resource}, then PUT the instance"
        );
        return Err(Error::Unacceptable(msg));
    }
    let version = scope.param("version");
    let version = version.parse().map_err(|rule: &str| Error::invalid("version", rule))?;
    let (text, image) = body.read_bytes(|bytes| match body::members(&body) {
        Ok(members) if members.contains_key("lain_yaml") => {
            let text = body::text(&members, "lain_yaml")?.to_owned();
            let image = members.get("image").map(|_| body::text(&members, "image")).transpose()?;
            Ok((text, image.map(str::to_owned)))
        }
        Ok(_) | Err(_) => {
            let text = String::from_utf8(bytes.to_vec());
            Ok((text.map_err(|_| Error::invalid("", "must be a lain.yaml in UTF-8"))?, None))
        }
    })?;
    let (image, rule) = match image.or_else(|| scope.query_param("image")) {
        Some(image) => (image, None),
        // Names of images have no capitals.
        None => (
            context.console.release_image(read.app.name(), &version),
            Some("must be given: no image can have the app's name"),
        ),
    };
    let image: Image = image.parse().map_err(|own| Error::invalid("image", rule.unwrap_or(own)))?;
    let image = image.to_string();
    let release = release::read(version, image, text)?;
    let action = if read.app.deployment.is_some() { Action::Update } else { Action::Deploy };
    deploy(&context, &scope, action, read, &release).await
}

/// Makes an instance anew from its resource's template, and the parameters that its client gives now.
async fn update_instance(
    context: &Context,
    scope: &Scope,
    read: ReadApp,
    (resource, client): (AppName, AppName),
    wanted: Option<&str>,
) -> Result<Envelope> {
    let given = match wanted {
        None => None,
        Some(_) => match release::find(context, read.app.name(), wanted).await? {
            Found::Release(release) => Some(*release),
            Found::NoSuchVersion(msg) => return shown(context, &read, StatusCode::BAD_REQUEST, &msg).await,
            Found::Refused(envelope) => return Ok(*envelope),
        },
    };
    let names = [resource.clone(), client.clone(), read.app.name().clone()].into();
    let (region, given) = (&scope.region.id, &given);
    let (resource, client, name) = (&resource, &client, read.app.name());
    mutate(context, scope, Action::Update, |now| {
        let names = &names;
        async move {
            let mut others = context.store.console_apps_of(region, names).await?;
            if let (Some(release), Some(template)) = (given, others.get_mut(resource)) {
                take_template(&mut template.app, release)?;
            }
            let missing = |what: &AppName| Error::Unacceptable(format!("{what} is not deployed"));
            let of_client = others.get(client).and_then(|read| read.app.running());
            let used =
                of_client.and_then(|running| running.use_resources.iter().find(|used| used.app == *resource));
            let unused = || Error::Unacceptable(format!("{client} does not use {resource} any more"));
            let used = used.cloned().ok_or_else(unused)?;
            let client = others.get(client).map(|read| read.app.clone()).ok_or_else(|| missing(client))?;
            let observation = others.get(name).and_then(|read| read.observation.clone());
            let changes = vec![plan::instance(&others, &client, &used, now)?];
            plan::check(context, scope, &changes, &others).await?;
            accept(context, scope, Plan { changes, others, warnings: Vec::new() }, observation)
        }
    })
    .await
}

/// The template at another version than the resource's own.
fn take_template(resource: &mut App, release: &Release) -> Result<()> {
    let LainYaml::Resource(template) = &release.yaml else {
        return Err(Error::Unacceptable(format!("version {} is no resource's", release.version)));
    };
    if template.app != *resource.name() {
        let refusal = Refusal::OtherApp { app: resource.name().clone(), found: template.app.clone() };
        return Err(Error::Unacceptable(refusal.to_string()));
    }
    if let Some(deployment) = &mut resource.deployment {
        deployment.version = release.version.clone();
        deployment.image.clone_from(&release.image);
        deployment.content = Content::Resource(template.clone());
    }
    Ok(())
}

/// Plans the release and has it done; on a lost race from what is there then. The app was read a moment ago.
async fn deploy(
    context: &Context,
    scope: &Scope,
    action: Action,
    read: ReadApp,
    release: &Release,
) -> Result<Envelope> {
    let id = read.app.id.clone();
    let first = Mutex::new(Some(read));
    let (id, first) = (&id, &first);
    mutate(context, scope, action, |now| async move {
        let known = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let read = match known {
            Some(read) => read,
            None => scope.admit_named(context, id.app.as_str(), context.store.console_app(id).await?)?,
        };
        if let Some(refusal) = overtaken(context, action, &read).await? {
            return Ok(refusal.into());
        }
        let plan = plan::plan(context, scope, &read.app, release, now).await?;
        accept(context, scope, plan, read.observation)
    })
    .await
}

/// The refusal, if somebody deployed or undeployed the app meanwhile.
async fn overtaken(context: &Context, action: Action, read: &ReadApp) -> Result<Option<Envelope>> {
    match (action, &read.app.deployment) {
        (Action::Deploy, Some(_)) => {
            shown(context, read, StatusCode::CONFLICT, "app is deployed already: PUT updates it")
                .await
                .map(Some)
        }
        (Action::Update, None) => Ok(Some(Envelope::not_deployed("app", read.app.name().as_str()))),
        (_, Some(_) | None) => Ok(None),
    }
}

/// The acceptance of a plan, which shows the app as it is to be.
fn accept(context: &Context, scope: &Scope, plan: Plan, observation: Option<Observation>) -> Result<Verdict> {
    let no_app = || Error::internal("deploy an app", "the plan has none");
    let app = plan.app().cloned().ok_or_else(no_app)?;
    let mut others = plan.others;
    for AppChange { after, .. } in plan.changes.iter().skip(1) {
        let observation = others.remove(after.name()).and_then(|read| read.observation);
        others.insert(after.name().clone(), ReadApp { app: after.clone(), observation });
    }
    let views = Views::new(context, &others);
    let version = common::http::console::answer::version(&app);
    let message = format!("version {version} is to run");
    let ring = plan.changes.iter().map(|change| Subject::App(change.after.id.clone())).collect();
    let read = ReadApp { app, observation };
    let answer =
        Envelope::new(StatusCode::ACCEPTED, "app", &views.app(&read), url::app(read.app.name().as_str()))?;
    Ok(Verdict::Accept {
        mutation: AppMutation::Change {
            cluster: scope.region.cluster.clone(),
            changes: plan.changes,
            note: Note { version, message },
        },
        ring,
        answer: Box::new(answer.saying(plan.warnings.join("\n"))),
    })
}

/// A refusal that shows the app.
pub(super) async fn shown(
    context: &Context,
    read: &ReadApp,
    status: StatusCode,
    msg: &str,
) -> Result<Envelope> {
    let others = related(context, &read.app).await?;
    let views = Views::new(context, &others);
    let url = url::app(read.app.name().as_str());
    Ok(Envelope::new(status, "app", &views.app(read), url)?.saying(msg))
}

fn refused(status: StatusCode, msg: String, app: &App) -> Envelope {
    Envelope::null(status, "app", msg, url::app(app.name().as_str()))
}

fn named(scope: &Scope, name: &str) -> Option<AppId> {
    Some(AppId { region: scope.region.id.clone(), app: name.parse().ok()? })
}
