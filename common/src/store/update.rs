//! A change of one item under a condition.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;

use super::Store;
use super::item::Attributes;
use super::key::Key;
use super::transaction::set;
use crate::domain::error::{Error, Result};

/// What changes of an item, and when.
pub(super) struct Change<'a> {
    /// What this is, if it fails.
    pub(super) doing: &'static str,
    /// Of which item.
    pub(super) key: Key,
    /// What its attributes become.
    pub(super) set: Attributes,
    /// What goes with that: nothing, or ` REMOVE ...`.
    pub(super) remove: &'a str,
    /// What must be so.
    pub(super) condition: &'a str,
}

impl Store {
    /// Makes the change, with the names and values that `finish` gives its condition; false if that does not hold, or if
    /// somebody else is writing to the item at this moment.
    pub(super) async fn change_if(
        &self,
        change: Change<'_>,
        finish: impl FnOnce(UpdateItemFluentBuilder) -> UpdateItemFluentBuilder,
    ) -> Result<bool> {
        let (expression, names, values) = set(change.set);
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(change.key.into_map()))
            .update_expression(format!("{expression}{}", change.remove))
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .condition_expression(change.condition);
        let Err(error) = finish(update).send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(
                UpdateItemError::ConditionalCheckFailedException(_)
                | UpdateItemError::TransactionConflictException(_),
            ) => Ok(false),
            Some(_) | None => Err(Error::unavailable(change.doing, error)),
        }
    }
}
