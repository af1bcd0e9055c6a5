//! What no request can bring about: items and messages put in place behind the API's back.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use common::domain::subject::{Doorbell, ServiceId, Subject};
use common::queue::Queue;
use common::runtime::{Settings, variable};
use reqwest::Method;
use serde_json::Value;

use super::api::Project;
use super::functions::Functions;
use super::stack::shared_env;
use super::table::Table;
use super::wait::eventually;

/// A due time long ago, as the index has it.
const PAST: &str = "000000000001";

/// What the shared stack's worker runs with.
pub(crate) fn settings() -> Settings {
    let mut env = shared_env();
    env.remove(variable::AUTH);
    Settings::read(&env).unwrap()
}

/// The shared stack's queue of doorbells.
pub(crate) fn queue() -> Queue<Doorbell> {
    settings().context().unwrap().queue
}

/// A string attribute.
pub(crate) fn string(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// A number attribute.
pub(crate) fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// PUT to the functions while their queue cannot be reached: it is accepted, and nobody is rung for.
pub(crate) async fn put_unheard(path: &str, body: &Value) {
    let functions = Functions::with(|settings| settings.queue_url.push_str("-absent"));
    functions.run(Method::PUT, path, Some(body)).await.ok();
}

/// Puts any text into a queue.
pub(crate) async fn send_raw(queue_url: &str, body: &str) {
    let settings = settings();
    let client = aws_sdk_sqs::Client::new(&settings.connection.sdk_config(settings.sqs_url.as_deref()));
    client.send_message().queue_url(queue_url).message_body(body).send().await.unwrap();
}

impl Project {
    /// An item of the project's partition: `<app>`, `<app>/<service>`, or `<app>/<service>!` for its status.
    pub(crate) async fn item(&self, sk: &str) -> Option<HashMap<String, AttributeValue>> {
        Table::shared().item((self.partition(), sk)).await
    }

    /// Sets an attribute of an item of the project's partition.
    pub(crate) async fn set(&self, sk: &str, attribute: &str, value: AttributeValue) {
        Table::shared().set((self.partition(), sk), attribute, value).await;
    }

    /// A service's generation, which counts its accepted mutations.
    pub(crate) async fn generation(&self, app: &str, service: &str) -> u64 {
        let item = self.item(&format!("{app}/{service}")).await.unwrap();
        item["generation"].as_n().unwrap().parse().unwrap()
    }

    /// What tells a service from earlier ones of its name; its objects carry it.
    pub(crate) async fn uid(&self, app: &str, service: &str) -> String {
        Table::shared().text((self.partition(), &format!("{app}/{service}")), "uid").await
    }

    /// Waits until the table has forgotten an app (`<app>`) or a service (`<app>/<service>`).
    pub(crate) async fn forgets(&self, sk: &str) {
        eventually(&format!("{sk} is forgotten"), async || {
            self.item(sk).await.map_or(Ok(()), |item| Err(format!("{item:?}")))
        })
        .await;
    }

    /// Makes a service due, as time would: it is for the sweeper to find.
    pub(crate) async fn make_due(&self, app: &str, service: &str) {
        self.set(&format!("{app}/{service}"), "gsk", string(PAST)).await;
    }

    /// Has a service asserted again now instead of in a quarter of an hour, and waits until it is.
    pub(crate) async fn settle(&self, app: &str, service: &str) {
        self.make_due(app, service).await;
        queue().ring(&self.doorbell(app, service), Duration::ZERO).await.unwrap();
        self.is_settled(app, service).await;
    }

    /// Waits until a service that was made due is not so any more.
    pub(crate) async fn is_settled(&self, app: &str, service: &str) {
        eventually("the service is asserted again", async || {
            let item = self.item(&format!("{app}/{service}")).await.unwrap();
            if item["gsk"] == string(PAST) { Err(format!("{item:?}")) } else { Ok(()) }
        })
        .await;
    }

    /// The doorbell of a service.
    pub(crate) fn doorbell(&self, app: &str, service: &str) -> Doorbell {
        Doorbell::from(Subject::Service(ServiceId {
            region: self.region().parse().unwrap(),
            project: self.name.parse().unwrap(),
            app: app.parse().unwrap(),
            service: service.parse().unwrap(),
        }))
    }
}
