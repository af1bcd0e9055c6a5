//! Looks at a rollout: short ones soon after the change, then ever rarer ones, and at last the observer's only.

use std::time::Duration;

use common::clock;
use common::domain::Result;
use common::domain::region::Region;
use common::domain::service::Service;
use common::domain::status::{Observation, Phase, Status};
use common::domain::unit::Unit;
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
    /// Sees how far the rollout of an applied service is, and rings for the next look unless it has arrived.
    /// A first ring (look 0) of a service that is applied has nothing to do.
    pub(crate) async fn look(&self, region: &Region, work: &Work, look: u8) -> Result<()> {
        if look == 0 {
            return Ok(());
        }
        let service = &work.service;
        let seen_ms = clock::now().as_millisecond();
        let observed = match self.clusters.of(region).await {
            Ok(cluster) => cluster.observe(&service.id, service.shape.into()).await,
            Err(error) => Err(error),
        };
        let observation = match observed {
            Ok(seen) => Some(Observation::Seen(seen)),
            // The observer tells a failed look from a cluster that is down.
            Err(error) => {
                tracing::warn!(service.name = %service.id, %error, "Could not look at a service");
                None
            }
        };
        if let Some(observation) = observation.as_ref().filter(|new| work.observation.as_ref() != Some(new)) {
            self.context.store.observe(&service.id, observation, seen_ms).await?;
        }
        let phase = Status::of(service, observation.as_ref()).phase;
        let next = look.saturating_add(1);
        match (phase, delay(next)) {
            (Phase::Running | Phase::Stopped, _) | (_, None) => Ok(()),
            (Phase::Pending | Phase::Unknown, Some(delay)) => {
                self.ring(Subject::Service(service.id.clone()), next, delay).await
            }
        }
    }
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
