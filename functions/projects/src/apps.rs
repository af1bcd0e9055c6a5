//! Apps in a project (kirk-spec E2 to E5).

use axum::extract::State;
use axum::response::Response;
use common::domain::app::{App, AppKind};
use common::domain::name::Uid;
use common::domain::operation::Action;
use common::domain::service::{Service, Shape, Transition, check_instances};
use common::domain::subject::{ProjectId, Subject};
use common::domain::{Error, Missing, Result, Timestamp, project};
use common::http::microservice::answer;
use common::http::microservice::request::{self, NewApp};
use common::http::{Answer, Body, Context, Decision, Scope, mutate};
use common::store::{Change, Mutation, ReadService, Target, Tree};

pub(super) async fn list(State(context): State<Context>, scope: Scope) -> Result<Answer> {
    let id = scope.project_id()?;
    match context.store.apps(&id).await? {
        Some(trees) => answer::apps(&id, &trees),
        None => Err(scope.missing(&context).await),
    }
}

pub(super) async fn get(State(context): State<Context>, scope: Scope) -> Result<Answer> {
    let id = scope.project_id()?;
    match find(&context, &scope, &id).await? {
        Some(tree) => answer::app(&id, &tree),
        None => Err(scope.missing(&context).await),
    }
}

/// The app of the path with its services.
async fn find(context: &Context, scope: &Scope, project: &ProjectId) -> Result<Option<Tree>> {
    match scope.target().app {
        Some(app) => context.store.app(project, &app).await,
        None => Ok(None),
    }
}

/// An app with all its services, or none of it.
pub(super) async fn create(State(context): State<Context>, scope: Scope, body: Body) -> Result<Response> {
    let new = match body.read(|bytes| request::new_app(bytes, &scope.region)) {
        Ok(new) => new,
        Err(error) => return Err(scope.after_project(&context, error).await),
    };
    mutate(&context, &scope, Action::Create, Some(&body), |now| {
        decide_create(&context, &scope, new.clone(), now)
    })
    .await
}

async fn decide_create(context: &Context, scope: &Scope, new: NewApp, now: Timestamp) -> Result<Decision> {
    let target = Target { app: Some(new.name.clone()), ..scope.target() };
    let place = context.store.place(&target).await?;
    let project = scope.project(&place)?;
    match &place.app {
        Some(app) if app.deleting => return Err(Error::Conflict("the app is being deleted: try again")),
        Some(app) => return Err(Error::AppExists(app.name.to_string())),
        None => {}
    }
    if project.apps >= project::APPS_MAX {
        return Err(Error::QuotaExceeded { of: "apps of a project", limit: project::APPS_MAX });
    }
    for service in &new.services {
        if let Shape::Stateless { instances } = service.shape {
            check_instances(instances, &scope.region)?;
        }
    }
    let id = scope.project_id()?;
    let services: Vec<Service> = new
        .services
        .into_iter()
        .map(|service| {
            let id = id.clone().service(new.name.clone(), service.name.clone());
            service.into_service(id, Uid::random(), now)
        })
        .collect();
    let count = u32::try_from(services.len()).unwrap_or(u32::MAX);
    let app = App {
        name: new.name,
        uid: Uid::random(),
        created: now,
        kind: AppKind::Kirk,
        services: count,
        deleting: false,
    };
    let ring = services.iter().map(|service| Subject::Service(service.id.clone())).collect();
    let unseen = |service: &Service| ReadService { service: service.clone(), observation: None };
    let mut tree = Tree { app: app.clone(), services: services.iter().map(unseen).collect() };
    tree.services.sort_by(|a, b| a.service.id.cmp(&b.service.id));
    let answer = answer::app(&id, &tree)?;
    Ok(Decision { change: Change::Project(id, Mutation::CreateApp { app, services }), ring, answer })
}

/// Deletes the app with all its services; config maps and volumes stay.
pub(super) async fn delete(State(context): State<Context>, scope: Scope) -> Result<Response> {
    let done = mutate(&context, &scope, Action::Delete, None, |_now| decide_delete(&context, &scope)).await;
    match done {
        // Looked at last, when no answer is kept for the request either.
        Err(Error::NotFound(_)) => Err(scope.missing(&context).await),
        Ok(_) | Err(_) => done,
    }
}

async fn decide_delete(context: &Context, scope: &Scope) -> Result<Decision> {
    let project = scope.project_id()?;
    let Some(tree) = find(context, scope, &project).await? else {
        return Err(Error::NotFound(Missing::App(scope.param("app").to_owned())));
    };
    tree.app.check_managed_here()?;
    let deleted = |read: &ReadService| match read.service.delete() {
        Transition::Changed(next) | Transition::Revised(next, _) => Some(*next),
        Transition::Unchanged => None,
    };
    let services: Vec<Service> = tree.services.iter().filter_map(deleted).collect();
    let ring = services.iter().map(|service| Subject::Service(service.id.clone())).collect();
    let mutation = Mutation::DeleteApp { app: tree.app, services };
    Ok(Decision { change: Change::Project(project, mutation), ring, answer: Answer::Empty })
}
