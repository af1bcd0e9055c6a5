//! How a job ends that could not do it: it is tried again after a while, or when something changes.

use std::time::Duration;

use common::clock;
use common::domain::applied::Failure;
use common::domain::error::Chain;
use common::domain::status::Observation;
use common::domain::{Error, Result};
use common::store::{Finished, Setback};

use super::Job;
use crate::cluster::{self, ClusterError};

/// When to try again what the cluster refused: somebody may have mended it.
const REFUSED_RETRY_S: i64 = 5 * 60;
/// The longest wait between two tries in an outage.
pub(super) const OUTAGE_WAIT_MAX: Duration = Duration::from_mins(1);
/// Tries that fail before it is told that the cluster, or the store of secret files, does not answer.
const QUIET_TRIES: u8 = 2;
/// The sweeper rings only when our own ring is overdue by this: one chain of rings is enough.
const OVERDUE_S: i64 = 30;

impl Job<'_> {
    /// The cluster did not do it: at all, or not now.
    pub(super) async fn not_done(self, error: &ClusterError) -> Result<()> {
        tracing::warn!(subject = %self.subject(), error = %Chain(error), "Could not apply a subject");
        if !error.is_transient() {
            return self.fail(error.reason().to_owned(), error.message()).await;
        }
        // What passes in a moment is told to nobody: clients would give up.
        let lasts = self.look >= QUIET_TRIES;
        let failure = lasts.then(|| self.failure(error.reason().to_owned(), error.message()));
        let wait = self.retry_wait();
        if !matches!(error, ClusterError::Unreachable { .. }) {
            return self.set_back(failure, wait, None).await;
        }
        self.worker.clusters.forget(self.region).await;
        if lasts {
            let seen = Observation::Unreachable;
            self.worker.context.store.observe(&self.subject(), &seen, clock::now().as_millisecond()).await?;
        }
        // What we asked for and heard nothing of may still be done: until then nobody is to do anything else.
        let hold = cluster::CALL_TIMEOUT;
        self.set_back(failure, wait.max(hold + Duration::from_secs(1)), Some(hold)).await
    }

    /// The store of secret files did not answer. That is told only when it lasts.
    pub(super) async fn wait_for_files(self, error: &Error) -> Result<()> {
        tracing::warn!(subject = %self.subject(), error = %error.chain(), "Could not read secret files");
        let message = "the store of secret files does not answer".to_owned();
        let failure = self.failure("SecretFilesUnavailable".to_owned(), message);
        let wait = self.retry_wait();
        let lasts = self.look >= QUIET_TRIES;
        self.set_back(lasts.then_some(failure), wait, None).await
    }

    fn retry_wait(&self) -> Duration {
        Duration::from_secs(2_u64.saturating_pow(u32::from(self.look) + 1)).min(OUTAGE_WAIT_MAX)
    }

    fn failure(&self, reason: String, message: String) -> Failure {
        Failure { generation: self.unit().generation(), reason, message }
    }

    /// Tries again after a while, and holds the subject for a while.
    pub(super) async fn set_back(
        self,
        failure: Option<Failure>,
        wait: Duration,
        hold: Option<Duration>,
    ) -> Result<()> {
        let after_s =
            |duration: Duration| clock::now().as_second().saturating_add_unsigned(duration.as_secs());
        let setback = Setback {
            unit: self.unit(),
            failure,
            is_final: false,
            was_due_s: self.work.due_s,
            due_s: after_s(wait).saturating_add(OVERDUE_S),
            hold_until_s: hold.map(after_s),
        };
        match self.worker.context.store.set_back(&self.lease, &setback).await? {
            Finished::Settled => self.worker.ring(self.subject(), self.look.saturating_add(1), wait).await,
            Finished::Moved => self.worker.ring(self.subject(), 0, Duration::ZERO).await,
            Finished::LostLease => Ok(()),
        }
    }

    /// The cluster, or we, will not do it until something changes.
    pub(super) async fn fail(self, reason: String, message: String) -> Result<()> {
        let setback = Setback {
            unit: self.unit(),
            failure: Some(self.failure(reason, message)),
            is_final: true,
            was_due_s: self.work.due_s,
            due_s: self.now.as_second() + REFUSED_RETRY_S,
            hold_until_s: None,
        };
        match self.worker.context.store.set_back(&self.lease, &setback).await? {
            Finished::Settled | Finished::LostLease => Ok(()),
            Finished::Moved => self.worker.ring(self.subject(), 0, Duration::ZERO).await,
        }
    }
}
