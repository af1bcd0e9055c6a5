//! The table and the queue behind the API's back, for what no request can bring about.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::types::AttributeValue;
use axum::body::Body;
use axum::extract::Request;
use common::domain::subject::{Doorbell, ServiceId, Subject};
use common::queue::Queue;
use common::runtime::Settings;
use serde_json::Value;
use tower::ServiceExt;

use super::api::Project;
use super::ledger::shared_env;
use super::wait::eventually;

/// A due time long ago, as the index has it.
const PAST: &str = "000000000001";

/// An item's attributes.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// What the shared stack's functions run with.
pub(crate) fn settings() -> Settings {
    Settings::read(&shared_env()).unwrap()
}

/// The shared stack's queue of doorbells.
pub(crate) fn queue() -> Queue {
    settings().context().unwrap().queue
}

fn client() -> Client {
    let settings = settings();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.connection.region.clone()))
        .credentials_provider(settings.connection.credentials.clone())
        .http_client(settings.connection.http.clone())
        .endpoint_url(settings.dynamodb_url.unwrap())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    Client::from_conf(config.build())
}

/// A string attribute.
pub(crate) fn string(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// A number attribute.
pub(crate) fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

impl Project {
    /// `<region>/<project>`, as keys have it.
    pub(crate) fn key(&self) -> String {
        let region = self.path.split('/').nth(2).unwrap();
        format!("{region}/{}", self.name)
    }

    /// An item of the project's partition: `<app>`, `<app>/<service>`, or `<app>/<service>!` for its status.
    pub(crate) async fn item(&self, sk: &str) -> Option<Item> {
        let request = client().get_item().table_name(settings().table).consistent_read(true);
        let request = request.key("pk", string(&format!("K#{}", self.key()))).key("sk", string(sk));
        request.send().await.unwrap().item
    }

    /// A service's generation, which counts its accepted mutations.
    pub(crate) async fn generation(&self, app: &str, service: &str) -> u64 {
        let item = self.item(&format!("{app}/{service}")).await.unwrap();
        item["generation"].as_n().unwrap().parse().unwrap()
    }

    /// What tells a service from earlier ones of its name; its objects carry it.
    pub(crate) async fn uid(&self, app: &str, service: &str) -> String {
        let item = self.item(&format!("{app}/{service}")).await.unwrap();
        item["uid"].as_s().unwrap().clone()
    }

    /// Sets an attribute of an item of the project's partition.
    pub(crate) async fn set(&self, sk: &str, attribute: &str, value: AttributeValue) {
        set_item(&format!("K#{}", self.key()), sk, attribute, value).await;
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
        let (region, project) = self.key().split_once('/').map(|(r, p)| (r.parse(), p.parse())).unwrap();
        Doorbell::from(Subject::Service(ServiceId {
            region: region.unwrap(),
            project: project.unwrap(),
            app: app.parse().unwrap(),
            service: service.parse().unwrap(),
        }))
    }
}

/// Sets an attribute of an item that is there.
pub(crate) async fn set_item(pk: &str, sk: &str, attribute: &str, value: AttributeValue) {
    client()
        .update_item()
        .table_name(settings().table)
        .key("pk", string(pk))
        .key("sk", string(sk))
        .condition_expression("attribute_exists(pk)")
        .update_expression("SET #attribute = :value")
        .expression_attribute_names("#attribute", attribute)
        .expression_attribute_values(":value", value)
        .send()
        .await
        .unwrap();
}

/// An item, wherever it is.
pub(crate) async fn item(pk: &str, sk: &str) -> Option<Item> {
    let request = client().get_item().table_name(settings().table).consistent_read(true);
    request.key("pk", string(pk)).key("sk", string(sk)).send().await.unwrap().item
}

/// PUT to the functions while their queue cannot be reached: it is accepted, and nobody is rung for.
pub(crate) async fn put_unheard(path: &str, body: &Value) {
    let shared = settings();
    let settings = Settings { queue_url: format!("{}-absent", shared.queue_url), ..shared };
    let service = local::routes().into_service(settings.context().unwrap());
    let request = Request::put(path).header("host", "localhost").body(Body::from(body.to_string()));
    let response = service.oneshot(request.unwrap()).await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
}

/// Puts any text into a queue.
pub(crate) async fn send_raw(queue_url: &str, body: &str) {
    let settings = settings();
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
        .region(aws_sdk_sqs::config::Region::new(settings.connection.region.clone()))
        .credentials_provider(settings.connection.credentials.clone())
        .http_client(settings.connection.http.clone())
        .endpoint_url(settings.sqs_url.unwrap());
    let client = aws_sdk_sqs::Client::from_conf(config.build());
    client.send_message().queue_url(queue_url).message_body(body).send().await.unwrap();
}
