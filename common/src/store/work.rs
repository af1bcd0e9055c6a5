//! What the worker, the observer and the sweeper ask and tell.

mod finish;
mod index;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::item::{Attributes, Reader, json, number, string};
use super::key::{self, Key};
use super::{Store, console, record};
use crate::domain::digest::sha256_hex;
use crate::domain::error::{Error, Result};
use crate::domain::name::Uid;
use crate::domain::status::Observation;
use crate::domain::subject::{AppId, ServiceId, Subject};
use crate::domain::unit::Unit;

pub use finish::{Completion, Finished, Setback};
pub use index::{Due, Observed};

/// All that a job has to know of its subject. Each part is as it is now; the parts may be of different moments.
#[derive(Clone, Debug)]
pub struct Work {
    /// The subject.
    pub unit: Unit,
    /// What was last seen of it.
    pub observation: Option<Observation>,
    /// From when on the sweeper rings for it, in seconds since the epoch.
    pub due_s: Option<i64>,
}

/// The right to work on a subject until a time.
#[derive(Clone, Debug)]
pub struct Lease {
    subject: Subject,
    epoch: u64,
    /// How many leases in a row, this one included, were taken since one last ended well.
    pub attempts: u32,
}

/// Whether a lease could be had.
#[derive(Clone, Debug)]
pub enum LeaseTaken {
    /// Yes.
    Taken(Lease),
    /// Somebody else has it until then, in seconds since the epoch.
    Held {
        /// Until when.
        until_s: i64,
    },
}

impl Store {
    /// The subject with its status; none if there is nothing of that name.
    pub async fn work(&self, subject: &Subject) -> Result<Option<Work>> {
        match subject {
            Subject::Service(id) => self.service_work(id).await,
            Subject::App(id) => self.app_work(id).await,
            Subject::Project(_) => Ok(None),
        }
    }

    async fn service_work(&self, id: &ServiceId) -> Result<Option<Work>> {
        let (service, status) = (Key::service(id), Key::status(&Subject::Service(id.clone())));
        let app = Key::app(&id.project_id(), &id.app);
        let found = self.batch_get([service.clone(), status.clone(), app.clone()].into_iter()).await?;
        let Some(item) = found.get(&service) else { return Ok(None) };
        let service = Box::new(record::read_service(id, item)?);
        Ok(Some(Work {
            unit: Unit::Service { service, app: found.get(&app).map(record::read_app).transpose()? },
            observation: found.get(&status).map(record::read_observation).transpose()?.flatten(),
            due_s: record::read_due(item),
        }))
    }

    /// With the service apps that it uses.
    async fn app_work(&self, id: &AppId) -> Result<Option<Work>> {
        let (app, status) = (Key::console_app(id), Key::status(&Subject::App(id.clone())));
        let found = self.batch_get([app.clone(), status.clone()].into_iter()).await?;
        let Some(item) = found.get(&app) else { return Ok(None) };
        let due_s = record::read_due(item);
        let app = Box::new(console::read_app(item)?);
        let services = self.console_apps_of(&id.region, &app.service_apps()).await?;
        let services = services.into_iter().map(|(name, read)| (name, read.app)).collect();
        Ok(Some(Work {
            unit: Unit::App { app, services },
            observation: found.get(&status).map(record::read_observation).transpose()?.flatten(),
            due_s,
        }))
    }

    /// Takes the lease on a subject until `until_s`, unless one holds that has not ended at `now_s`.
    pub async fn take_lease(&self, subject: &Subject, now_s: i64, until_s: i64) -> Result<LeaseTaken> {
        const DOING: &str = "take a lease";
        let owner = Uid::random();
        let output = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::status(subject).into_map()))
            .update_expression(
                "SET v = :v, gpk = :gpk, gsk = :gsk, lease_until = :until, lease_owner = :owner \
                 ADD epoch :one, attempts :one",
            )
            .condition_expression("attribute_not_exists(lease_until) OR lease_until < :now")
            .expression_attribute_values(":v", number(super::item::FORMAT))
            .expression_attribute_values(":gpk", string(key::observed_partition(subject.region())))
            .expression_attribute_values(":gsk", string(key::observed_name(subject)))
            .expression_attribute_values(":until", number(until_s))
            .expression_attribute_values(":now", number(now_s))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":owner", string(&owner))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match output {
            Ok(output) => read_lease(subject, &output.attributes.unwrap_or_default()).map(LeaseTaken::Taken),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    let item = failed.item.clone().unwrap_or_default();
                    // A try of our own whose answer was lost has taken it.
                    if Reader(&item).optional_str("lease_owner") == Some(owner.as_str()) {
                        return read_lease(subject, &item).map(LeaseTaken::Taken);
                    }
                    Ok(LeaseTaken::Held { until_s: Reader(&item).number("lease_until")? })
                }
                Some(UpdateItemError::TransactionConflictException(_)) => {
                    Ok(LeaseTaken::Held { until_s: now_s })
                }
                Some(_) | None => Err(Error::unavailable(DOING, error)),
            },
        }
    }

    /// Stores what was seen at `seen_ms` (milliseconds since the epoch), unless something newer is there
    /// or the subject is gone.
    pub async fn observe(&self, subject: &Subject, observation: &Observation, seen_ms: i64) -> Result<()> {
        let seen = seen(observation, seen_ms)?;
        // Whoever is writing at this moment has seen something newer.
        let _done = self
            .update_if("store what was seen", Key::status(subject), seen, "", |update| {
                update.condition_expression(
                    "attribute_exists(pk) AND (attribute_not_exists(#seen_ms) OR #seen_ms < :seen_ms)",
                )
            })
            .await?;
        Ok(())
    }
}

fn read_lease(subject: &Subject, item: &Attributes) -> Result<Lease> {
    let item = Reader(item);
    Ok(Lease { subject: subject.clone(), epoch: item.number("epoch")?, attempts: item.number("attempts")? })
}

/// The attributes of what was seen.
fn seen(observation: &Observation, seen_ms: i64) -> Result<Attributes> {
    Ok(Attributes::from([
        ("observation".to_owned(), json(observation)?),
        ("fingerprint".to_owned(), string(fingerprint(observation)?)),
        ("seen_ms".to_owned(), number(seen_ms)),
    ]))
}

/// Tells whether two observations are the same without holding both.
pub fn fingerprint(observation: &Observation) -> Result<String> {
    let json =
        serde_json::to_vec(observation).map_err(|error| Error::internal("write what was seen", error))?;
    Ok(sha256_hex(json, 8))
}
