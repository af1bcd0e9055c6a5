//! Transactions in the making, and what becomes of them.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::{DeleteBuilder, PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, Put, TransactWriteItem, Update,
};

use super::Store;
use super::item::Attributes;
use super::key::Key;
use crate::domain::error::{Error, Result, Source};

const DOING: &str = "write to the table";

/// Writes of a transaction (DynamoDB's quota).
const WRITES_MAX: usize = 100;
/// Bytes of an item, and of all items of a transaction (DynamoDB's quotas), less what its own counting may add.
const ITEM_BYTES_MAX: usize = 390 * 1024;
const BYTES_MAX: usize = 3900 * 1024;

/// The condition of an item that must be new.
pub(super) const ABSENT: &str = "attribute_not_exists(pk)";

/// Writes that happen together or not at all.
pub(super) struct Transaction<'a> {
    table: &'a str,
    items: Vec<TransactWriteItem>,
}

/// What became of a transaction.
#[derive(Debug)]
pub(super) enum Outcome {
    /// All of it is there.
    Done,
    /// None of it: conditions did not hold, or another transaction was at the same items.
    Cancelled(Vec<CancellationReason>),
}

impl<'a> Transaction<'a> {
    pub(super) fn new(table: &'a str) -> Self {
        Self { table, items: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Refuses what the table has no room for, however often it is tried.
    pub(super) fn check_room(&self) -> Result<()> {
        if self.items.len() > WRITES_MAX {
            return Err(Error::Unacceptable(format!(
                "this changes {} records at once, and {WRITES_MAX} can be: use fewer resources, services and ports",
                self.items.len()
            )));
        }
        let sizes: Vec<_> = self.items.iter().map(bytes).collect();
        if sizes.iter().any(|size| *size > ITEM_BYTES_MAX) || sizes.iter().sum::<usize>() > BYTES_MAX {
            return Err(Error::Unacceptable(format!(
                "there is more to keep than there is room for, {} KiB with the text of the lain.yaml",
                ITEM_BYTES_MAX / 1024
            )));
        }
        Ok(())
    }

    pub(super) fn put(&mut self, item: Attributes, condition: &str) -> Result<()> {
        self.put_with(item, condition, |put| put)
    }

    pub(super) fn put_with(
        &mut self,
        item: Attributes,
        condition: &str,
        finish: impl FnOnce(PutBuilder) -> PutBuilder,
    ) -> Result<()> {
        let put = Put::builder().table_name(self.table).set_item(Some(item)).condition_expression(condition);
        let put = finish(put).build().map_err(incomplete)?;
        self.items.push(TransactWriteItem::builder().put(put).build());
        Ok(())
    }

    /// Puts an item, whatever is there.
    pub(super) fn overwrite(&mut self, item: Attributes) -> Result<()> {
        let put = Put::builder().table_name(self.table).set_item(Some(item)).build().map_err(incomplete)?;
        self.items.push(TransactWriteItem::builder().put(put).build());
        Ok(())
    }

    /// Updates an item: `expression` with the names and values that `finish` gives.
    pub(super) fn update(
        &mut self,
        key: Key,
        expression: impl Into<String>,
        finish: impl FnOnce(UpdateBuilder) -> UpdateBuilder,
    ) -> Result<()> {
        let update = Update::builder().table_name(self.table).set_key(Some(key.into_map()));
        let update = finish(update.update_expression(expression)).build().map_err(incomplete)?;
        self.items.push(TransactWriteItem::builder().update(update).build());
        Ok(())
    }

    /// Changes nothing, but lets the rest happen only if the condition holds.
    pub(super) fn check(&mut self, key: Key, condition: &str) -> Result<()> {
        let check = ConditionCheck::builder().table_name(self.table).set_key(Some(key.into_map()));
        let check = check.condition_expression(condition).build().map_err(incomplete)?;
        self.items.push(TransactWriteItem::builder().condition_check(check).build());
        Ok(())
    }

    /// Deletes an item if the condition that `finish` gives holds.
    pub(super) fn delete(
        &mut self,
        key: Key,
        finish: impl FnOnce(DeleteBuilder) -> DeleteBuilder,
    ) -> Result<()> {
        let delete = Delete::builder().table_name(self.table).set_key(Some(key.into_map()));
        let delete = finish(delete).build().map_err(incomplete)?;
        self.items.push(TransactWriteItem::builder().delete(delete).build());
        Ok(())
    }
}

impl Store {
    /// Runs a transaction.
    pub(super) async fn transact(&self, transaction: Transaction<'_>) -> Result<Outcome> {
        let request = self.client.transact_write_items().set_transact_items(Some(transaction.items));
        let Err(error) = request.send().await else { return Ok(Outcome::Done) };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                let reasons = cancelled.cancellation_reasons().to_vec();
                if reasons.iter().any(is_lost_race) {
                    return Ok(Outcome::Cancelled(reasons));
                }
            }
            Some(other) if other.is_transaction_in_progress_exception() => {
                return Ok(Outcome::Cancelled(Vec::new()));
            }
            Some(_) | None => {}
        }
        Err(Error::unavailable(DOING, Source::from(error)))
    }
}

/// What a write brings to its item; conditions and deletions bring nothing.
fn bytes(write: &TransactWriteItem) -> usize {
    let put = write.put().map(Put::item);
    let update = write.update().and_then(Update::expression_attribute_values);
    let attributes = put.or(update).into_iter().flatten();
    attributes.map(|(name, value)| name.len() + text(value).map_or(0, str::len)).sum()
}

/// Items have no other kinds of values.
fn text(value: &AttributeValue) -> Option<&str> {
    value.as_s().or_else(|_| value.as_n()).ok().map(String::as_str)
}

/// Waits before the next try of what met others: each time up to twice as long, and not as long as they do.
pub async fn pause(attempt: u32) {
    const FIRST: Duration = Duration::from_millis(5);
    const DOUBLED_MAX: u32 = 5;
    let longest = FIRST * 2_u32.pow(attempt.min(DOUBLED_MAX));
    let [chance, ..] = uuid::Uuid::new_v4().into_bytes();
    tokio::time::sleep(longest / 2 + longest * u32::from(chance) / 512).await;
}

/// Whether this write was the one whose condition did not hold.
pub(super) fn failed_condition(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

fn is_lost_race(reason: &CancellationReason) -> bool {
    failed_condition(reason) || reason.code() == Some("TransactionConflict")
}

fn incomplete(error: BuildError) -> Error {
    Error::internal(DOING, error)
}

/// `SET` for all these attributes, with the names and values that it uses.
pub(super) fn set(
    attributes: Attributes,
) -> (String, HashMap<String, String>, HashMap<String, AttributeValue>) {
    let mut terms: Vec<String> = attributes.keys().map(|name| format!("#{name} = :{name}")).collect();
    terms.sort();
    let names = attributes.keys().map(|name| (format!("#{name}"), name.clone())).collect();
    let values = attributes.into_iter().map(|(name, value)| (format!(":{name}"), value)).collect();
    (format!("SET {}", terms.join(", ")), names, values)
}
