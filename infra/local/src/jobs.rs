//! The worker, the webhooks and the sweeper on a thread of their own, as single-threaded as on Lambda.

use std::thread;

use common::clock;
use common::domain::Result as Outcome;
use common::domain::subject::Doorbell;
use common::http::Context;
use common::runtime::Settings;
use common::store::{DUE_AFTER_S, Due};
use sweeper::Sweeper;
use tokio::sync::{oneshot, watch};
use webhooks::Webhooks;
use worker::Worker;

use crate::error::{Error, Result};
use crate::poller::{self, Pace};

/// A thread that runs until it is told to stop.
#[derive(Debug)]
pub(crate) struct Jobs {
    stop: watch::Sender<bool>,
    ended: oneshot::Receiver<()>,
}

impl Jobs {
    /// Starts the pollers and the schedules.
    pub(crate) fn start(settings: &Settings, pace: Pace) -> Result<Self> {
        let start = |source| Error::Start { what: "the worker's thread", source };
        let context = settings.context()?;
        let worker = Worker::new(context.clone(), settings);
        let webhooks = Webhooks::new(context.clone(), settings);
        let sweeper = Sweeper::new(context.clone());
        let (stop, stopping) = watch::channel(false);
        let (end, ended) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(start)?;
        let body = move || {
            runtime.block_on(async {
                if let Err(error) = ring_for_the_lost(&context).await {
                    tracing::warn!(error = %error.chain(), "Left what an earlier start accepted to the sweeper");
                }
                poller::run(&worker, &webhooks, &sweeper, &context, pace, &stopping).await;
            });
            let _nobody_may_wait = end.send(());
        };
        let spawned = thread::Builder::new().name("jobs".to_owned()).spawn(body);
        spawned.map_err(start)?;
        Ok(Self { stop, ended })
    }

    /// Waits until the thread has ended, which it does not by itself.
    pub(crate) async fn ended(&mut self) {
        let _how = (&mut self.ended).await;
    }

    /// Lets the thread finish the batches that it has, so that no lease is left behind for the next start to wait for.
    pub(crate) async fn stop(self) {
        let _may_have_ended = self.stop.send(true);
        let _how = self.ended.await;
    }
}

/// The queues of an earlier start have gone with it: rings at once for what the sweeper would ring for in a while.
async fn ring_for_the_lost(context: &Context) -> Outcome<()> {
    let soon = clock::now().as_second() + DUE_AFTER_S;
    let Due { subjects, deliveries } = context.store.due(soon).await?;
    let doorbells: Vec<_> = subjects.into_iter().map(Doorbell::from).collect();
    context.queue.ring_all(&doorbells).await?;
    context.webhooks.ring_all(&deliveries).await
}
