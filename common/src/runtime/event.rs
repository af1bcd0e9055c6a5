//! Events as Lambda brings them.

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use serde_json::Value;

use crate::domain::{Error, Result};
use crate::queue::Message;

/// What makes a function run that is not asked by HTTP.
#[derive(Clone, Debug)]
pub enum Event {
    /// Messages of the queue.
    Messages(Vec<Message>),
    /// The schedule.
    Tick,
}

impl Event {
    /// Reads an event: a batch of the queue, or whatever the schedule sends.
    pub fn read(payload: Value) -> Result<Self> {
        if payload.get("Records").is_none() {
            return Ok(Self::Tick);
        }
        let event: SqsEvent =
            serde_json::from_value(payload).map_err(|error| Error::internal("read an event", error))?;
        Ok(Self::Messages(event.records.into_iter().map(read_message).collect()))
    }
}

fn read_message(message: SqsMessage) -> Message {
    Message {
        id: message.message_id.unwrap_or_default(),
        receipt: message.receipt_handle.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
    }
}

/// Tells the queue which messages are to come again. The trigger needs `ReportBatchItemFailures`.
pub(super) fn batch_response(failed: Vec<String>) -> SqsBatchResponse {
    let failure = |id| {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id;
        failure
    };
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed.into_iter().map(failure).collect();
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_events_are_read() {
        let doorbell = include_str!("../../../events/doorbell.json");
        let Event::Messages(messages) = Event::read(serde_json::from_str(doorbell).unwrap()).unwrap() else {
            panic!("a batch was expected");
        };
        assert_eq!(messages.len(), 1);
        let body: crate::domain::subject::Doorbell = serde_json::from_str(&messages[0].body).unwrap();
        assert_eq!(body.subject.to_string(), "local/demo/hello/web");
        let schedule = include_str!("../../../events/schedule.json");
        assert!(matches!(Event::read(serde_json::from_str(schedule).unwrap()).unwrap(), Event::Tick));
    }

    #[test]
    fn failed_messages_are_named_as_lambda_wants_them() {
        let response = serde_json::to_value(batch_response(vec!["m1".to_owned()])).unwrap();
        assert_eq!(response, serde_json::json!({"batchItemFailures": [{"itemIdentifier": "m1"}]}));
    }
}
