//! The event sources that AWS would give the worker, the webhooks and the sweeper: pollers of the queues, and the schedules.

use std::time::Duration;

use common::domain::Result;
use common::http::Context;
use common::queue::Queue;
use common::runtime::Event;
use futures::future::{join, join_all};
use serde::Serialize;
use sweeper::Sweeper;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};
use webhooks::Webhooks;
use worker::Worker;

/// Pollers side by side, each with a batch of its own.
const POLLERS: usize = 4;
/// How long a poll waits for a message.
const POLL: Duration = Duration::from_secs(10);
/// How long to wait after a poll that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// How the jobs are run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// How often the sweeper runs.
    pub(crate) sweep: Duration,
    /// How often the observer runs.
    pub(crate) observe: Duration,
}

/// Runs the worker, the webhooks and the sweeper until `stopping` says so; batches under way are finished.
pub(crate) async fn run(
    worker: &Worker,
    webhooks: &Webhooks,
    sweeper: &Sweeper,
    context: &Context,
    pace: Pace,
    stopping: &watch::Receiver<bool>,
) {
    let work = async |event| worker.on_event(event).await;
    let deliver = async |event| webhooks.on_event(event).await;
    let workers = join_all((0..POLLERS).map(|_| poll(&work, &context.queue, stopping.clone())));
    let deliverers = join_all((0..POLLERS).map(|_| poll(&deliver, &context.webhooks, stopping.clone())));
    let sweeps = every(pace.sweep, "sweeper", async || sweeper.on_event(Event::Tick).await.map(drop));
    let looks = every(pace.observe, "observer", async || worker.on_event(Event::Tick).await.map(drop));
    tokio::select! {
        _ = join(workers, deliverers) => {}
        () = sweeps => {}
        () = looks => {}
    }
}

/// Hands batches to a function; deletes what it did not report as failed.
async fn poll<D: Serialize>(
    handle: &impl AsyncFn(Event) -> Result<Vec<String>>,
    queue: &Queue<D>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        let received = tokio::select! {
            received = queue.receive(POLL) => received,
            _ = stopping.wait_for(|stop| *stop) => return,
        };
        let messages = match received {
            Ok(messages) => messages,
            Err(error) => {
                tracing::warn!(error = %error.chain(), "Could not poll the queue");
                sleep(PAUSE).await;
                continue;
            }
        };
        if messages.is_empty() {
            continue;
        }
        let receipts: Vec<_> =
            messages.iter().map(|message| (message.id.clone(), message.receipt.clone())).collect();
        let failed = match handle(Event::Messages(messages)).await {
            Ok(failed) => failed,
            Err(error) => {
                tracing::error!(error = %error.chain(), "A batch failed");
                continue;
            }
        };
        let done = receipts.iter().filter(|(id, _)| !failed.contains(id));
        for outcome in join_all(done.map(|(_, receipt)| queue.delete(receipt))).await {
            if let Err(error) = outcome {
                tracing::warn!(error = %error.chain(), "A message will come twice");
            }
        }
    }
}

async fn every(period: Duration, what: &str, run: impl AsyncFn() -> Result<()>) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = run().await {
            tracing::warn!(error = %error.chain(), "The {what} failed");
        }
    }
}
