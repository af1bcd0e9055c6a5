//! The worker: makes clusters match the table.
//!
//! ```text
//! doorbell -> deploy -> render (pure) -> cluster::apply, prune -> store::complete
//!                    -> look: how far is the rollout?
//! tick     -> observer: what is there of all subjects?
//! ```

pub mod cluster;
mod clusters;
mod deploy;
mod files;
mod look;
mod observer;
pub mod render;

use std::collections::HashMap;
use std::time::Duration;

use common::clock;
use common::domain::applied::Failure;
use common::domain::console::workload::{Files, workload};
use common::domain::region::Region;
use common::domain::subject::{AppId, Doorbell, Subject};
use common::domain::unit::Unit;
use common::domain::workload::Workload;
use common::domain::{Error, Result};
use common::http::Context;
use common::queue::Message;
use common::runtime::{Event, Settings};
use futures::future::join_all;
use tokio::time::timeout;

use self::clusters::Clusters;

/// What a job has besides its message.
#[derive(Debug)]
pub struct Worker {
    context: Context,
    clusters: Clusters,
    lease: Duration,
    job_timeout: Duration,
}

/// What is left of the function's time when the longest job is given up: enough to answer for the others.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// Clocks of two machines differ by less.
const CLOCK_SKEW: Duration = Duration::from_secs(30);

impl Worker {
    /// A worker that is stopped after its time-out: a lease outlives it and all that it left under way.
    pub fn new(context: Context, settings: &Settings) -> Self {
        let lease = settings.worker_timeout + cluster::CALL_TIMEOUT + CLOCK_SKEW;
        let job_timeout = settings.worker_timeout.saturating_sub(ANSWER_TIME);
        Self { context, clusters: Clusters::default(), lease, job_timeout }
    }

    /// Handles an event; answers with the ids of the messages that are to come again.
    pub async fn on_event(&self, event: Event) -> Result<Vec<String>> {
        match event {
            Event::Messages(messages) => Ok(self.on_messages(messages).await),
            Event::Tick => self.observe_all().await.map(|()| Vec::new()),
        }
    }

    /// Works on all subjects of the batch side by side, on each once.
    async fn on_messages(&self, messages: Vec<Message>) -> Vec<String> {
        let mut failed = Vec::new();
        let mut subjects: HashMap<Subject, (Doorbell, Vec<String>)> = HashMap::new();
        for message in messages {
            match serde_json::from_str::<Doorbell>(&message.body) {
                Ok(doorbell) => {
                    let entry = subjects.entry(doorbell.subject.clone());
                    let (first, ids) = entry.or_insert_with(|| (doorbell.clone(), Vec::new()));
                    // A fresh ring says more than a look at an old one.
                    first.look = first.look.min(doorbell.look);
                    ids.push(message.id);
                }
                Err(error) => {
                    tracing::error!(job.id = message.id, %error, "Left a message that is no doorbell to the dead-letter queue");
                    failed.push(message.id);
                }
            }
        }
        let jobs = subjects.into_values().map(async |(doorbell, ids)| {
            let answer = timeout(self.job_timeout, self.answer(&doorbell)).await;
            match answer.unwrap_or_else(|late| Err(Error::unavailable("do a job in time", late))) {
                Ok(()) => Vec::new(),
                Err(error) => {
                    tracing::error!(subject = %doorbell.subject, error = %error.chain(), "Left a subject for later");
                    ids
                }
            }
        });
        failed.extend(join_all(jobs).await.into_iter().flatten());
        failed
    }

    async fn answer(&self, doorbell: &Doorbell) -> Result<()> {
        let region = doorbell.subject.region();
        let Some(region) = self.context.regions.get(region.as_str()) else {
            tracing::warn!(region.name = %region, "Dropped a doorbell of a region that is not configured");
            return Ok(());
        };
        match &doorbell.subject {
            Subject::Service(_) | Subject::App(_) => {
                self.deploy(region, &doorbell.subject, doorbell.look).await
            }
            Subject::Project(id) => self.prepare(region, id).await,
        }
    }

    /// What the subject wants in the cluster, with these secret files; else why that cannot be.
    fn workload(&self, unit: &Unit, files: &Files, region: &Region) -> Result<Workload, Failure> {
        match unit {
            Unit::Service { service, .. } => service.workload(region),
            Unit::App { app, services } => {
                workload(app, services, files, region, &self.context.console.domains)
            }
        }
    }

    /// The apps that use portals of an app have them from its newest version on.
    async fn ring_clients(&self, service: &AppId) -> Result<()> {
        for client in self.context.store.clients(service).await? {
            self.context.store.make_due(&client, clock::now().as_second()).await?;
            self.ring(Subject::App(client), 0, Duration::ZERO).await?;
        }
        Ok(())
    }

    /// Rings again after a while. What waits for longer than the delays here is the sweeper's.
    async fn ring(&self, subject: Subject, look: u8, delay: Duration) -> Result<()> {
        self.context.queue.ring(&Doorbell { subject, look }, delay).await
    }
}
