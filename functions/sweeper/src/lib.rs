//! The sweeper: rings again for what is due, and so for whatever a lost doorbell was about.

use common::clock;
use common::domain::Result;
use common::domain::subject::Doorbell;
use common::http::Context;
use common::runtime::Event;
use common::store::Due;

/// What a sweep works with.
#[derive(Debug)]
pub struct Sweeper {
    context: Context,
}

impl Sweeper {
    /// A sweeper of this table and queue.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Sweeps, whatever the event; no message is ever to come again.
    pub async fn on_event(&self, _event: Event) -> Result<Vec<String>> {
        let Due { subjects, deliveries } = self.context.store.due(clock::now().as_second()).await?;
        if !subjects.is_empty() || !deliveries.is_empty() {
            tracing::info!(
                subjects = subjects.len(),
                deliveries = deliveries.len(),
                "Ringing for what is due"
            );
        }
        let doorbells: Vec<_> = subjects.into_iter().map(Doorbell::from).collect();
        self.context.queue.ring_all(&doorbells).await?;
        self.context.webhooks.ring_all(&deliveries).await?;
        Ok(Vec::new())
    }
}
