//! Notifiers, and the deliveries on their way to them.

use super::Store;
use super::item::{Attributes, FORMAT, Reader, With, item, number, string};
use super::key::{self, Key};
use super::record;
use super::transaction::{ABSENT, Outcome, Transaction, failed_condition, pause};
use crate::domain::Timestamp;
use crate::domain::console::notify::{
    Delivery, DeliveryId, DeliveryState, NOTIFIERS_MAX, Notifier, NotifyType, NotifyUrl,
};
use crate::domain::error::{Error, Result};
use crate::domain::name::RegionName;
use crate::domain::operation::{Action, Origin};

/// Deliveries stay as long as the history is to reach back.
const DELIVERIES_KEPT_S: i64 = 30 * 24 * 60 * 60;

/// From when on a delivery may be tried again, in milliseconds since the epoch: messages come twice.
const NOT_BEFORE: &str = "not_before";
/// How often a change of the notifiers is tried that meets another one.
const TRIES: u32 = 8;

/// What a change of the notifiers met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    /// The notifier is there already, or is not there.
    Notifier,
    /// There are as many as there may be.
    Count,
}

impl Store {
    /// The notifiers of a type, in the order in which they were registered.
    pub async fn notifiers(&self, region: &RegionName, notify: NotifyType) -> Result<Vec<Notifier>> {
        let items = self.query(key::notifiers(region, notify), None).await?;
        let read = |item: &Attributes| {
            let item = Reader(item);
            Ok(Notifier { url: item.parse("url")?, created: item.time("created")? })
        };
        let mut notifiers = items.iter().map(read).collect::<Result<Vec<_>>>()?;
        notifiers
            .sort_by(|one, other| (one.created, one.url.as_str()).cmp(&(other.created, other.url.as_str())));
        Ok(notifiers)
    }

    /// Registers a notifier; one that is registered stays as it is. False if there are as many as there may be.
    pub async fn add_notifier(
        &self,
        region: &RegionName,
        notify: NotifyType,
        url: &NotifyUrl,
        origin: &Origin,
    ) -> Result<bool> {
        let key = Key::notifier(region, notify, url);
        let notifier = item(key).with("url", string(url)).with("created", string(origin.at));
        let change = |transaction: &mut Transaction<'_>| {
            transaction.put(notifier.clone(), ABSENT)?;
            transaction.update(
                Key::notifiers_count(region, notify),
                "SET v = :v ADD notifiers :one",
                |update| {
                    update
                        .condition_expression("attribute_not_exists(notifiers) OR notifiers < :max")
                        .expression_attribute_values(":one", number(1))
                        .expression_attribute_values(":v", number(FORMAT))
                        .expression_attribute_values(":max", number(NOTIFIERS_MAX))
                },
            )
        };
        let refused = self.change_notifiers(region, notify, url, origin, Action::Create, change).await?;
        Ok(refused != Some(Refused::Count))
    }

    /// Removes a notifier; tells whether it was registered.
    pub async fn remove_notifier(
        &self,
        region: &RegionName,
        notify: NotifyType,
        url: &NotifyUrl,
        origin: &Origin,
    ) -> Result<bool> {
        let change = |transaction: &mut Transaction<'_>| {
            transaction.delete(Key::notifier(region, notify, url), |delete| {
                delete.condition_expression("attribute_exists(pk)")
            })?;
            transaction.update(Key::notifiers_count(region, notify), "ADD notifiers :less", |update| {
                update.expression_attribute_values(":less", number(-1))
            })
        };
        let refused = self.change_notifiers(region, notify, url, origin, Action::Delete, change).await?;
        Ok(refused.is_none())
    }

    /// Makes a change of a notifier and of their count, with its audit entry; tells which condition does not hold.
    async fn change_notifiers(
        &self,
        region: &RegionName,
        notify: NotifyType,
        url: &NotifyUrl,
        origin: &Origin,
        action: Action,
        change: impl Fn(&mut Transaction<'_>) -> Result<()>,
    ) -> Result<Option<Refused>> {
        for attempt in 0..TRIES {
            let mut transaction = Transaction::new(&self.table);
            change(&mut transaction)?;
            let entry = item(Key::notify_audit(region, notify, &origin.at.to_string(), &origin.request_id));
            transaction.put(record::audited(entry, url.as_str(), action, origin), ABSENT)?;
            let reasons = match self.transact(transaction).await? {
                Outcome::Done => return Ok(None),
                Outcome::Cancelled(reasons) => reasons,
            };
            match reasons.iter().position(failed_condition) {
                Some(0) => return Ok(Some(Refused::Notifier)),
                Some(1) => return Ok(Some(Refused::Count)),
                Some(_) | None => pause(attempt).await,
            }
        }
        Err(Error::Conflict("the notifiers are being changed by others: try again"))
    }

    /// Puts deliveries on their way, all of them or none.
    pub async fn enqueue(&self, deliveries: &[Delivery], due_s: i64) -> Result<()> {
        for attempt in 0..TRIES {
            let mut transaction = Transaction::new(&self.table);
            for delivery in deliveries {
                transaction.put(delivery_item(delivery, due_s), ABSENT)?;
            }
            if transaction.is_empty() {
                return Ok(());
            }
            match self.transact(transaction).await? {
                Outcome::Done => return Ok(()),
                Outcome::Cancelled(_) => pause(attempt).await,
            }
        }
        Err(Error::Conflict("the same deliveries are on their way"))
    }

    /// A delivery; none if there is none of that id any more.
    pub async fn delivery(&self, id: &DeliveryId) -> Result<Option<Delivery>> {
        let key = Key::delivery(id);
        let found = self.batch_get([key.clone()].into_iter()).await?;
        found.get(&key).map(|item| read_delivery(id, item)).transpose()
    }

    /// Begins the next try of a delivery, which is to end by `until`: one of those who want to may, if it is time for it.
    /// `due_s` is when the sweeper is to ring for it if nobody says how the try ended.
    pub async fn begin_try(
        &self,
        delivery: &Delivery,
        now: Timestamp,
        until: Timestamp,
        due_s: i64,
    ) -> Result<bool> {
        let attributes = due(&delivery.id, due_s)
            .with("tries", number(delivery.tries + 1))
            .with(NOT_BEFORE, number(until.as_millisecond()));
        self.update_delivery(delivery, attributes, "", Some(now)).await
    }

    /// Records how a try ended: for good, or when the next one may begin and when the sweeper is to ring for that.
    pub async fn end_try(
        &self,
        delivery: &Delivery,
        state: DeliveryState,
        outcome: &str,
        again: Option<(Timestamp, i64)>,
    ) -> Result<bool> {
        let attributes =
            Attributes::new().with("state", string(state.as_str())).with("outcome", string(outcome));
        match again {
            Some((not_before, due_s)) => {
                let mut attributes = attributes.with(NOT_BEFORE, number(not_before.as_millisecond()));
                attributes.extend(due(&delivery.id, due_s));
                self.update_delivery(delivery, attributes, "", None).await
            }
            None => self.update_delivery(delivery, attributes, " REMOVE gpk, gsk", None).await,
        }
    }

    /// Updates a delivery that is as it was read, and whose time has come if that is asked for; false if it is not so.
    async fn update_delivery(
        &self,
        read: &Delivery,
        attributes: Attributes,
        remove: &str,
        now: Option<Timestamp>,
    ) -> Result<bool> {
        self.update_if("record a delivery", Key::delivery(&read.id), attributes, remove, |update| {
            let update = update
                .expression_attribute_names("#was", "tries")
                .expression_attribute_values(":was", number(read.tries));
            match now {
                None => update.condition_expression("#was = :was"),
                Some(now) => update
                    .condition_expression("#was = :was AND (attribute_not_exists(#time) OR #time <= :now)")
                    .expression_attribute_names("#time", NOT_BEFORE)
                    .expression_attribute_values(":now", number(now.as_millisecond())),
            }
        })
        .await
    }
}

fn due(id: &DeliveryId, due_s: i64) -> Attributes {
    Attributes::new()
        .with("gpk", string(key::due_shard(&id.delivery)))
        .with("gsk", string(key::due_time(due_s)))
}

fn delivery_item(delivery: &Delivery, due_s: i64) -> Attributes {
    let Delivery { id, url, body, state, tries } = delivery;
    let mut item = item(Key::delivery(id))
        .with("url", string(url))
        .with("body", string(body))
        .with("state", string(state.as_str()))
        .with("tries", number(tries))
        .with("ttl", number(due_s + DELIVERIES_KEPT_S));
    item.extend(due(id, due_s));
    item
}

fn read_delivery(id: &DeliveryId, item: &Attributes) -> Result<Delivery> {
    let item = Reader(item);
    let state = match item.str("state")? {
        "queued" => DeliveryState::Queued,
        "delivered" => DeliveryState::Delivered,
        "failed" => DeliveryState::Failed,
        other => return Err(Error::internal("read a stored delivery", format!("unknown state {other:?}"))),
    };
    Ok(Delivery {
        id: id.clone(),
        url: item.parse("url")?,
        body: item.str("body")?.to_owned(),
        state,
        tries: item.number("tries")?,
    })
}
