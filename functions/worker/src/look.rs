//! Looks at a rollout: short ones soon after the change, then ever rarer ones, and at last the observer's only.

use std::time::Duration;

use common::clock;
use common::domain::Result;
use common::domain::console::workload::Files;
use common::domain::region::Region;
use common::domain::status::{Groups, Observation, Phase, Status};
use common::domain::unit::Unit;
use common::domain::workload::{Group, Workload};
use common::store::Work;

use crate::Worker;

/// Seconds from each look to the next; about ten minutes in all, like a Deployment's progress deadline.
const DELAYS_S: [u64; 15] = [1, 1, 1, 2, 3, 5, 8, 13, 20, 30, 60, 90, 120, 120, 120];

/// How long to wait before the look of this number; none after the last.
pub(crate) fn delay(look: u8) -> Option<Duration> {
    let index = usize::from(look).checked_sub(1)?;
    DELAYS_S.get(index).copied().map(Duration::from_secs)
}

impl Worker {
    /// Sees how far the rollout of an applied subject is, and rings for the next look unless it has arrived.
    /// A first ring (look 0) of a subject that is applied has nothing to do.
    pub(crate) async fn look(&self, region: &Region, work: &Work, look: u8) -> Result<()> {
        if look == 0 {
            return Ok(());
        }
        let subject = work.unit.subject();
        // What is in secret files changes no names.
        let Ok(workload) = self.workload(&work.unit, &Files::new(), region) else { return Ok(()) };
        let seen_ms = clock::now().as_millisecond();
        let observed = match self.clusters.of(region).await {
            Ok(cluster) => cluster.observe(&workload).await,
            Err(error) => Err(error),
        };
        let observation = match observed {
            Ok(seen) => Some(Observation::Seen(seen)),
            // The observer tells a failed look from a cluster that is down.
            Err(error) => {
                tracing::warn!(%subject, %error, "Could not look at a subject");
                None
            }
        };
        if let Some(observation) = observation.as_ref().filter(|new| work.observation.as_ref() != Some(new)) {
            self.context.store.observe(&subject, observation, seen_ms).await?;
        }
        let next = look.saturating_add(1);
        match delay(next) {
            Some(delay) if !has_arrived(work, observation.as_ref(), &workload) => {
                self.ring(subject, next, delay).await
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Whether a rollout has nothing more to show.
fn has_arrived(work: &Work, observation: Option<&Observation>, workload: &Workload) -> bool {
    match &work.unit {
        Unit::Service { service, .. } => match Status::of(service, observation).phase {
            Phase::Running | Phase::Stopped => true,
            Phase::Pending | Phase::Unknown => false,
        },
        Unit::App { .. } => match observation {
            Some(Observation::Seen(groups)) => {
                workload.groups.iter().all(|group| is_rolled_out(group, groups))
            }
            Some(Observation::Unreachable) | None => false,
        },
    }
}

/// Whether all pods of the group are there, of the newest template, and no others.
fn is_rolled_out(group: &Group, groups: &Groups) -> bool {
    let Some(seen) = groups.get(&group.name) else { return false };
    let all = |count: u32| count == group.replicas;
    seen.object.as_ref().is_some_and(|object| {
        object.observed_generation >= object.generation
            && all(object.replicas)
            && all(object.updated)
            && all(object.available)
    }) && seen.instances.iter().filter(|instance| instance.is_ready).count() >= group.replicas as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_become_rarer_and_end() {
        let delays: Vec<_> = (1..=u8::MAX).map_while(delay).collect();
        assert!(delays.is_sorted());
        assert_eq!(delays.len(), DELAYS_S.len());
        assert!(delays.iter().sum::<Duration>() >= Duration::from_mins(9));
        assert_eq!(delay(0), None);
    }
}
