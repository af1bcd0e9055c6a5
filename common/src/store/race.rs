//! Lost races: how long to wait before what was read is read again.

use std::time::Duration;

use crate::domain::name::Uid;

/// The longest first wait; each next one may be twice as long.
const FIRST: Duration = Duration::from_millis(5);
/// No wait is longer.
const LONGEST: Duration = Duration::from_millis(320);

/// Waits before the next try after so many; not at all before the first one.
pub(crate) async fn pause(tries: u32) {
    let random = Uid::random();
    let random = random.as_str().get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
    tokio::time::sleep(wait(tries, random.unwrap_or_default())).await;
}

/// Those who lost the same race do not meet again: each waits for a time of its own.
fn wait(tries: u32, random: u16) -> Duration {
    let Some(doublings) = tries.checked_sub(1) else { return Duration::ZERO };
    let longest = FIRST.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST);
    let half = longest / 2;
    half + half * u32::from(random) / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_differ() {
        for (tries, least_us, most_us) in
            [(0, 0, 0), (1, 2_500, 5_000), (2, 5_000, 10_000), (7, 160_000, 320_000), (99, 160_000, 320_000)]
        {
            assert_eq!(wait(tries, 0), Duration::from_micros(least_us), "{tries}");
            assert_eq!(wait(tries, u16::MAX), Duration::from_micros(most_us), "{tries}");
        }
    }
}
