//! Secret files: what a proc reads and nobody else is to see (lain-spec 2.6).

use std::collections::BTreeMap;

/// The mode of a file that names none: only its owner may read it.
pub const MODE_DEFAULT: u32 = 0o400;

/// A secret file.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretFile {
    /// What is in it.
    pub content: Vec<u8>,
    /// Its mode.
    pub mode: u32,
}

/// The secret files of a proc, by their paths in the container.
pub type SecretFiles = BTreeMap<String, SecretFile>;

impl std::fmt::Debug for SecretFile {
    /// Never its content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretFile").field("mode", &self.mode).finish_non_exhaustive()
    }
}
