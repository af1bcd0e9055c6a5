//! Accepting a mutation: one transaction, or nothing.

mod writes;

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::item::{Attributes, Reader, With, item, number, string};
use super::key::Key;
use super::transaction::{Outcome, Transaction, failed_condition};
use super::{AppMutation, Store, console};
use crate::domain::app::App;
use crate::domain::error::{Error, Result};
use crate::domain::operation::{Action, Origin};
use crate::domain::project::Project;
use crate::domain::revision::Revision;
use crate::domain::service::Service;
use crate::domain::subject::ProjectId;

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
}

/// What one mutation changes, in either dialect.
#[derive(Clone, Debug)]
pub enum Change {
    /// Something in a project.
    Project(ProjectId, Mutation),
    /// Apps of the console dialect.
    Apps(AppMutation),
    /// Nothing; an answer may have to be kept all the same.
    Nothing,
}

/// Who asked for a mutation, for what, and until when it is to be done.
#[derive(Debug)]
pub struct Accepted<'a> {
    /// Who asked.
    pub origin: &'a Origin,
    /// For what.
    pub action: Action,
    /// When the sweeper is to ring for it, in seconds since the epoch.
    pub due_s: i64,
}

/// Everything that one mutation writes.
#[derive(Debug)]
pub struct Record<'a> {
    /// Who asked, and for what.
    pub accepted: Accepted<'a>,
    /// What it does.
    pub change: &'a Change,
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
    /// The answer's status.
    pub status: u16,
    /// The answer's body.
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
            keep_answer(&mut transaction, key, replay, record.accepted.origin)?;
        }
        match record.change {
            Change::Project(id, mutation) => {
                writes::write(&mut transaction, id, mutation, &record.accepted)?;
            }
            Change::Apps(mutation) => console::write(&mut transaction, mutation, &record.accepted)?,
            Change::Nothing => {}
        }
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
        status: item.optional_number("status").unwrap_or(200),
        body: item.str("body")?.to_owned(),
        expires_s: item.number("ttl")?,
    })
}

/// Keeps the answer, unless one that has not expired is there; the failure then brings that one.
fn keep_answer(to: &mut Transaction<'_>, key: &ReplayKey, replay: &Replay, origin: &Origin) -> Result<()> {
    let item = item(Key::idempotency(&key.scope, &key.key))
        .with("request_hash", string(&replay.request_hash))
        .with("status", number(replay.status))
        .with("body", string(&replay.body))
        .with("ttl", number(replay.expires_s));
    to.put_with(item, "attribute_not_exists(pk) OR #ttl <= :now", |put| {
        put.expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", number(origin.at.as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    })
}
