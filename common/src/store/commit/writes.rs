//! What each mutation writes.

use super::{Accepted, Mutation};
use crate::domain::app::{App, SERVICES_MAX};
use crate::domain::error::Result;
use crate::domain::name::Uid;
use crate::domain::operation::{OperationId, OperationState};
use crate::domain::project::{APPS_MAX, Project};
use crate::domain::revision::Revision;
use crate::domain::service::Service;
use crate::domain::subject::{ProjectId, Subject};
use crate::store::item::{With, item, number, string};
use crate::store::key::Key;
use crate::store::record;
use crate::store::transaction::{ABSENT, Transaction, set};

/// Writes the mutation with its operations and its audit entry.
pub(super) fn write(
    to: &mut Transaction<'_>,
    project: &ProjectId,
    mutation: &Mutation,
    accepted: &Accepted<'_>,
) -> Result<()> {
    let subject = match mutation {
        Mutation::CreateProject { id, cluster, project } => {
            create_project(to, id, cluster, project, accepted.due_s)?;
            id.to_string()
        }
        Mutation::CreateApp { app, services } => {
            count_one_more(to, Key::project(project), "apps", APPS_MAX, None)?;
            to.put(record::app_item(project, app), ABSENT)?;
            for service in services {
                create_service(to, service, accepted)?;
            }
            app.name.to_string()
        }
        Mutation::CreateService { app, service } => {
            let key = Key::app(project, &app.name);
            count_one_more(to, key, "services", SERVICES_MAX, Some(&app.uid))?;
            create_service(to, service, accepted)?;
            service.id.to_string()
        }
        Mutation::ChangeService { service, revision } => {
            change_service(to, service, accepted.due_s)?;
            if let Some(revision) = revision {
                put_revision(to, service, revision)?;
            }
            put_operation(to, service, accepted)?;
            service.id.to_string()
        }
        Mutation::DeleteApp { app, services } => {
            delete_app(to, project, app, services, accepted)?;
            app.name.to_string()
        }
    };
    to.put(record::audit_item(project, &subject, accepted.action, accepted.origin), ABSENT)
}

fn create_project(
    to: &mut Transaction<'_>,
    id: &ProjectId,
    cluster: &str,
    project: &Project,
    due_s: i64,
) -> Result<()> {
    let mut project_item = record::project_item(id, project);
    project_item.extend(record::due(&Subject::Project(id.clone()), due_s));
    to.put(project_item, ABSENT)?;
    to.put(item(Key::listed_project(id)).with("created", string(project.created)), ABSENT)?;
    to.put(item(Key::namespace(cluster, &id.project)).with("region", string(&id.region)), ABSENT)
}

fn create_service(to: &mut Transaction<'_>, service: &Service, accepted: &Accepted<'_>) -> Result<()> {
    let mut service_item = record::service_item(service)?;
    service_item.extend(record::due(&Subject::Service(service.id.clone()), accepted.due_s));
    to.put(service_item, ABSENT)?;
    put_revision(to, service, &service.current_revision(service.created))?;
    put_operation(to, service, accepted)
}

/// Its place may hold the revision that is no longer kept.
fn put_revision(to: &mut Transaction<'_>, service: &Service, revision: &Revision) -> Result<()> {
    let item = record::revision_item(&service.id, revision)?;
    to.put_with(item, "attribute_not_exists(pk) OR revision < :new", |put| {
        put.expression_attribute_values(":new", number(revision.number.get()))
    })
}

fn change_service(to: &mut Transaction<'_>, service: &Service, due_s: i64) -> Result<()> {
    let mut attributes = record::wanted(service)?;
    attributes.extend(record::due(&Subject::Service(service.id.clone()), due_s));
    let (expression, names, values) = set(attributes);
    to.update(Key::service(&service.id), expression, |update| {
        update
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .condition_expression("uid = :uid AND #generation = :read")
            .expression_attribute_values(":uid", string(&service.uid))
            .expression_attribute_values(":read", number(service.generation - 1))
    })
}

fn put_operation(to: &mut Transaction<'_>, service: &Service, accepted: &Accepted<'_>) -> Result<()> {
    let id = OperationId { subject: service.uid.clone(), generation: service.generation };
    let subject = service.id.to_string();
    let operation =
        record::operation_item(&id, &subject, accepted.action, accepted.origin, OperationState::Queued);
    to.put(operation, ABSENT)
}

/// An app without services goes at once; another one waits for the last of them to go.
fn delete_app(
    to: &mut Transaction<'_>,
    project: &ProjectId,
    app: &App,
    services: &[Service],
    accepted: &Accepted<'_>,
) -> Result<()> {
    let key = Key::app(project, &app.name);
    let id = OperationId { subject: app.uid.clone(), generation: 1 };
    let state = if app.services == 0 { OperationState::Succeeded } else { OperationState::Queued };
    let operation = record::operation_item(&id, app.name.as_str(), accepted.action, accepted.origin, state);
    to.put(operation, ABSENT)?;
    if app.services == 0 {
        to.delete(key, |delete| {
            delete
                .condition_expression("uid = :uid AND services = :none")
                .expression_attribute_values(":uid", string(&app.uid))
                .expression_attribute_values(":none", number(0))
        })?;
        return to.update(Key::project(project), "ADD apps :less", |update| {
            update.expression_attribute_values(":less", number(-1))
        });
    }
    to.update(key, "SET deleting = :yes", |update| {
        update
            .condition_expression("uid = :uid AND services = :read")
            .expression_attribute_values(":yes", string("yes"))
            .expression_attribute_values(":uid", string(&app.uid))
            .expression_attribute_values(":read", number(app.services))
    })?;
    services.iter().try_for_each(|service| change_service(to, service, accepted.due_s))
}

/// Raises a count below its limit, on an item that is to stay; with a uid, of that life of its name.
fn count_one_more(
    to: &mut Transaction<'_>,
    key: Key,
    count: &str,
    max: u32,
    uid: Option<&Uid>,
) -> Result<()> {
    const ROOM: &str = "attribute_exists(pk) AND #count < :max AND attribute_not_exists(deleting)";
    to.update(key, "ADD #count :one", |update| {
        let update = update
            .expression_attribute_names("#count", count)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":max", number(max));
        match uid {
            None => update.condition_expression(ROOM),
            Some(uid) => update
                .condition_expression(format!("{ROOM} AND uid = :uid"))
                .expression_attribute_values(":uid", string(uid)),
        }
    })
}
