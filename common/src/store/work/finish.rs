//! How a job ends. All ends are fenced by the lease: one that was lost to another worker writes nothing.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;

use super::{Lease, Work, seen};
use crate::domain::error::Result;
use crate::domain::operation::OperationState;
use crate::domain::revision::REVISIONS_KEPT;
use crate::domain::service::Service;
use crate::domain::status::Observation;
use crate::domain::subject::{ProjectId, Subject};
use crate::domain::workload::{Applied, Failure};
use crate::store::item::{Attributes, With, json, number, string};
use crate::store::key::Key;
use crate::store::transaction::{Outcome, Transaction, failed_condition, set};
use crate::store::{Store, record};

/// How many operations a completion settles besides its own: what fits into a transaction.
const SUPERSEDED_MAX: u64 = 50;

/// How often a completion is tried, each time for both ways that the generation may have gone.
const COMPLETION_TRIES: usize = 3;

/// What a job made true.
#[derive(Debug)]
pub struct Completion<'a> {
    /// The service as it was applied.
    pub service: &'a Service,
    /// What the cluster has of it now.
    pub applied: &'a Applied,
    /// What was seen right after.
    pub observation: &'a Observation,
    /// When, in milliseconds since the epoch.
    pub seen_ms: i64,
    /// When to look again if nothing else happens, in seconds since the epoch.
    pub due_s: i64,
}

/// How things stand after a job's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// It is recorded, and there is nothing newer.
    Settled,
    /// It is recorded, and there is a newer generation.
    Moved,
    /// Another worker has the lease: nothing was recorded.
    LostLease,
}

impl Store {
    /// Records that the cluster has the service's generation, and gives the lease back.
    pub async fn complete(&self, lease: &Lease, completion: &Completion<'_>) -> Result<Finished> {
        // A cancelled one may only have met a mutation of the same service at the same moment.
        for finished in [Finished::Settled, Finished::Moved].repeat(COMPLETION_TRIES) {
            let mut transaction = Transaction::new(&self.table);
            end_lease(&mut transaction, lease, completion)?;
            put_applied(&mut transaction, completion, finished)?;
            settle_operations(&mut transaction, completion.service)?;
            match self.transact(transaction).await? {
                Outcome::Done => return Ok(finished),
                Outcome::Cancelled(reasons) if reasons.first().is_some_and(failed_condition) => break,
                Outcome::Cancelled(_) => {}
            }
        }
        Ok(Finished::LostLease)
    }

    /// Records why the service's newest generation cannot be applied, and gives the lease back.
    pub async fn fail(
        &self,
        lease: &Lease,
        service: &Service,
        failure: &Failure,
        due_s: i64,
    ) -> Result<Finished> {
        let mut transaction = Transaction::new(&self.table);
        let applied = Applied { failure: Some(failure.clone()), ..service.applied.clone() };
        let attributes =
            record::due(&Subject::Service(service.id.clone()), due_s).with("applied", json(&applied)?);
        let (expression, names, values) = set(attributes);
        transaction.update(Key::service(&service.id), expression, |update| {
            let update = update
                .set_expression_attribute_names(Some(names))
                .set_expression_attribute_values(Some(values));
            of_generation(update, service, "uid = :uid AND generation = :g")
        })?;
        transaction.update(Key::status(&service.id), "SET attempts = :one REMOVE lease_until", |update| {
            fenced(update, lease).expression_attribute_values(":one", number(1))
        })?;
        settle_operation(&mut transaction, service, service.generation, OperationState::Failed)?;
        match self.transact(transaction).await? {
            Outcome::Done => Ok(Finished::Settled),
            Outcome::Cancelled(_) => self.release(lease).await.map(|()| Finished::Moved),
        }
    }

    /// Gives the lease back with nothing done. The next one knows that this one did not end well.
    pub async fn release(&self, lease: &Lease) -> Result<()> {
        let mut transaction = Transaction::new(&self.table);
        transaction.update(Key::status(&lease.id), "SET attempts = :one REMOVE lease_until", |update| {
            fenced(update, lease).expression_attribute_values(":one", number(1))
        })?;
        self.transact(transaction).await.map(|_| ())
    }

    /// Forgets a service of which the cluster has nothing left, and its app if that only waited for it.
    pub async fn purge(&self, lease: &Lease, work: &Work) -> Result<Finished> {
        let service = &work.service;
        let project = service.id.project_id();
        let mut transaction = Transaction::new(&self.table);
        transaction.delete(Key::service(&service.id), |delete| {
            delete
                .condition_expression("uid = :uid AND desired = :deleted")
                .expression_attribute_values(":uid", string(&service.uid))
                .expression_attribute_values(":deleted", string("deleted"))
        })?;
        transaction.delete(Key::status(&service.id), |delete| {
            delete
                .condition_expression("epoch = :epoch")
                .expression_attribute_values(":epoch", number(lease.epoch))
        })?;
        for slot in 0..REVISIONS_KEPT {
            transaction.delete(Key::revision(&service.id, slot), |delete| delete)?;
        }
        forget_in_app(&mut transaction, &project, work)?;
        match self.transact(transaction).await? {
            Outcome::Done => Ok(Finished::Settled),
            Outcome::Cancelled(_) => Ok(Finished::LostLease),
        }
    }

    /// Clears away the status of a service that does not exist.
    pub async fn forget_status(&self, lease: &Lease) -> Result<()> {
        let mut transaction = Transaction::new(&self.table);
        transaction.delete(Key::status(&lease.id), |delete| {
            delete
                .condition_expression("epoch = :epoch")
                .expression_attribute_values(":epoch", number(lease.epoch))
        })?;
        self.transact(transaction).await.map(|_| ())
    }

    /// Records that the project's namespace is there.
    pub async fn namespace_ready(&self, id: &ProjectId) -> Result<()> {
        let mut transaction = Transaction::new(&self.table);
        transaction.update(Key::project(id), "REMOVE gpk, gsk", |update| {
            update.condition_expression("attribute_exists(pk)")
        })?;
        self.transact(transaction).await.map(|_| ())
    }
}

fn put_applied(to: &mut Transaction<'_>, completion: &Completion<'_>, finished: Finished) -> Result<()> {
    let Completion { service, applied, due_s, .. } = completion;
    let attributes = Attributes::new()
        .with("applied", json(applied)?)
        .with("applied_generation", number(applied.generation));
    let (attributes, condition) = match finished {
        Finished::Moved | Finished::LostLease => (attributes, "uid = :uid AND generation > :g"),
        Finished::Settled => {
            let mut attributes = attributes;
            attributes.extend(record::due(&Subject::Service(service.id.clone()), *due_s));
            (attributes, "uid = :uid AND generation = :g")
        }
    };
    let (expression, names, values) = set(attributes);
    to.update(Key::service(&service.id), expression, |update| {
        let update =
            update.set_expression_attribute_names(Some(names)).set_expression_attribute_values(Some(values));
        of_generation(update, service, condition)
    })
}

fn end_lease(to: &mut Transaction<'_>, lease: &Lease, completion: &Completion<'_>) -> Result<()> {
    let seen = seen(completion.observation, completion.seen_ms)?.with("attempts", number(0));
    let (expression, names, values) = set(seen);
    to.update(Key::status(&lease.id), format!("{expression} REMOVE lease_until"), |update| {
        let update =
            update.set_expression_attribute_names(Some(names)).set_expression_attribute_values(Some(values));
        fenced(update, lease)
    })
}

/// The operation of the applied generation has succeeded; those that it overtook are superseded.
fn settle_operations(to: &mut Transaction<'_>, service: &Service) -> Result<()> {
    if service.is_applied() {
        return Ok(());
    }
    let overtaken = (service.applied.generation + 1)..service.generation;
    for generation in overtaken.rev().take(usize::try_from(SUPERSEDED_MAX).unwrap_or(usize::MAX)) {
        settle_operation(to, service, generation, OperationState::Superseded)?;
    }
    settle_operation(to, service, service.generation, OperationState::Succeeded)
}

fn settle_operation(
    to: &mut Transaction<'_>,
    service: &Service,
    generation: u64,
    state: OperationState,
) -> Result<()> {
    set_operation_state(to, Key::operation(&service.uid, generation), state)
}

fn set_operation_state(to: &mut Transaction<'_>, key: Key, state: OperationState) -> Result<()> {
    to.update(key, "SET #state = :state", |update| {
        update
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", string(state.as_str()))
    })
}

fn forget_in_app(to: &mut Transaction<'_>, project: &ProjectId, work: &Work) -> Result<()> {
    let service = &work.service;
    let Some(app) = &work.app else { return Ok(()) };
    let key = Key::app(project, &app.name);
    if !app.deleting {
        settle_operations(to, service)?;
    } else if app.services <= 1 {
        to.delete(key, |delete| {
            delete
                .condition_expression("uid = :uid AND services = :read")
                .expression_attribute_values(":uid", string(&app.uid))
                .expression_attribute_values(":read", number(app.services))
        })?;
        to.update(Key::project(project), "ADD apps :less", |update| {
            update.expression_attribute_values(":less", number(-1))
        })?;
        return set_operation_state(to, Key::operation(&app.uid, 1), OperationState::Succeeded);
    }
    to.update(key, "ADD services :less", |update| {
        update
            .condition_expression("uid = :uid AND services = :read")
            .expression_attribute_values(":less", number(-1))
            .expression_attribute_values(":uid", string(&app.uid))
            .expression_attribute_values(":read", number(app.services))
    })
}

fn of_generation(update: UpdateBuilder, service: &Service, condition: &str) -> UpdateBuilder {
    update
        .condition_expression(condition)
        .expression_attribute_values(":uid", string(&service.uid))
        .expression_attribute_values(":g", number(service.generation))
}

fn fenced(update: UpdateBuilder, lease: &Lease) -> UpdateBuilder {
    update.condition_expression("epoch = :epoch").expression_attribute_values(":epoch", number(lease.epoch))
}
