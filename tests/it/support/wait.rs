//! Waiting for what comes about by itself.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// Far beyond what anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);
const INTERVAL: Duration = Duration::from_millis(50);

/// Asks until the answer is `Ok`; panics with the last `Err` when it takes too long.
pub(crate) async fn eventually<T, E: Display>(what: &str, ask: impl AsyncFn() -> Result<T, E>) -> T {
    let start = Instant::now();
    loop {
        match ask().await {
            Ok(value) => return value,
            Err(last) if start.elapsed() > PATIENCE => panic!("waited in vain until {what}; last: {last}"),
            Err(_) => tokio::time::sleep(INTERVAL).await,
        }
    }
}
