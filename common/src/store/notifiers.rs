//! Notifiers, and the deliveries on their way to them.

use super::Store;
use super::item::{Attributes, Reader, With, item, number, string};
use super::key::{self, Key};
use super::race::pause;
use super::record;
use super::transaction::{ABSENT, Outcome, Transaction, failed_condition};
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
const TRIES: u32 = 10;

const CONTENDED: &str = "the notifiers are being changed by others: try again";

impl Store {
    /// The notifiers of a type, in the order in which they were registered.
    pub async fn notifiers(&self, region: &RegionName, notify: NotifyType) -> Result<Vec<Notifier>> {
        Ok(self.registered(region, notify).await?.0)
    }

    /// The notifiers of a type, and how often one was added.
    async fn registered(&self, region: &RegionName, notify: NotifyType) -> Result<(Vec<Notifier>, u64)> {
        let items = self.query(key::notifiers(region, notify), None).await?;
        let (mut notifiers, mut additions) = (Vec::new(), 0);
        for item in &items {
            let item = Reader(item);
            if item.str("sk")? == key::NOTIFIERS_SK {
                additions = item.number("additions")?;
            } else {
                notifiers.push(Notifier { url: item.parse("url")?, created: item.time("created")? });
            }
        }
        notifiers
            .sort_by(|one, other| (one.created, one.url.as_str()).cmp(&(other.created, other.url.as_str())));
        Ok((notifiers, additions))
    }

    /// Registers a notifier; one that is registered stays as it is. False if there are as many as there may be.
    pub async fn add_notifier(
        &self,
        region: &RegionName,
        notify: NotifyType,
        url: &NotifyUrl,
        origin: &Origin,
    ) -> Result<bool> {
        for tries in 0..TRIES {
            pause(tries).await;
            let (known, additions) = self.registered(region, notify).await?;
            if known.iter().any(|notifier| notifier.url == *url) {
                return Ok(true);
            }
            if known.len() >= NOTIFIERS_MAX {
                return Ok(false);
            }
            let mut transaction = Transaction::new(&self.table);
            let notifier = item(Key::notifier(region, notify, url));
            transaction.put(notifier.with("url", string(url)).with("created", string(origin.at)), ABSENT)?;
            // What was counted is still so: of additions at the same moment one happens.
            let counter = item(Key::notifiers(region, notify)).with("additions", number(additions + 1));
            transaction.put_with(counter, "attribute_not_exists(pk) OR additions = :read", |put| {
                put.expression_attribute_values(":read", number(additions))
            })?;
            transaction.put(audit(region, notify, url, Action::Create, origin), ABSENT)?;
            if matches!(self.transact(transaction).await?, Outcome::Done) {
                return Ok(true);
            }
        }
        Err(Error::Conflict(CONTENDED))
    }

    /// Removes a notifier; tells whether it was registered.
    pub async fn remove_notifier(
        &self,
        region: &RegionName,
        notify: NotifyType,
        url: &NotifyUrl,
        origin: &Origin,
    ) -> Result<bool> {
        for tries in 0..TRIES {
            pause(tries).await;
            let mut transaction = Transaction::new(&self.table);
            transaction.delete(Key::notifier(region, notify, url), |delete| {
                delete.condition_expression("attribute_exists(pk)")
            })?;
            transaction.put(audit(region, notify, url, Action::Delete, origin), ABSENT)?;
            match self.transact(transaction).await? {
                Outcome::Done => return Ok(true),
                Outcome::Cancelled(reasons) if reasons.first().is_some_and(failed_condition) => {
                    return Ok(false);
                }
                Outcome::Cancelled(_) => {}
            }
        }
        Err(Error::Conflict(CONTENDED))
    }

    /// Puts deliveries on their way, all of them or none.
    pub async fn enqueue(&self, deliveries: &[Delivery], due_s: i64) -> Result<()> {
        for tries in 0..TRIES {
            pause(tries).await;
            let mut transaction = Transaction::new(&self.table);
            for delivery in deliveries {
                transaction.put(delivery_item(delivery, due_s), ABSENT)?;
            }
            if transaction.is_empty() {
                return Ok(());
            }
            match self.transact(transaction).await? {
                Outcome::Done => return Ok(()),
                Outcome::Cancelled(_) => {}
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

fn audit(
    region: &RegionName,
    notify: NotifyType,
    url: &NotifyUrl,
    action: Action,
    origin: &Origin,
) -> Attributes {
    let entry = item(Key::notify_audit(region, notify, &origin.at.to_string(), &origin.request_id));
    record::audited(entry, url.as_str(), action, origin)
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
