//! Both back ends through the real SDKs, over the wire.

use std::collections::HashMap;
use std::path::Path;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb as dynamodb;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_sdk_sqs as sqs;
use aws_sdk_sqs::types::{Message, QueueAttributeName};
use aws_smithy_http_client::Builder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{DynamoDb, Error, Sqs};

const REGION: &str = "us-east-1";
const TABLE: &str = "slipway";

fn dynamodb_client(endpoint: &str) -> dynamodb::Client {
    let config = dynamodb::Config::builder()
        .behavior_version(dynamodb::config::BehaviorVersion::latest())
        .region(dynamodb::config::Region::new(REGION))
        .credentials_provider(Credentials::from_keys("local", "local", None))
        .http_client(Builder::new().build_http())
        .endpoint_url(endpoint);
    dynamodb::Client::from_conf(config.build())
}

fn sqs_client(endpoint: &str) -> sqs::Client {
    let config = sqs::Config::builder()
        .behavior_version(sqs::config::BehaviorVersion::latest())
        .region(sqs::config::Region::new(REGION))
        .credentials_provider(Credentials::from_keys("local", "local", None))
        .http_client(Builder::new().build_http())
        .endpoint_url(endpoint);
    sqs::Client::from_conf(config.build())
}

async fn create_table(client: &dynamodb::Client) {
    let pk = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S);
    let hash = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash);
    client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(pk.build().unwrap())
        .key_schema(hash.build().unwrap())
        .send()
        .await
        .unwrap();
}

async fn put(client: &dynamodb::Client, pk: &str) {
    client.put_item().table_name(TABLE).item("pk", AttributeValue::S(pk.to_owned())).send().await.unwrap();
}

async fn has(client: &dynamodb::Client, pk: &str) -> bool {
    let key = AttributeValue::S(pk.to_owned());
    client.get_item().table_name(TABLE).key("pk", key).send().await.unwrap().item().is_some()
}

#[tokio::test]
async fn tables_are_found_again_after_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tables.db");
    let first = DynamoDb::start(Some(&file), None).await.unwrap();
    let client = dynamodb_client(first.url());
    create_table(&client).await;
    put(&client, "kept").await;
    first.stop().await.unwrap();

    let second = DynamoDb::start(Some(&file), None).await.unwrap();
    assert!(has(&dynamodb_client(second.url()), "kept").await);
    second.stop().await.unwrap();
}

/// What is on disk while the server runs is all that a killed one leaves behind.
#[tokio::test]
async fn tables_are_found_again_after_a_kill() {
    let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let running = DynamoDb::start(Some(&before.path().join("tables.db")), None).await.unwrap();
    let client = dynamodb_client(running.url());
    create_table(&client).await;
    put(&client, "kept").await;
    for name in ["tables.db", "tables.db-wal"] {
        std::fs::copy(before.path().join(name), after.path().join(name)).unwrap();
    }

    let next = DynamoDb::start(Some(&after.path().join("tables.db")), None).await.unwrap();
    assert!(has(&dynamodb_client(next.url()), "kept").await);
}

#[tokio::test]
async fn tables_in_memory_start_empty() {
    let server = DynamoDb::start(None, None).await.unwrap();
    let tables = dynamodb_client(server.url()).list_tables().send().await.unwrap();
    assert!(tables.table_names().is_empty());
}

#[tokio::test]
async fn a_taken_port_and_a_strange_file_are_refused() {
    let server = DynamoDb::start(None, None).await.unwrap();
    let port: u16 = server.url().rsplit(':').next().unwrap().parse().unwrap();
    assert!(matches!(DynamoDb::start(None, Some(port)).await, Err(Error::Listen { .. })));
    assert!(matches!(Sqs::start(REGION, Some(port)).await, Err(Error::Listen { .. })));
    assert!(matches!(
        DynamoDb::start(Some(Path::new("/dev/null/tables")), None).await,
        Err(Error::Open { .. })
    ));
}

async fn create_queue(client: &sqs::Client, name: &str, redrive: Option<String>) -> String {
    let attributes = redrive.map(|policy| HashMap::from([(QueueAttributeName::RedrivePolicy, policy)]));
    let made = client.create_queue().queue_name(name).set_attributes(attributes).send().await.unwrap();
    made.queue_url().unwrap().to_owned()
}

async fn receive(client: &sqs::Client, queue: &str, wait: i32) -> Option<Message> {
    let got = client.receive_message().queue_url(queue).wait_time_seconds(wait).send().await.unwrap();
    got.messages().first().cloned()
}

#[tokio::test]
async fn a_message_wakes_a_long_poll_and_is_deleted() {
    let server = Sqs::start(REGION, None).await.unwrap();
    let client = sqs_client(server.url());
    let queue = create_queue(&client, "jobs", None).await;
    let send = client.send_message().queue_url(&queue).message_body("work").send();
    let (received, sent) = tokio::join!(receive(&client, &queue, 20), send);
    sent.unwrap();
    let message = received.unwrap();
    assert_eq!(message.body(), Some("work"));
    let handle = message.receipt_handle().unwrap();
    client.delete_message().queue_url(&queue).receipt_handle(handle).send().await.unwrap();
    assert!(receive(&client, &queue, 0).await.is_none());
    server.stop().await;
}

#[tokio::test]
async fn a_message_received_too_often_goes_to_the_dead_letter_queue() {
    let server = Sqs::start(REGION, None).await.unwrap();
    let client = sqs_client(server.url());
    let dead = create_queue(&client, "dead", None).await;
    let asked = client.get_queue_attributes().queue_url(&dead).attribute_names(QueueAttributeName::QueueArn);
    let attributes = asked.send().await.unwrap().attributes.unwrap();
    let arn = &attributes[&QueueAttributeName::QueueArn];
    let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":1}}"#);
    let queue = create_queue(&client, "jobs", Some(policy)).await;
    client.send_message().queue_url(&queue).message_body("poison").send().await.unwrap();

    let message = receive(&client, &queue, 20).await.unwrap();
    let again = client.change_message_visibility().queue_url(&queue).visibility_timeout(0);
    again.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
    assert!(receive(&client, &queue, 0).await.is_none());
    assert_eq!(receive(&client, &dead, 20).await.unwrap().body(), Some("poison"));
}

#[tokio::test]
async fn a_stop_does_not_wait_for_long_polls() {
    let server = Sqs::start(REGION, None).await.unwrap();
    let client = sqs_client(server.url());
    let queue = create_queue(&client, "jobs", None).await;
    let poll = client.receive_message().queue_url(&queue).wait_time_seconds(20).send();
    let (cut, ()) = tokio::join!(poll, server.stop());
    assert!(cut.is_err());
}

/// A page says where it comes from; one that rebinds its name to loopback says that name.
#[tokio::test]
async fn sqs_does_not_answer_web_pages() {
    let sqs = Sqs::start("us-east-1", None).await.unwrap();
    let address = sqs.url().strip_prefix("http://").unwrap().to_owned();
    let ask = async |headers: &str| {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let request =
            format!("POST / HTTP/1.1\r\n{headers}connection: close\r\ncontent-length: 2\r\n\r\n{{}}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A connection that is cut may end as one that was reset.
        let _how = stream.read_to_end(&mut answer).await;
        !answer.is_empty()
    };
    assert!(ask(&format!("host: {address}\r\n")).await);
    assert!(!ask(&format!("host: {address}\r\norigin: http://evil.example\r\n")).await);
    assert!(!ask("host: evil.example\r\n").await);
    sqs.stop().await;
}
