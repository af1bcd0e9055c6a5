//! Revisions: immutable, numbered snapshots of what makes a service's pods.

use jiff::Timestamp;

use super::container::Definition;
use super::name::Rule;

/// A revision's number: from 1, never given twice in a service's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RevisionNumber(u64);

impl RevisionNumber {
    /// What a new service has.
    pub const FIRST: Self = Self(1);

    /// Reads `[1-9][0-9]{0,18}` up to 2^63 - 1 (kirk-spec E15).
    pub fn parse(text: &str) -> Result<Self, Rule> {
        positive_decimal(text, i64::MAX as u64)
            .map(Self)
            .ok_or("must be a whole number from 1 to 9223372036854775807")
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Where the revision is kept: a new one takes the place of the one that is no longer kept.
    pub fn slot(self) -> u64 {
        self.0 % REVISIONS_KEPT
    }
}

impl From<u64> for RevisionNumber {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl std::fmt::Display for RevisionNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The current revision and ten older ones: what Kubernetes keeps of a Deployment by default (kirk-spec §5).
pub const REVISIONS_KEPT: u64 = 11;

/// One revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its number.
    pub number: RevisionNumber,
    /// What it holds.
    pub definition: Definition,
    /// When it was written.
    pub created: Timestamp,
}

/// Reads `[1-9][0-9]*` up to `max`; Rust's own parser would let `+3` and `03` pass.
pub fn positive_decimal(text: &str, max: u64) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0') && text.len() <= 19;
    if !digits {
        return None;
    }
    text.parse().ok().filter(|number| *number <= max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn revision_numbers_are_plain_positive_decimals() {
        assert_eq!(RevisionNumber::parse("1"), Ok(RevisionNumber::FIRST));
        assert_eq!(
            RevisionNumber::parse("9223372036854775807").map(RevisionNumber::get),
            Ok(i64::MAX as u64)
        );
        for bad in
            ["", "0", "-1", "+1", "01", "1.5", "abc", " 5", "9223372036854775808", "18446744073709551616"]
        {
            assert!(RevisionNumber::parse(bad).is_err(), "{bad:?} should be refused");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_read_as_it_is_printed(number in 1_u64..=i64::MAX as u64) {
            prop_assert_eq!(positive_decimal(&number.to_string(), i64::MAX as u64), Some(number));
        }

        #[test]
        fn whatever_is_read_prints_back_the_same(text in "[-+ 0-9.]{0,20}") {
            if let Some(number) = positive_decimal(&text, u64::MAX) {
                prop_assert_eq!(number.to_string(), text);
            }
        }

        #[test]
        fn neighbours_never_share_a_slot(number in 1_u64..1_000_000, distance in 1..REVISIONS_KEPT) {
            prop_assert_ne!(RevisionNumber(number).slot(), RevisionNumber(number + distance).slot());
        }
    }
}
