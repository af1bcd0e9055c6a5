//! A service's revisions (kirk-spec E14, E15).

use axum::extract::State;
use axum::response::Response;
use common::domain::error::{Error, Missing, Result};
use common::domain::operation::Action;
use common::domain::revision::RevisionNumber;
use common::http::microservice::{Reply, answer, change_service, request};
use common::http::{Access, Answer, Context, Routes, Scope};
use common::store::{Place, Target};

/// The routes of this group.
pub fn routes() -> Routes {
    const LIST: &str = "/regions/{region}/v1/projects/{project}/apps/{app}/microservices/{service}/revisions";
    const ROLLBACK: &str = "/regions/{region}/v1/projects/{project}/apps/{app}/microservices/{service}/revisions/{revision}/rollback";
    Routes::default().get(Access::Read, LIST, list).put(Access::Write, ROLLBACK, rollback)
}

async fn list(State(context): State<Context>, scope: Scope) -> Result<Answer> {
    let id = scope.service_id(&context).await?;
    match context.store.revisions(&id).await? {
        Some(revisions) => answer::revisions(&revisions),
        None => Err(scope.missing(&context).await),
    }
}

/// Makes a new revision of what an older one holds. Ports and the number of instances stay.
async fn rollback(State(context): State<Context>, scope: Scope) -> Result<Response> {
    let number = match RevisionNumber::parse(scope.param("revision")) {
        Ok(number) => number,
        Err(rule) => return Err(scope.after_project(&context, Error::invalid("revision", rule)).await),
    };
    let target = Target { revision: Some(number), ..scope.target() };
    let change = |place: &Place, now| {
        let service = scope.managed_service(place)?;
        let revision = place.revision.as_ref();
        let revision = revision.ok_or_else(|| Error::NotFound(Missing::Revision(number.to_string())))?;
        let spec = &revision.definition.resource_spec;
        if scope.region.spec(spec).is_none() {
            return Err(Error::Invalid(vec![request::resource_spec_fault(spec, &scope.region)]));
        }
        Ok(service.redefine(revision.definition.clone(), now))
    };
    change_service(&context, &scope, Action::Rollback, None, &target, change, Reply::Nothing).await
}
