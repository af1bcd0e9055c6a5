//! Changes of one service: the part that all of them share (kirk-spec §5).

use axum::response::Response;

use super::answer;
use crate::domain::Timestamp;
use crate::domain::error::Result;
use crate::domain::operation::Action;
use crate::domain::service::Transition;
use crate::domain::subject::Subject;
use crate::http::{Answer, Body, Context, Decision, Scope, mutate};
use crate::store::{Change, Mutation, Place, Target};

/// Changes the service of the path by `change`, which is pure, and answers by `answer`.
pub async fn change_service(
    context: &Context,
    scope: &Scope,
    action: Action,
    body: Option<&Body>,
    target: &Target,
    change: impl Fn(&Place, Timestamp) -> Result<Transition> + Sync,
    reply: Reply,
) -> Result<Response> {
    let change = &change;
    mutate(context, scope, action, body, |now| async move {
        let place = context.store.place(target).await?;
        scope.project(&place)?;
        let transition = change(&place, now)?;
        let service = scope.managed_service(&place)?;
        let project = service.id.project_id();
        let (next, change) = match transition {
            Transition::Unchanged => (service.clone(), Change::Nothing),
            Transition::Changed(next) => {
                let mutation = Mutation::ChangeService { service: next.clone(), revision: None };
                (*next, Change::Project(project, mutation))
            }
            Transition::Revised(next, revision) => {
                let mutation = Mutation::ChangeService { service: next.clone(), revision: Some(revision) };
                (*next, Change::Project(project, mutation))
            }
        };
        let ring = if next.is_applied() { vec![] } else { vec![Subject::Service(next.id.clone())] };
        let answer = match reply {
            Reply::Nothing => Answer::Empty,
            Reply::Service => answer::service(&next, place.observation.as_ref())?,
        };
        Ok(Decision { change, ring, answer })
    })
    .await
}

/// What a change of a service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// No content.
    Nothing,
    /// The service as it is now.
    Service,
}
