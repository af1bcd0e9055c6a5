//! The table's definition, for those who make one: the local stack and the tests.

use std::time::Duration;

use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveSpecification,
};

use super::Store;
use crate::domain::error::{Error, Result};

/// The sparse index; its keys are `gpk` and `gsk`.
pub(super) const INDEX: &str = "attention";

const DOING: &str = "create the table";

impl Store {
    /// Makes the table if there is none, and waits until it can be used.
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
            Ok(_) => {
                self.wait_until_active().await?;
                self.let_items_expire().await
            }
            Err(error) => match error.as_service_error() {
                Some(CreateTableError::ResourceInUseException(_)) => self.wait_until_active().await,
                Some(_) | None => Err(Error::unavailable(DOING, error)),
            },
        }
    }

    async fn wait_until_active(&self) -> Result<()> {
        const INTERVAL: Duration = Duration::from_millis(200);
        const LOOKS: usize = 300;
        for _ in 0..LOOKS {
            let described = self.client.describe_table().table_name(&self.table).send().await;
            let described = described.map_err(|error| Error::unavailable(DOING, error))?;
            let status = described.table.and_then(|table| table.table_status);
            if status == Some(TableStatus::Active) {
                return Ok(());
            }
            tokio::time::sleep(INTERVAL).await;
        }
        Err(Error::unavailable(DOING, "it did not become active within a minute"))
    }

    async fn let_items_expire(&self) -> Result<()> {
        let ttl = TimeToLiveSpecification::builder().attribute_name("ttl").enabled(true).build();
        let ttl = ttl.map_err(|error| Error::internal(DOING, error))?;
        let request =
            self.client.update_time_to_live().table_name(&self.table).time_to_live_specification(ttl);
        request.send().await.map_err(|error| Error::unavailable(DOING, error))?;
        Ok(())
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
