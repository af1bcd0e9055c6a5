//! Deliveries to notifiers: each try is claimed in the table, made, and its outcome recorded.
//!
//! A try that nobody records, since the function was stopped, is followed by the next one in its time.

use std::time::Duration;

use common::clock;
use common::domain::console::notify::{Delivery, DeliveryId, DeliveryState, Schedule};
use common::domain::{Result, Timestamp};
use common::http::Context;
use common::outbound;
use common::queue::Message;
use common::runtime::{Event, Settings};
use futures::future::join_all;
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;

/// No notifier has longer to answer (lain-spec 3.7).
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long a try may take besides: until it begins, and until its end is on record.
const SLACK: Duration = Duration::from_secs(5);
/// The sweeper rings for a try when our own ring is overdue by this.
const OVERDUE_S: i64 = 30;

/// What a delivery is made with.
#[derive(Debug)]
pub struct Webhooks {
    context: Context,
    client: Result<Client, String>,
    schedule: Schedule,
}

impl Webhooks {
    /// Webhooks of this table and queue.
    pub fn new(context: Context, settings: &Settings) -> Self {
        let client = outbound::client(TIMEOUT).map_err(|error| error.chain().to_string());
        Self { schedule: settings.console.webhook_schedule.clone(), context, client }
    }

    /// Handles an event; answers with the ids of the messages that are to come again.
    pub async fn on_event(&self, event: Event) -> Result<Vec<String>> {
        match event {
            Event::Messages(messages) => {
                let tries = messages.into_iter().map(|message| self.on_message(message));
                Ok(join_all(tries).await.into_iter().flatten().collect())
            }
            Event::Tick => Ok(Vec::new()),
        }
    }

    /// The message's id, if it is to come again.
    async fn on_message(&self, message: Message) -> Option<String> {
        let id: DeliveryId = match serde_json::from_str(&message.body) {
            Ok(id) => id,
            Err(error) => {
                tracing::error!(job.id = message.id, %error, "Left a message that is no delivery to the dead-letter queue");
                return Some(message.id);
            }
        };
        match self.deliver(&id).await {
            Ok(()) => None,
            Err(error) => {
                tracing::error!(delivery = id.delivery, error = %error.chain(), "Left a delivery for later");
                Some(message.id)
            }
        }
    }

    async fn deliver(&self, id: &DeliveryId) -> Result<()> {
        let Some(delivery) = self.context.store.delivery(id).await? else { return Ok(()) };
        if delivery.state != DeliveryState::Queued {
            return Ok(());
        }
        let next = self.schedule.wait(delivery.tries + 1);
        let (now, due_s) = (clock::now(), due_s(next.unwrap_or(TIMEOUT) + TIMEOUT));
        if !self.context.store.begin_try(&delivery, now, later(now, TIMEOUT + SLACK), due_s).await? {
            return Ok(());
        }
        let begun = Delivery { tries: delivery.tries + 1, ..delivery };
        let (state, outcome) = match self.send(&begun).await {
            Ok(status) => (DeliveryState::Delivered, status),
            Err(why) if next.is_some() => (DeliveryState::Queued, why),
            Err(why) => (DeliveryState::Failed, why),
        };
        tracing::info!(
            delivery = id.delivery,
            tries = begun.tries,
            state = state.as_str(),
            outcome,
            "Tried a delivery"
        );
        let again = next.filter(|_| state == DeliveryState::Queued);
        let when = again.map(|wait| (later(clock::now(), wait), self::due_s(wait)));
        self.context.store.end_try(&begun, state, &outcome, when).await?;
        match again {
            Some(wait) => self.ring(id, wait).await,
            None => Ok(()),
        }
    }

    /// A queue waits whole seconds, and 15 minutes at most: what waits longer is the sweeper's.
    async fn ring(&self, id: &DeliveryId, wait: Duration) -> Result<()> {
        const LONGEST: Duration = Duration::from_mins(15);
        if wait > LONGEST {
            return Ok(());
        }
        if wait < Duration::from_secs(1) {
            tokio::time::sleep(wait).await;
        }
        self.context.webhooks.ring(id, wait).await
    }

    /// The notifier's answer, or why it has not taken the delivery.
    async fn send(&self, delivery: &Delivery) -> Result<String, String> {
        let request = self
            .client
            .as_ref()
            .map_err(Clone::clone)?
            .post(delivery.url.as_str())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", delivery.id.webhook_id())
            .body(delivery.body.clone());
        let answer = request.send().await.map_err(|error| error.without_url().to_string())?;
        let status = answer.status();
        if status.is_success() { Ok(status.to_string()) } else { Err(format!("it answered {status}")) }
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// When the sweeper is to ring, in seconds since the epoch.
fn due_s(wait: Duration) -> i64 {
    let wait_s = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
    clock::now().as_second().saturating_add(wait_s).saturating_add(OVERDUE_S)
}
