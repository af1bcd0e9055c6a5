//! The table's definition, for those who make one: the local stack and the tests.

use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};

use super::Store;
use crate::domain::error::{Error, Result};

/// The sparse index; its keys are `gpk` and `gsk`.
pub(super) const INDEX: &str = "attention";

const DOING: &str = "create the table";

impl Store {
    /// Makes the table if there is none.
    pub async fn create_table(&self) -> Result<()> {
        let projection = Projection::builder()
            .projection_type(ProjectionType::Include)
            .non_key_attributes("fingerprint")
            .build();
        let index = GlobalSecondaryIndex::builder()
            .index_name(INDEX)
            .set_key_schema(Some(keys("gpk", "gsk")?))
            .projection(projection)
            .build()
            .map_err(|error| Error::internal(DOING, error))?;
        let attributes = ["pk", "sk", "gpk", "gsk"].into_iter().map(attribute).collect::<Result<_>>()?;
        let created = self
            .client
            .create_table()
            .table_name(&self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(attributes))
            .set_key_schema(Some(keys("pk", "sk")?))
            .global_secondary_indexes(index)
            .send()
            .await;
        match created {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(CreateTableError::ResourceInUseException(_)) => Ok(()),
                Some(_) | None => Err(Error::unavailable(DOING, error)),
            },
        }
    }
}

fn attribute(name: &str) -> Result<AttributeDefinition> {
    let definition =
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build();
    definition.map_err(|error| Error::internal(DOING, error))
}

fn keys(partition: &str, sort: &str) -> Result<Vec<KeySchemaElement>> {
    let key = |name: &str, role| {
        let element = KeySchemaElement::builder().attribute_name(name).key_type(role).build();
        element.map_err(|error| Error::internal(DOING, error))
    };
    Ok(vec![key(partition, KeyType::Hash)?, key(sort, KeyType::Range)?])
}
