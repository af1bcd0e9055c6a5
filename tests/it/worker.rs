//! The worker and the sweeper: what they make of a cluster and a queue that are not as they should be.

mod conflicts;
mod crashes;
mod doorbells;
mod drift;
mod outage;
mod refusals;
