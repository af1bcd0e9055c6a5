//! The receiving side, which on AWS is the Lambda service's.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use serde::Serialize;

use super::{BATCH_MAX, Queue};
use crate::aws;
use crate::domain::{Error, Result};

/// A received message.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// What deletes this delivery of it.
    pub receipt: String,
    /// Its text.
    pub body: String,
}

/// How to make the queue with its dead-letter queue.
#[derive(Clone, Debug)]
pub struct QueueSpec {
    /// Its name; the dead-letter queue's is the same with `-dead`.
    pub name: String,
    /// For how long a received message is hidden from others.
    pub visibility: Duration,
    /// Receives before a message goes to the dead-letter queue.
    pub receives_max: u32,
}

impl<D: Serialize> Queue<D> {
    /// Makes the queue and its dead-letter queue where they are not there yet, and goes on with them.
    pub async fn create(self, spec: &QueueSpec) -> Result<Self> {
        let dead = self.create_queue(&format!("{}-dead", spec.name), HashMap::new()).await?;
        let attributes = self
            .client
            .get_queue_attributes()
            .queue_url(&dead)
            .attribute_names(QueueAttributeName::QueueArn)
            .send()
            .await
            .map_err(|error| Error::unavailable("look at the dead-letter queue", error))?;
        let attributes = attributes.attributes.unwrap_or_default();
        let arn = attributes.get(&QueueAttributeName::QueueArn).map(String::as_str).unwrap_or_default();
        let redrive = serde_json::json!({"deadLetterTargetArn": arn, "maxReceiveCount": spec.receives_max});
        let attributes = HashMap::from([
            (QueueAttributeName::VisibilityTimeout, spec.visibility.as_secs().to_string()),
            (QueueAttributeName::RedrivePolicy, redrive.to_string()),
        ]);
        let url = self.create_queue(&spec.name, attributes).await?;
        Ok(Self { url, ..self })
    }

    async fn create_queue(
        &self,
        name: &str,
        attributes: HashMap<QueueAttributeName, String>,
    ) -> Result<String> {
        const DOING: &str = "create a queue";
        let request = self.client.create_queue().queue_name(name).set_attributes(Some(attributes));
        let output = request.send().await.map_err(|error| Error::unavailable(DOING, error))?;
        output.queue_url.ok_or_else(|| Error::unavailable(DOING, "no URL in the answer"))
    }

    /// The queue's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits for up to `wait` for up to ten messages.
    pub async fn receive(&self, wait: Duration) -> Result<Vec<Message>> {
        let seconds = i32::try_from(wait.as_secs()).unwrap_or(i32::MAX).min(20);
        let patience = aws::timeouts()
            .to_builder()
            .operation_attempt_timeout(wait + Duration::from_secs(3))
            .operation_timeout(wait + Duration::from_secs(7))
            .build();
        let output = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .wait_time_seconds(seconds)
            .max_number_of_messages(i32::try_from(BATCH_MAX).unwrap_or(1))
            .customize()
            .config_override(aws_sdk_sqs::config::Config::builder().timeout_config(patience))
            .send()
            .await
            .map_err(|error| Error::unavailable("receive messages", error))?;
        Ok(output.messages.unwrap_or_default().into_iter().map(read_message).collect())
    }

    /// Takes a received message off the queue.
    pub async fn delete(&self, receipt: &str) -> Result<()> {
        let request = self.client.delete_message().queue_url(&self.url).receipt_handle(receipt);
        request.send().await.map_err(|error| Error::unavailable("delete a message", error))?;
        Ok(())
    }
}

fn read_message(message: aws_sdk_sqs::types::Message) -> Message {
    Message {
        id: message.message_id.unwrap_or_default(),
        receipt: message.receipt_handle.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
    }
}
