//! How often a caller may change something: a token bucket each, which holds one second's worth.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The limit of one process.
#[derive(Debug)]
pub struct RateLimit {
    per_second: NonZeroU32,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl RateLimit {
    /// So many mutations a second for each caller.
    pub fn new(per_second: NonZeroU32) -> Self {
        Self { per_second, buckets: Mutex::default() }
    }

    /// Takes one of the caller's tokens, if there is one.
    pub(super) fn take(&self, caller: &str, now: Instant) -> bool {
        let full = f64::from(self.per_second.get());
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        // A full bucket is as good as none.
        buckets.retain(|_, bucket| bucket.level(full, now) < full);
        let bucket = buckets.entry(caller.to_owned()).or_insert(Bucket { tokens: full, filled: now });
        let level = bucket.level(full, now);
        if level < 1.0 {
            return false;
        }
        *bucket = Bucket { tokens: level - 1.0, filled: now };
        true
    }
}

impl Bucket {
    fn level(&self, full: f64, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        passed.mul_add(full, self.tokens).min(full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_caller_has_one_seconds_worth_and_it_fills_again() {
        let limit = RateLimit::new(NonZeroU32::new(2).unwrap());
        let start = Instant::now();
        let taken: Vec<_> = (0..3).map(|_| limit.take("a", start)).collect();
        assert_eq!(taken, [true, true, false]);
        assert!(limit.take("b", start), "callers do not share");
        assert!(limit.take("a", start + Duration::from_millis(500)));
        assert!(!limit.take("a", start + Duration::from_millis(500)));
    }
}
