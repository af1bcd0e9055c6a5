//! What can go wrong with the development control plane.

use std::{io, path::PathBuf, time::Duration};

/// A result whose error is [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong with the development control plane.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The programs are not built yet and there is no Go to build them.
    #[error(
        "the development control plane needs Go: install Go 1.26 or later, or give a cluster with --kubeconfig"
    )]
    GoMissing,
    /// Go could not build the programs.
    #[error("cannot build the development control plane; Go says:\n{tail}")]
    Build {
        /// The last lines that Go wrote.
        tail: String,
    },
    /// A program ended by itself.
    #[error("{name} stopped; see {}, which ends with:\n{tail}", log.display())]
    Stopped {
        /// The program.
        name: &'static str,
        /// The last lines of its log.
        tail: String,
        /// Its log.
        log: PathBuf,
    },
    /// The control plane runs, but does not answer as it should.
    #[error("{what} was not ready within {} s; see the logs in {}", within.as_secs(), logs.display())]
    NotReady {
        /// What was waited for.
        what: &'static str,
        /// How long.
        within: Duration,
        /// The folder with the logs of all programs.
        logs: PathBuf,
    },
    /// The API server refused the objects that each development cluster has.
    #[error("cannot set up the development cluster; kubectl says:\n{tail}")]
    SetUp {
        /// The last lines that kubectl wrote.
        tail: String,
    },
    /// Keys or certificates could not be made.
    #[error("cannot make the certificates of the development control plane")]
    Certificate(#[source] rcgen::Error),
    /// The kubeconfig that was just written cannot be used.
    #[error("cannot connect to the development control plane")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A file, a port or a program is not as it must be.
    #[error("cannot {doing}")]
    Io {
        /// What was being done.
        doing: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

impl From<rcgen::Error> for Error {
    fn from(source: rcgen::Error) -> Self {
        Self::Certificate(source)
    }
}

/// Names what was being done when an [`io::Error`] came.
pub(super) trait Doing<T> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::Io { doing: doing(), source })
    }
}

/// The last lines of what a program wrote, to show where it failed.
pub(super) fn tail(output: &[u8]) -> String {
    const LINES_MAX: usize = 8;
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let first = lines.len().saturating_sub(LINES_MAX);
    lines.get(first..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_the_last_lines_that_say_something() {
        let output = (1..=20).map(|n| format!("line {n}\n")).collect::<Vec<_>>().join("\n");
        assert!(tail(output.as_bytes()).starts_with("line 13\nline 14\n"));
        assert!(tail(output.as_bytes()).ends_with("\nline 20"));
        assert_eq!(tail(b""), "");
    }
}
