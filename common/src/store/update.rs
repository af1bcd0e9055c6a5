//! Updates of one item under a condition on it.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;

use super::Store;
use super::item::Attributes;
use super::key::Key;
use super::transaction::set;
use crate::domain::error::{Error, Result};

impl Store {
    /// Sets attributes of an item, and removes those that `remove` lists (` REMOVE a, b`, or nothing), under the condition that
    /// `finish` adds; false if it does not hold, or others are writing to the item.
    pub(super) async fn update_if(
        &self,
        doing: &'static str,
        key: Key,
        attributes: Attributes,
        remove: &str,
        finish: impl FnOnce(UpdateItemFluentBuilder) -> UpdateItemFluentBuilder,
    ) -> Result<bool> {
        let (expression, names, values) = set(attributes);
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.into_map()))
            .update_expression(format!("{expression}{remove}"))
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values));
        match finish(update).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(
                    UpdateItemError::ConditionalCheckFailedException(_)
                    | UpdateItemError::TransactionConflictException(_),
                ) => Ok(false),
                Some(_) | None => Err(Error::unavailable(doing, error)),
            },
        }
    }
}
