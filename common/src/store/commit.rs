//! Accepting a mutation: one transaction, or nothing.

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::item::{Attributes, Reader, With, item, number, string};
use super::key::Key;
use super::transaction::{ABSENT, Outcome, Transaction, failed_condition, set};
use super::{Store, record};
use crate::domain::app::App;
use crate::domain::error::{Error, Result};
use crate::domain::operation::{Action, OperationId, Origin};
use crate::domain::project::Project;
use crate::domain::revision::Revision;
use crate::domain::service::Service;
use crate::domain::subject::{ProjectId, Subject};

/// An accepted mutation of what was read.
#[derive(Clone, Debug)]
pub enum Mutation {
    /// A project, on a cluster on which no other region has its name.
    CreateProject {
        /// Where.
        id: ProjectId,
        /// Whose namespace it will be.
        cluster: String,
        /// The project.
        project: Project,
    },
    /// An app with all its services, or none of it.
    CreateApp {
        /// The project as read.
        project: Project,
        /// The app.
        app: App,
        /// Its services.
        services: Vec<Service>,
    },
    /// A service in an app as read.
    CreateService {
        /// The app as read.
        app: App,
        /// The service.
        service: Box<Service>,
    },
    /// The next generation of a service.
    ChangeService {
        /// What it becomes.
        service: Box<Service>,
        /// The revision that this makes.
        revision: Option<Revision>,
    },
    /// An app with all its services is to go.
    DeleteApp {
        /// The app as read.
        app: App,
        /// What its services become.
        services: Vec<Service>,
    },
    /// Nothing changes; an answer may have to be kept all the same.
    Nothing,
}

/// Everything that one mutation writes.
#[derive(Debug)]
pub struct Record<'a> {
    /// The project that it is in.
    pub project: &'a ProjectId,
    /// Who asked.
    pub origin: &'a Origin,
    /// For what.
    pub action: Action,
    /// What it does.
    pub mutation: &'a Mutation,
    /// When the sweeper is to ring for it, in seconds since the epoch.
    pub due_s: i64,
    /// The answer to keep, where the caller sent an idempotency key.
    pub replay: Option<(&'a ReplayKey, &'a Replay)>,
}

/// Under what an answer is kept (kirk-spec 1.6).
#[derive(Clone, Debug)]
pub struct ReplayKey {
    /// Caller, method and path.
    pub scope: String,
    /// The caller's key.
    pub key: String,
}

/// An answer that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Hash of the request's body.
    pub request_hash: String,
    /// The answer's body; all such answers are 200.
    pub body: String,
    /// Until when it is kept, in seconds since the epoch.
    pub expires_s: i64,
}

/// What became of a transaction.
#[derive(Clone, Debug)]
pub enum Committed {
    /// All of it is there.
    Done,
    /// Something else was there first: read again and decide anew.
    LostRace,
    /// The idempotency key has an answer.
    Replayed(Replay),
}

impl Store {
    /// Writes the mutation with all that records it, if what was read is still so.
    pub async fn commit(&self, record: &Record<'_>) -> Result<Committed> {
        let mut transaction = Transaction::new(&self.table);
        if let Some((key, replay)) = record.replay {
            keep_answer(&mut transaction, key, replay, record.origin)?;
        }
        write(&mut transaction, record)?;
        if transaction.is_empty() {
            return Ok(Committed::Done);
        }
        match self.transact(transaction).await? {
            Outcome::Done => Ok(Committed::Done),
            Outcome::Cancelled(reasons) => {
                let kept =
                    reasons.first().filter(|reason| record.replay.is_some() && failed_condition(reason));
                match kept.and_then(|reason| reason.item.as_ref()) {
                    Some(item) => read_replay(item).map(Committed::Replayed),
                    None => Ok(Committed::LostRace),
                }
            }
        }
    }

    /// The answer that is kept under this key.
    pub async fn replay(&self, key: &ReplayKey, now_s: i64) -> Result<Option<Replay>> {
        let key = Key::idempotency(&key.scope, &key.key).into_map();
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let output = request.send().await;
        let output = output.map_err(|error| Error::unavailable("read a kept answer", error))?;
        let replay = output.item.as_ref().map(read_replay).transpose()?;
        Ok(replay.filter(|replay| replay.expires_s > now_s))
    }
}

fn read_replay(item: &Attributes) -> Result<Replay> {
    let item = Reader(item);
    Ok(Replay {
        request_hash: item.str("request_hash")?.to_owned(),
        body: item.str("body")?.to_owned(),
        expires_s: item.number("ttl")?,
    })
}

/// Keeps the answer, unless one that has not expired is there; the failure then brings that one.
fn keep_answer(to: &mut Transaction<'_>, key: &ReplayKey, replay: &Replay, origin: &Origin) -> Result<()> {
    let item = item(Key::idempotency(&key.scope, &key.key))
        .with("request_hash", string(&replay.request_hash))
        .with("body", string(&replay.body))
        .with("ttl", number(replay.expires_s));
    to.put_with(item, "attribute_not_exists(pk) OR #ttl <= :now", |put| {
        put.expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", number(origin.at.as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    })
}

fn write(to: &mut Transaction<'_>, record: &Record<'_>) -> Result<()> {
    let subject = match record.mutation {
        Mutation::Nothing => return Ok(()),
        Mutation::CreateProject { id, cluster, project } => {
            create_project(to, id, cluster, project, record.due_s)?;
            id.to_string()
        }
        Mutation::CreateApp { project, app, services } => {
            count_one_more(to, Key::project(record.project), "apps", project.apps)?;
            to.put(record::app_item(record.project, app), ABSENT)?;
            for service in services {
                create_service(to, service, record)?;
            }
            app.name.to_string()
        }
        Mutation::CreateService { app, service } => {
            count_one_more(to, Key::app(record.project, &app.name), "services", app.services)?;
            create_service(to, service, record)?;
            service.id.to_string()
        }
        Mutation::ChangeService { service, revision } => {
            change_service(to, service, record.due_s)?;
            if let Some(revision) = revision {
                put_revision(to, service, revision)?;
            }
            put_operation(to, service, record)?;
            service.id.to_string()
        }
        Mutation::DeleteApp { app, services } => {
            delete_app(to, app, services, record)?;
            app.name.to_string()
        }
    };
    to.put(record::audit_item(record.project, &subject, record.action, record.origin), ABSENT)
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

fn create_service(to: &mut Transaction<'_>, service: &Service, record: &Record<'_>) -> Result<()> {
    let mut service_item = record::service_item(service)?;
    service_item.extend(record::due(&Subject::Service(service.id.clone()), record.due_s));
    to.put(service_item, ABSENT)?;
    put_revision(to, service, &service.current_revision(service.created))?;
    put_operation(to, service, record)
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

fn put_operation(to: &mut Transaction<'_>, service: &Service, record: &Record<'_>) -> Result<()> {
    let id = OperationId { subject: service.uid.clone(), generation: service.generation };
    to.put(record::operation_item(&id, &service.id.to_string(), record.action, record.origin), ABSENT)
}

/// An app without services goes at once; another one waits for the last of them to go.
fn delete_app(to: &mut Transaction<'_>, app: &App, services: &[Service], record: &Record<'_>) -> Result<()> {
    let key = Key::app(record.project, &app.name);
    let id = OperationId { subject: app.uid.clone(), generation: 1 };
    to.put(record::operation_item(&id, app.name.as_str(), record.action, record.origin), ABSENT)?;
    if app.services == 0 {
        to.delete(key, |delete| {
            delete
                .condition_expression("uid = :uid AND services = :none")
                .expression_attribute_values(":uid", string(&app.uid))
                .expression_attribute_values(":none", number(0))
        })?;
        return to.update(Key::project(record.project), "ADD apps :less", |update| {
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
    services.iter().try_for_each(|service| change_service(to, service, record.due_s))
}

/// Raises a count that is as it was read, on an item that is to stay.
fn count_one_more(to: &mut Transaction<'_>, key: Key, count: &str, read: u32) -> Result<()> {
    to.update(key, "ADD #count :one", |update| {
        update
            .condition_expression("#count = :read AND attribute_not_exists(deleting)")
            .expression_attribute_names("#count", count)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":read", number(read))
    })
}
