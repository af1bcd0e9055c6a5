//! The table's side of a project: what is really stored.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use super::api::Project;
use super::state::settings;

/// The shared stack's table.
pub(crate) struct Table {
    client: Client,
    name: String,
}

impl Table {
    pub(crate) fn shared() -> Self {
        let settings = settings();
        let config = settings.connection.sdk_config(settings.dynamodb_url.as_deref());
        Self { client: Client::new(&config), name: settings.table }
    }

    /// The sort keys of a partition.
    pub(crate) async fn keys(&self, partition: String) -> Vec<String> {
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        let query = query.key_condition_expression("pk = :pk");
        let page =
            query.expression_attribute_values(":pk", AttributeValue::S(partition)).send().await.unwrap();
        assert!(page.last_evaluated_key.is_none(), "one page has it all");
        page.items().iter().map(|item| item["sk"].as_s().unwrap().clone()).collect()
    }

    /// An item, if it is there.
    pub(crate) async fn item(&self, key: (String, &str)) -> Option<HashMap<String, AttributeValue>> {
        let get = self.client.get_item().table_name(&self.name).consistent_read(true);
        get.set_key(Some(key_map(key))).send().await.unwrap().item
    }

    /// The text of an attribute of an item that is there.
    pub(crate) async fn text(&self, key: (String, &str), attribute: &str) -> String {
        self.item(key).await.expect("it is there")[attribute].as_s().unwrap().clone()
    }

    /// Sets an attribute of an item that is there.
    pub(crate) async fn set(&self, key: (String, &str), attribute: &str, value: AttributeValue) {
        let update = self.client.update_item().table_name(&self.name).set_key(Some(key_map(key)));
        let update =
            update.update_expression("SET #attribute = :value").condition_expression("attribute_exists(pk)");
        let update = update.expression_attribute_names("#attribute", attribute);
        update.expression_attribute_values(":value", value).send().await.unwrap();
    }
}

fn key_map((pk, sk): (String, &str)) -> HashMap<String, AttributeValue> {
    [("pk", pk), ("sk", sk.to_owned())].map(|(name, text)| (name.to_owned(), AttributeValue::S(text))).into()
}

impl Project {
    /// The partition of the project and all that is in it.
    pub(crate) fn partition(&self) -> String {
        format!("K#{}/{}", self.region(), self.name)
    }

    /// What the table has of the project, and which changes it has on record. What was seen of services is left out:
    /// that is not the API's to store.
    pub(crate) async fn stored(&self) -> Vec<String> {
        let table = Table::shared();
        let mut keys = table.keys(self.partition()).await;
        keys.retain(|key| key == "!" || !key.ends_with('!'));
        keys.extend(table.keys(format!("U#{}/{}", self.region(), self.name)).await);
        keys
    }

    pub(crate) fn region(&self) -> &str {
        self.path.split('/').nth(2).unwrap()
    }
}
