//! Amounts of memory as people write them, and as the console writes them (lain-spec 1.2).

use serde::{Deserialize, Serialize};

use super::super::name::Rule;

const RULE: Rule = "must be an amount of memory, like 64M";
/// The longest text that is kept.
const BYTES_MAX: usize = 32;
const UNITS: [&str; 6] = ["bytes", "KB", "MB", "GB", "TB", "PB"];

/// An amount of memory, and how it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// In bytes.
    pub bytes: u64,
    /// As it was written.
    pub text: String,
}

impl Memory {
    /// The least that a proc may have (lain-spec, appendix B).
    pub const BYTES_MIN: u64 = 4 << 20;

    /// Reads a number with an optional unit, of which only the first letter counts: `64M`, `64 MiB`, `1.5g`, `32`.
    pub fn parse(text: &str) -> Result<Self, Rule> {
        if text.len() > BYTES_MAX {
            return Err(RULE);
        }
        let compact: String = text.chars().filter(|char| !char.is_whitespace()).collect();
        let unit_at =
            compact.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(compact.len());
        let (number, unit) = compact.split_at(unit_at);
        let number: f64 = number.parse().map_err(|_| RULE)?;
        let power = match unit.bytes().next().map(|byte| byte.to_ascii_lowercase()) {
            None | Some(b'b') => 0,
            Some(b'k') => 1,
            Some(b'm') => 2,
            Some(b'g') => 3,
            Some(b't') => 4,
            Some(b'p') => 5,
            Some(_) => return Err(RULE),
        };
        if !unit.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Err(RULE);
        }
        let bytes = number * 1024_f64.powi(power);
        // Above it a number of bytes is no longer whole in a float; no machine has as much.
        if !(0.0..9e15).contains(&bytes) {
            return Err("is more memory than there is");
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
        let bytes = bytes as u64;
        Ok(Self { bytes, text: text.to_owned() })
    }

    /// The amount as the console shows it: `64 MB`, `1.5 GB`, `1 byte`.
    pub fn display(&self) -> String {
        let units = (0_u32..).zip(UNITS).take_while(|(power, _)| self.bytes >= 1024_u64.pow(*power));
        let Some((power, unit)) = units.last().filter(|(power, _)| *power > 0) else {
            return if self.bytes == 1 { "1 byte".to_owned() } else { format!("{} bytes", self.bytes) };
        };
        #[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
        let number = self.bytes as f64 / 1024_u64.pow(power) as f64;
        let number = format!("{number:.2}");
        format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_by_the_first_letter_of_their_unit() {
        for (text, bytes) in [
            ("64M", 64 << 20),
            ("64m", 64 << 20),
            ("64 MB", 64 << 20),
            (" 64MiB ", 64 << 20),
            ("32", 32),
            ("1.5g", 3 << 29),
            ("0", 0),
            ("10 bytes", 10),
            ("1K", 1024),
        ] {
            assert_eq!(Memory::parse(text).unwrap().bytes, bytes, "{text}");
        }
        for bad in [
            "000000000000000000000000000000064M",
            "",
            "M",
            "-1M",
            "+1M",
            "64X",
            "1e3",
            "1.2.3M",
            "64M2",
            "64 é",
            "99999999P",
            "NaN",
            "inf",
        ] {
            assert!(Memory::parse(bad).is_err(), "{bad:?} should be refused");
        }
    }

    #[test]
    fn amounts_are_shown_in_their_largest_unit() {
        for (bytes, shown) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (32 << 20, "32 MB"),
            (3 << 29, "1.5 GB"),
            (123_456_789, "117.74 MB"),
            (100 << 20, "100 MB"),
            (1 << 50, "1 PB"),
        ] {
            assert_eq!(Memory { bytes, text: String::new() }.display(), shown);
        }
    }
}
