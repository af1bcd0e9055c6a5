//! What can be done to a service (kirk-spec E9 to E13, E16). The decisions are `domain::service`'s.

use axum::extract::State;
use axum::response::Response;
use common::domain::operation::Action;
use common::domain::service::{Instances, Service, Transition};
use common::domain::{Error, Result};
use common::http::microservice::{Reply, change_service, request};
use common::http::{Body, Context, Scope};
use common::store::Place;

pub(super) async fn stop(State(context): State<Context>, scope: Scope) -> Result<Response> {
    change(&context, &scope, Action::Stop, |service| Ok(service.stop())).await
}

pub(super) async fn start(State(context): State<Context>, scope: Scope) -> Result<Response> {
    change(&context, &scope, Action::Start, |service| Ok(service.start())).await
}

pub(super) async fn delete(State(context): State<Context>, scope: Scope) -> Result<Response> {
    change(&context, &scope, Action::Delete, |service| Ok(service.delete())).await
}

pub(super) async fn scale(State(context): State<Context>, scope: Scope) -> Result<Response> {
    let instances = match Instances::parse(scope.param("count")) {
        Ok(instances) => instances,
        Err(rule) => return Err(scope.after_project(&context, Error::invalid("count", rule)).await),
    };
    change(&context, &scope, Action::Scale, |service| service.scale(instances, &scope.region)).await
}

/// A change that needs no body and answers with no content.
async fn change(
    context: &Context,
    scope: &Scope,
    action: Action,
    change: impl Fn(&Service) -> Result<Transition> + Sync,
) -> Result<Response> {
    let change = |place: &Place, _| change(scope.managed_service(place)?);
    change_service(context, scope, action, None, &scope.target(), change, Reply::Nothing).await
}

pub(super) async fn upgrade(State(context): State<Context>, scope: Scope, body: Body) -> Result<Response> {
    let change = |place: &Place, now| {
        // The content is checked first, and against the service's stored type where there is one.
        let stored = place.service.as_ref();
        let definition = body.read(|bytes| request::upgrade(bytes, &scope.region, stored))?;
        let service = scope.managed_service(place)?;
        Ok(definition.map_or(Transition::Unchanged, |definition| service.redefine(definition, now)))
    };
    change_service(&context, &scope, Action::Upgrade, Some(&body), &scope.target(), change, Reply::Service)
        .await
}

pub(super) async fn set_ports(State(context): State<Context>, scope: Scope, body: Body) -> Result<Response> {
    let change = |place: &Place, _| {
        let ports = body.read(request::ports)?;
        Ok(scope.managed_service(place)?.set_ports(ports))
    };
    change_service(&context, &scope, Action::SetPorts, Some(&body), &scope.target(), change, Reply::Service)
        .await
}
