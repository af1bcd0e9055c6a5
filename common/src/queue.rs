//! The queue: SQS, here and nowhere else.
//!
//! Standard queues of doorbells. These may be lost, doubled or late: the table says what is to be done.

mod receive;

use std::marker::PhantomData;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde::Serialize;

use crate::aws::Connection;
use crate::domain::{Error, Result};

pub use receive::{Message, QueueSpec};

/// A queue of doorbells of one sort.
#[derive(Clone, Debug)]
pub struct Queue<D> {
    client: Client,
    url: String,
    doorbells: PhantomData<fn(D)>,
}

/// Entries of a batch (SQS's quota).
const BATCH_MAX: usize = 10;
/// The longest delay that SQS gives a message.
const DELAY_MAX: Duration = Duration::from_mins(15);

impl<D: Serialize> Queue<D> {
    /// The queue of this URL; `endpoint` where it is not AWS's own.
    pub fn new(connection: &Connection, endpoint: Option<&str>, url: String) -> Self {
        Self { client: Client::new(&connection.sdk_config(endpoint)), url, doorbells: PhantomData }
    }

    /// Opens the connection, so that the first request finds it open. Whatever the answer, it is one.
    pub async fn warm(&self) {
        let request = self.client.get_queue_attributes().queue_url(&self.url);
        let _answer = request.send().await;
    }

    /// Rings after a delay of at most 15 minutes.
    pub async fn ring(&self, doorbell: &D, delay: Duration) -> Result<()> {
        let request = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(body(doorbell)?)
            .set_delay_seconds(delay_seconds(delay));
        request.send().await.map_err(|error| Error::unavailable("ring a doorbell", error))?;
        Ok(())
    }

    /// Rings many at once, ten in a call.
    pub async fn ring_all(&self, doorbells: &[D]) -> Result<()> {
        if let [only] = doorbells {
            return self.ring(only, Duration::ZERO).await;
        }
        for batch in doorbells.chunks(BATCH_MAX) {
            self.ring_batch(batch).await?;
        }
        Ok(())
    }

    async fn ring_batch(&self, doorbells: &[D]) -> Result<()> {
        const DOING: &str = "ring doorbells";
        let entry = |(index, doorbell): (usize, &D)| {
            let entry =
                SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body(doorbell)?);
            entry.build().map_err(|error| Error::internal(DOING, error))
        };
        let entries = doorbells.iter().enumerate().map(entry).collect::<Result<_>>()?;
        let request = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries));
        let output = request.send().await.map_err(|error| Error::unavailable(DOING, error))?;
        match output.failed.first() {
            None => Ok(()),
            Some(failed) => {
                Err(Error::unavailable(DOING, failed.message().unwrap_or("an entry was refused")))
            }
        }
    }
}

fn body(doorbell: &impl Serialize) -> Result<String> {
    serde_json::to_string(doorbell).map_err(|error| Error::internal("write a doorbell", error))
}

fn delay_seconds(delay: Duration) -> Option<i32> {
    // Not before its time.
    let seconds = delay.min(DELAY_MAX).as_millis().div_ceil(1000);
    i32::try_from(seconds).ok().filter(|seconds| *seconds > 0)
}
