//! A job: the newest state of a subject, made so in its cluster (design §4).

use std::time::Duration;

use common::clock;
use common::domain::applied::Applied;
use common::domain::console::workload::Files;
use common::domain::error::Chain;
use common::domain::region::Region;
use common::domain::service::workload::namespace;
use common::domain::status::{Groups, Observation};
use common::domain::subject::{ProjectId, Subject};
use common::domain::unit::Unit;
use common::domain::workload::Workload;
use common::domain::{Result, Timestamp};
use common::store::{Completion, Finished, Lease, LeaseTaken, Work};

use crate::cluster::{Cluster, ClusterError, Mode, Report};
use crate::files::{FilesError, files};
use crate::{Worker, render};

mod setback;

use setback::OUTAGE_WAIT_MAX;

/// Leases in a row that ended with nothing said, before the operation counts as failed.
const CRASHES_MAX: u32 = 5;
/// When to look again at what is as it should be: somebody may have changed it.
const SETTLE_S: i64 = 15 * 60;

/// A job that has the lease.
struct Job<'a> {
    worker: &'a Worker,
    region: &'a Region,
    lease: Lease,
    work: Work,
    look: u8,
    now: Timestamp,
}

impl Worker {
    /// Does what there is to do for a service or a console app.
    pub(crate) async fn deploy(&self, region: &Region, subject: &Subject, look: u8) -> Result<()> {
        let store = &self.context.store;
        let now = clock::now();
        let now_s = now.as_second();
        let Some(work) = store.work(subject).await? else { return Ok(()) };
        if !is_due(&work, now_s) {
            return self.look(region, &work, look).await;
        }
        let lease_s = i64::try_from(self.lease.as_secs()).unwrap_or(i64::MAX);
        let lease = match store.take_lease(subject, now_s, now_s.saturating_add(lease_s)).await? {
            LeaseTaken::Taken(lease) => lease,
            LeaseTaken::Held { until_s } => {
                let wait = Duration::from_secs(u64::try_from(until_s - now_s).unwrap_or_default() + 1);
                return self.ring(subject.clone(), 0, wait).await;
            }
        };
        // Only now is the newest state what nobody else works on.
        let Some(work) = store.work(subject).await? else { return store.forget_status(&lease).await };
        if !is_due(&work, now_s) {
            return store.release(&lease).await;
        }
        Job { worker: self, region, lease, work, look, now }.run().await
    }

    /// Makes the namespace of a project.
    pub(crate) async fn prepare(&self, region: &Region, id: &ProjectId) -> Result<()> {
        let made = match self.clusters.of(region).await {
            Ok(cluster) => cluster.ensure_namespace(&namespace(&id.project)).await,
            Err(error) => Err(error),
        };
        match made {
            // A foreign namespace is never taken over; the services of the project will say so.
            Ok(()) | Err(ClusterError::NameConflict { .. }) => self.context.store.namespace_ready(id).await,
            Err(error) => {
                tracing::warn!(project.name = %id, error = %Chain(&error), "Left a namespace to the sweeper");
                Ok(())
            }
        }
    }
}

/// Whether there is something to apply, or to assert again.
fn is_due(work: &Work, now_s: i64) -> bool {
    !work.unit.is_applied() || work.due_s.is_some_and(|due_s| due_s <= now_s)
}

impl Job<'_> {
    fn unit(&self) -> &Unit {
        &self.work.unit
    }

    fn subject(&self) -> Subject {
        self.unit().subject()
    }

    async fn run(self) -> Result<()> {
        if self.lease.attempts > CRASHES_MAX {
            let message = format!("the worker was stopped {CRASHES_MAX} times while it worked on this");
            return self.fail("WorkerStopped".to_owned(), message).await;
        }
        let cluster = match self.worker.clusters.of(self.region).await {
            Ok(cluster) => cluster,
            Err(error) => return self.not_done(&error).await,
        };
        let files = match self.unit() {
            Unit::App { app, .. } if !self.unit().is_leaving() => {
                files(&self.worker.context.secrets, &cluster, app).await
            }
            Unit::App { .. } | Unit::Service { .. } => Ok(Files::new()),
        };
        let files = match files {
            Ok(files) => files,
            Err(FilesError::Cluster(error)) => return self.not_done(&error).await,
            Err(FilesError::Store(error)) => return self.wait_for_files(&error).await,
            Err(FilesError::Bad(message)) => return self.fail("SecretFiles".to_owned(), message).await,
        };
        let workload = match self.worker.workload(self.unit(), &files, self.region) {
            Ok(workload) => workload,
            Err(failure) => return self.fail(failure.reason, failure.message).await,
        };
        if self.unit().is_leaving() {
            self.remove(&cluster, &workload).await
        } else {
            self.apply(&cluster, &workload).await
        }
    }

    async fn apply(self, cluster: &Cluster, workload: &Workload) -> Result<()> {
        match self.try_apply(cluster, workload).await {
            Ok(report) => self.complete(report).await,
            Err(error) => self.not_done(&error).await,
        }
    }

    async fn try_apply(&self, cluster: &Cluster, workload: &Workload) -> Result<Report, ClusterError> {
        let known = &self.unit().applied().objects;
        let objects = render::render(workload);
        // What was applied and not recorded, or changed by others, is found only by asking for all of it.
        let is_unclean = self.lease.attempts > 1;
        let sweep = is_unclean || self.unit().is_applied();
        let mode = if sweep { Mode::Reassert } else { Mode::OnlyChanged };
        let report = cluster.apply(workload, &objects, known, mode).await?;
        cluster.prune(workload, &objects, known, sweep).await?;
        if let Unit::App { app, .. } = self.unit() {
            for eviction in app.pending_evictions() {
                cluster.evict(workload, eviction).await?;
            }
        }
        Ok(report)
    }

    async fn complete(self, report: Report) -> Result<()> {
        let unit = self.unit();
        let before = unit.applied();
        let object_generation = report.object_generation().unwrap_or(before.object_generation);
        let applied = Applied {
            generation: unit.generation(),
            object_generation,
            template_object_generation: if report.template_changed {
                object_generation
            } else {
                before.template_object_generation
            },
            objects: report.objects,
            failure: None,
        };
        let mut seen = match &self.work.observation {
            Some(Observation::Seen(groups)) => groups.clone(),
            Some(Observation::Unreachable) | None => Groups::new(),
        };
        for (name, object) in report.seen {
            seen.entry(name).or_default().object = Some(object);
        }
        self.record(&applied, seen).await
    }

    /// Records what the cluster has now, and goes on with what follows from it.
    async fn record(self, applied: &Applied, seen: Groups) -> Result<()> {
        let unit = self.unit();
        let now_s = self.now.as_second();
        let lease_s = i64::try_from(self.worker.lease.as_secs()).unwrap_or(i64::MAX);
        let completion = Completion {
            unit,
            applied,
            observation: &Observation::Seen(seen),
            seen_ms: clock::now().as_millisecond(),
            was_due_s: self.work.due_s,
            // What an earlier lease left under way has arrived by the end of this one's time.
            due_s: now_s.saturating_add(if unit.is_applied() { SETTLE_S } else { lease_s }),
        };
        // Before it is recorded: a worker that is stopped here comes back for it.
        if let Unit::App { app, .. } = unit
            && !app.is_applied()
        {
            self.worker.ring_clients(&app.id).await?;
        }
        let finished = self.worker.context.store.complete(&self.lease, &completion).await?;
        tracing::info!(subject = %unit.subject(), generation = unit.generation(), ?finished, "Applied a subject");
        match finished {
            Finished::Settled => self.worker.ring(self.subject(), 1, Duration::from_secs(1)).await,
            Finished::Moved => self.worker.ring(self.subject(), 0, Duration::ZERO).await,
            Finished::LostLease => Ok(()),
        }
    }

    /// Deletes the subject's objects. Once they are gone a service is forgotten, and an app is only registered.
    async fn remove(self, cluster: &Cluster, workload: &Workload) -> Result<()> {
        match cluster.delete_all(workload, &self.unit().applied().objects).await {
            Ok(true) => match self.unit() {
                Unit::Service { .. } => self.forget().await,
                Unit::App { app, .. } => {
                    let nothing = Applied { generation: app.generation, ..Applied::default() };
                    self.record(&nothing, Groups::new()).await
                }
            },
            Ok(false) => {
                let look = self.look.saturating_add(1);
                let wait = crate::look::delay(look).unwrap_or(OUTAGE_WAIT_MAX);
                self.set_back(None, wait, None).await
            }
            Err(error) => self.not_done(&error).await,
        }
    }

    /// Another service of the same app may be forgotten at the same time: then read the app again.
    async fn forget(mut self) -> Result<()> {
        const TRIES: usize = 10;
        let store = &self.worker.context.store;
        for _ in 0..TRIES {
            let Unit::Service { service, app } = self.unit() else { return Ok(()) };
            match store.purge(&self.lease, service, app.as_ref()).await? {
                Finished::Settled => {
                    tracing::info!(subject = %self.subject(), "Deleted a service");
                    return Ok(());
                }
                Finished::LostLease => return Ok(()),
                Finished::Moved => {}
            }
            match store.work(&self.subject()).await? {
                Some(work) if work.unit.uid() == self.unit().uid() => self.work = work,
                Some(_) | None => return Ok(()),
            }
        }
        self.set_back(None, Duration::from_secs(1), None).await
    }
}
