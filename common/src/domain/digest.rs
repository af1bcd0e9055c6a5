//! Hashes as text.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// The first `bytes` (at most 32) of the SHA-256 of `data`, in hexadecimal.
pub fn sha256_hex(data: impl AsRef<[u8]>, bytes: usize) -> String {
    let digest = Sha256::digest(data.as_ref());
    digest.iter().take(bytes).fold(String::with_capacity(2 * bytes), |mut hex, byte| {
        let _never_fails = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_hash_is_cut_to_the_length_asked_for() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(super::sha256_hex("abc", 4), "ba7816bf");
        assert_eq!(super::sha256_hex("abc", 32).len(), 64);
    }
}
