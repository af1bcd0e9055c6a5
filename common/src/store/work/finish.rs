//! How a job ends. All ends are fenced by the lease: one that was lost to another worker writes nothing.

mod operations;
mod purge;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;

use super::{Lease, seen};
use crate::domain::applied::{Applied, Failure};
use crate::domain::error::{Error, Result};
use crate::domain::operation::OperationState;
use crate::domain::status::Observation;
use crate::domain::unit::Unit;
use crate::store::item::{Attributes, With, json, number, string};
use crate::store::key::{self, Key};
use crate::store::transaction::{Outcome, Transaction, failed_condition, set};
use crate::store::{Store, record};

/// How often an end is tried that meets mutations of the same subject at the same moment.
const TRIES: usize = 5;

/// What a job made true.
#[derive(Debug)]
pub struct Completion<'a> {
    /// The subject as it was applied.
    pub unit: &'a Unit,
    /// What the cluster has of it now.
    pub applied: &'a Applied,
    /// What was seen right after.
    pub observation: &'a Observation,
    /// When, in milliseconds since the epoch.
    pub seen_ms: i64,
    /// When it was due as it was read: others may have made it due since.
    pub was_due_s: Option<i64>,
    /// When to look again if nothing else happens, in seconds since the epoch.
    pub due_s: i64,
}

/// What a job could not do, for now or until something changes.
#[derive(Debug)]
pub struct Setback<'a> {
    /// The subject as it was read.
    pub unit: &'a Unit,
    /// Why; none where it only takes longer.
    pub failure: Option<Failure>,
    /// Whether the operation counts as failed.
    pub is_final: bool,
    /// When it was due as it was read: others may have made it due since.
    pub was_due_s: Option<i64>,
    /// When to ring again if nobody else does, in seconds since the epoch.
    pub due_s: i64,
    /// Until when nobody is to work on the subject: what was left under way may still arrive.
    pub hold_until_s: Option<i64>,
}

/// How things stand after a job's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// It is recorded, and there is nothing newer.
    Settled,
    /// There is a newer generation, or somebody made the subject due meanwhile.
    Moved,
    /// Another worker has the lease: nothing was recorded.
    LostLease,
}

/// Whether the subject is still as a job read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    Unchanged,
    Overtaken,
}

impl Store {
    /// Records that the cluster has the subject's generation, and gives the lease back.
    pub async fn complete(&self, lease: &Lease, completion: &Completion<'_>) -> Result<Finished> {
        for _ in 0..TRIES {
            for since in [Since::Unchanged, Since::Overtaken] {
                let mut transaction = Transaction::new(&self.table);
                let seen = seen(completion.observation, completion.seen_ms)?.with("attempts", number(0));
                end_lease(&mut transaction, lease, seen, None)?;
                put_applied(&mut transaction, completion, since)?;
                let unit = completion.unit;
                operations::succeed(
                    &mut transaction,
                    unit.uid(),
                    unit.applied().generation,
                    unit.generation(),
                )?;
                match (self.transact(transaction).await?, since) {
                    (Outcome::Done, Since::Unchanged) => return Ok(Finished::Settled),
                    (Outcome::Done, Since::Overtaken) => return Ok(Finished::Moved),
                    (Outcome::Cancelled(reasons), _) if reasons.first().is_some_and(failed_condition) => {
                        return Ok(Finished::LostLease);
                    }
                    (Outcome::Cancelled(_), _) => {}
                }
            }
        }
        Err(contended())
    }

    /// Records that a job could not be done, and gives the lease back or leaves it to end by itself.
    pub async fn set_back(&self, lease: &Lease, setback: &Setback<'_>) -> Result<Finished> {
        for _ in 0..TRIES {
            let mut transaction = Transaction::new(&self.table);
            // The next one is to know that this one did not end well.
            let unclean = Attributes::new().with("attempts", number(1));
            end_lease(&mut transaction, lease, unclean, setback.hold_until_s)?;
            put_setback(&mut transaction, setback)?;
            match self.transact(transaction).await? {
                Outcome::Done => return Ok(Finished::Settled),
                Outcome::Cancelled(reasons) if reasons.first().is_some_and(failed_condition) => {
                    return Ok(Finished::LostLease);
                }
                Outcome::Cancelled(reasons) if reasons.get(1).is_some_and(failed_condition) => {
                    return self.release(lease).await.map(|()| Finished::Moved);
                }
                Outcome::Cancelled(_) => {}
            }
        }
        Err(contended())
    }

    /// Gives the lease back with nothing done.
    pub async fn release(&self, lease: &Lease) -> Result<()> {
        for _ in 0..TRIES {
            let mut transaction = Transaction::new(&self.table);
            end_lease(&mut transaction, lease, Attributes::new().with("attempts", number(1)), None)?;
            match self.transact(transaction).await? {
                Outcome::Done => return Ok(()),
                Outcome::Cancelled(reasons) if reasons.first().is_some_and(failed_condition) => return Ok(()),
                Outcome::Cancelled(_) => {}
            }
        }
        Err(contended())
    }
}

fn contended() -> Error {
    Error::unavailable("record the end of a job", "others kept writing to the same subject")
}

fn put_applied(to: &mut Transaction<'_>, completion: &Completion<'_>, since: Since) -> Result<()> {
    let Completion { unit, applied, due_s, was_due_s, .. } = completion;
    let mut attributes = Attributes::new()
        .with("applied", json(applied)?)
        .with("applied_generation", number(applied.generation));
    match since {
        // Who came after set a due time.
        Since::Overtaken => {}
        Since::Unchanged => attributes.extend(record::due(&unit.subject(), *due_s)),
    }
    update_subject(to, unit, attributes, since, *was_due_s)
}

fn put_setback(to: &mut Transaction<'_>, setback: &Setback<'_>) -> Result<()> {
    let Setback { unit, failure, is_final, due_s, was_due_s, .. } = setback;
    let mut attributes = record::due(&unit.subject(), *due_s);
    if failure.is_some() {
        let applied = Applied { failure: failure.clone(), ..unit.applied().clone() };
        attributes = attributes.with("applied", json(&applied)?);
    }
    update_subject(to, unit, attributes, Since::Unchanged, *was_due_s)?;
    // A settle pass ends no operation, and a deletion's ends only when all is gone.
    if *is_final && !unit.is_applied() && !unit.is_leaving() {
        operations::settle(to, unit.uid(), unit.generation(), OperationState::Failed)?;
    }
    Ok(())
}

fn update_subject(
    to: &mut Transaction<'_>,
    unit: &Unit,
    attributes: Attributes,
    since: Since,
    was_due_s: Option<i64>,
) -> Result<()> {
    let (expression, names, values) = set(attributes);
    let condition = match (since, was_due_s) {
        (Since::Unchanged, Some(_)) => "uid = :uid AND generation = :g AND gsk = :was",
        (Since::Unchanged, None) => "uid = :uid AND generation = :g AND attribute_not_exists(gsk)",
        (Since::Overtaken, Some(_)) => "uid = :uid AND (generation > :g OR gsk <> :was)",
        (Since::Overtaken, None) => "uid = :uid AND (generation > :g OR attribute_exists(gsk))",
    };
    to.update(Key::subject(&unit.subject()), expression, |update| {
        let update = update
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .condition_expression(condition)
            .expression_attribute_values(":uid", string(unit.uid()))
            .expression_attribute_values(":g", number(unit.generation()));
        match was_due_s {
            Some(was_due_s) => update.expression_attribute_values(":was", string(key::due_time(was_due_s))),
            None => update,
        }
    })
}

/// Ends the lease now, or at the time until which nobody is to work on the subject.
fn end_lease(
    to: &mut Transaction<'_>,
    lease: &Lease,
    with: Attributes,
    hold_until_s: Option<i64>,
) -> Result<()> {
    let held = hold_until_s.map(|until_s| with.clone().with("lease_until", number(until_s)));
    let remove = if held.is_some() { "" } else { " REMOVE lease_until" };
    let (expression, names, values) = set(held.unwrap_or(with));
    to.update(Key::status(&lease.subject), format!("{expression}{remove}"), |update| {
        let update = update.set_expression_attribute_names(Some(names));
        fenced(update.set_expression_attribute_values(Some(values)), lease)
    })
}

fn fenced(update: UpdateBuilder, lease: &Lease) -> UpdateBuilder {
    update.condition_expression("epoch = :epoch").expression_attribute_values(":epoch", number(lease.epoch))
}
