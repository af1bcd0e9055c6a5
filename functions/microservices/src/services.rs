//! Creating and reading services (kirk-spec E6 to E8).

use axum::extract::State;
use axum::response::Response;
use common::domain::app;
use common::domain::name::Uid;
use common::domain::operation::Action;
use common::domain::service::{Desired, NewService, Shape, check_instances};
use common::domain::subject::Subject;
use common::domain::{Error, Result, Timestamp};
use common::http::microservice::{answer, request};
use common::http::{Answer, Body, Context, Decision, Scope, mutate};
use common::store::{Change, Mutation, Target};

pub(super) async fn list(State(context): State<Context>, scope: Scope) -> Result<Answer> {
    let target = scope.target();
    let tree = match (target.project_id(), &target.app) {
        (Some(project), Some(app)) => context.store.app(&project, app).await?,
        (None, _) | (_, None) => None,
    };
    match tree {
        Some(tree) => answer::services(&tree.services),
        None => Err(scope.missing(&context).await),
    }
}

pub(super) async fn get(State(context): State<Context>, scope: Scope) -> Result<Answer> {
    let id = scope.service_id(&context).await?;
    match context.store.service(&id).await? {
        Some(read) => answer::service(&read.service, read.observation.as_ref()),
        None => Err(scope.missing(&context).await),
    }
}

pub(super) async fn create(State(context): State<Context>, scope: Scope, body: Body) -> Result<Response> {
    let new = match body.read(|bytes| request::new_service(bytes, &scope.region)) {
        Ok(new) => new,
        Err(error) => return Err(scope.after_project(&context, error).await),
    };
    mutate(&context, &scope, Action::Create, Some(&body), |now| decide(&context, &scope, new.clone(), now))
        .await
}

async fn decide(context: &Context, scope: &Scope, new: NewService, now: Timestamp) -> Result<Decision> {
    let target = Target { service: Some(new.name.clone()), ..scope.target() };
    let place = context.store.place(&target).await?;
    let app = scope.managed_app(&place)?.clone();
    match place.service.as_ref().map(|service| service.desired) {
        Some(Desired::Deleted) => return Err(Error::Conflict("the service is being deleted: try again")),
        Some(Desired::Started | Desired::Stopped) => return Err(Error::ServiceExists(new.name.to_string())),
        None => {}
    }
    if let Shape::Stateless { instances } = new.shape {
        check_instances(instances, &scope.region)?;
    }
    if app.services >= app::SERVICES_MAX {
        return Err(Error::QuotaExceeded { of: "services of an app", limit: app::SERVICES_MAX });
    }
    let project = scope.project_id()?;
    let id = project.clone().service(app.name.clone(), new.name.clone());
    let service = new.into_service(id.clone(), Uid::random(), now);
    let answer = answer::service(&service, None)?;
    let mutation = Mutation::CreateService { app, service: Box::new(service) };
    Ok(Decision { change: Change::Project(project, mutation), ring: vec![Subject::Service(id)], answer })
}
