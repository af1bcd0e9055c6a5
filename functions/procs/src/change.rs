//! Removing a proc, and bringing it back.

use axum::extract::State;
use axum::http::StatusCode;
use common::domain::Result;
use common::domain::console::app::{App, DeployedProc};
use common::domain::console::change::Refusal;
use common::domain::operation::Action;
use common::domain::subject::Subject;
use common::http::console::answer::{Views, version};
use common::http::console::{Apps, Envelope, Verdict, body, check_ports, mutate, url};
use common::http::{Body, Context, Scope};
use common::store::{AppChange, AppMutation, Note, ReadApp};
use serde_json::Value;

use super::no_such_proc;

/// Deploys a proc that had been removed.
pub(super) async fn create(State(context): State<Context>, scope: Scope, body: Body) -> Result<Envelope> {
    let (context, scope, body) = (&context, &scope, &body);
    mutate(context, scope, Action::Deploy, |now| async move {
        let read = scope.admitted(context).await?;
        let members = body::members(body)?;
        let name = body::text(&members, "procname")?;
        let app = read.app.name().as_str();
        if read.app.deployment.is_none() {
            return Ok(Envelope::not_deployed("proc", app).into());
        }
        let changed = match read.app.add_proc(name, now) {
            Ok(changed) => changed,
            Err(refusal @ Refusal::IsDeployed(_)) => {
                let shown = show(context, &read, name, Shown::WithPods);
                let answer = Envelope::new(StatusCode::CONFLICT, "proc", &shown, url::proc(app, name))?;
                return Ok(answer.saying(refusal.to_string()).into());
            }
            Err(refusal) => {
                let (status, url) = (StatusCode::BAD_REQUEST, url::procs(app));
                return Ok(Envelope::null(status, "proc", refusal.to_string(), url).into());
            }
        };
        check_ports(context, &scope.region.cluster, &[&changed]).await?;
        let next = ReadApp { app: changed, observation: read.observation.clone() };
        let shown = show(context, &next, name, Shown::WithPods);
        let answer = Envelope::new(StatusCode::CREATED, "proc", &shown, url::proc(app, name))?;
        Ok(accept(scope, &read.app, next.app, format!("proc {name} is to run"), answer))
    })
    .await
}

/// Removes a proc until the next deploy.
pub(super) async fn delete(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let (context, scope) = (&context, &scope);
    mutate(context, scope, Action::Delete, |now| async move {
        let read = scope.admitted(context).await?;
        let (app, name) = (read.app.name().as_str(), scope.param("proc"));
        let changed = match read.app.remove_proc(name, now) {
            Ok(changed) => changed,
            Err(refusal) => return refuse(context, &read, name, &refusal, Shown::Static).map(Verdict::from),
        };
        let shown = show(context, &read, name, Shown::Static);
        let answer = Envelope::new(StatusCode::ACCEPTED, "proc", &shown, url::procs(app))?;
        Ok(accept(scope, &read.app, changed, format!("proc {name} is removed"), answer))
    })
    .await
}

/// How a proc is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// With its pods.
    WithPods,
    /// As its `lain.yaml` has it.
    Static,
}

/// The answer to a change that cannot be made.
pub(super) fn refuse(
    context: &Context,
    read: &ReadApp,
    proc: &str,
    refusal: &Refusal,
    shown: Shown,
) -> Result<Envelope> {
    let app = read.app.name().as_str();
    match refusal {
        Refusal::NothingRuns(_) => of_resource(context, read, proc),
        Refusal::NoSuchProc(_) => Ok(no_such_proc(StatusCode::NOT_FOUND, app, proc)),
        Refusal::NoSuchInstance { .. } => {
            Ok(Envelope::null(StatusCode::NOT_FOUND, "proc", refusal.to_string(), url::procs(app)))
        }
        Refusal::NotDeployed(_)
        | Refusal::IsPortal(_)
        | Refusal::IsOneshot(_)
        | Refusal::IsDeployed(_)
        | Refusal::OtherApp { .. }
        | Refusal::OtherRepository { .. } => {
            let value = show(context, read, proc, shown);
            let answer = Envelope::new(StatusCode::BAD_REQUEST, "proc", &value, url::proc(app, proc))?;
            Ok(answer.saying(refusal.to_string()))
        }
    }
}

/// The procs of a resource run nowhere: there is nothing to change.
fn of_resource(context: &Context, read: &ReadApp, proc: &str) -> Result<Envelope> {
    let app = read.app.name().as_str();
    let others = Apps::new();
    match Views::new(context, &others).template(read, proc) {
        None if read.app.deployment.is_none() => Ok(Envelope::not_deployed("proc", app)),
        None => Ok(no_such_proc(StatusCode::NOT_FOUND, app, proc)),
        Some(template) => {
            let msg = format!("proc {proc} is not deployed: {app} is a resource");
            let url = url::proc(app, proc);
            Ok(Envelope::new(StatusCode::BAD_REQUEST, "proc", &template, url)?.saying(msg))
        }
    }
}

/// The view of a proc; null if there is none.
pub(super) fn show(context: &Context, read: &ReadApp, proc: &str, shown: Shown) -> Value {
    let others = Apps::new();
    let views = Views::new(context, &others);
    let view = |proc: &DeployedProc| match shown {
        Shown::WithPods => views.proc(read, proc),
        Shown::Static => views.static_proc(read, proc),
    };
    read.app.proc(proc).map_or(Value::Null, view)
}

/// The acceptance of a change of one app.
pub(super) fn accept(scope: &Scope, before: &App, after: App, message: String, answer: Envelope) -> Verdict {
    let note = Note { version: version(&after), message };
    let ring = vec![Subject::App(after.id.clone())];
    let changes = vec![AppChange { before: Some(before.clone()), after, yaml: None }];
    let mutation = AppMutation::Change { cluster: scope.region.cluster.clone(), changes, note };
    Verdict::Accept { mutation, ring, answer: Box::new(answer) }
}
