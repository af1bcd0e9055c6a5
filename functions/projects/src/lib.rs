//! Projects, and the apps in them.

mod apps;

use axum::extract::State;
use axum::response::Response;
use common::domain::operation::Action;
use common::domain::project::Project;
use common::domain::subject::{ProjectId, Subject};
use common::domain::{Error, Result, Timestamp};
use common::http::microservice::answer;
use common::http::{Access, Answer, Context, Decision, Routes, Scope, mutate};
use common::store::{Change, Mutation};

/// The routes of this group.
pub fn routes() -> Routes {
    Routes::default()
        .get(Access::SignedIn, "/regions/{region}/v1/projects", list)
        .put(Access::Administer, "/regions/{region}/v1/projects/{project}", create)
        .get(Access::Read, "/regions/{region}/v1/projects/{project}", get)
        .post(Access::Write, "/regions/{region}/v1/projects/{project}/apps", apps::create)
        .get(Access::Read, "/regions/{region}/v1/projects/{project}/apps", apps::list)
        .get(Access::Read, "/regions/{region}/v1/projects/{project}/apps/{app}", apps::get)
        .delete(Access::Write, "/regions/{region}/v1/projects/{project}/apps/{app}", apps::delete)
}

async fn list(State(context): State<Context>, scope: Scope) -> Result<Answer> {
    answer::projects(&context.store.projects(&scope.region.id).await?)
}

async fn get(State(context): State<Context>, scope: Scope) -> Result<Answer> {
    match context.store.project(&scope.project_id()?).await? {
        Some(project) => answer::project(&project),
        None => Err(scope.missing(&context).await),
    }
}

/// Registers a project, whose namespace the worker makes; a second time changes nothing (kirk-spec 6.7).
async fn create(State(context): State<Context>, scope: Scope) -> Result<Response> {
    let name = scope.param("project").parse().map_err(|rule: &str| Error::invalid("project", rule))?;
    let id = ProjectId { region: scope.region.id.clone(), project: name };
    mutate(&context, &scope, Action::Create, None, |now| decide(&context, &scope, &id, now)).await
}

async fn decide(context: &Context, scope: &Scope, id: &ProjectId, now: Timestamp) -> Result<Decision> {
    let cluster = &scope.region.cluster;
    let (existing, namespace_of) = context.store.project_and_namespace(id, cluster).await?;
    let (project, change, ring) = match existing {
        Some(project) => (project, Change::Nothing, vec![]),
        None if namespace_of.is_some_and(|region| region != id.region) => {
            return Err(Error::ProjectExists(id.project.to_string()));
        }
        None => {
            let project = Project { name: id.project.clone(), created: now, apps: 0 };
            let mutation = Mutation::CreateProject {
                id: id.clone(),
                cluster: cluster.clone(),
                project: project.clone(),
            };
            (project, Change::Project(id.clone(), mutation), vec![Subject::Project(id.clone())])
        }
    };
    Ok(Decision { change, ring, answer: answer::project(&project)? })
}
