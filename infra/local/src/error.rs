//! What can stop a stack from starting or from running on.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::{backends, cluster};

/// The result of what starts or runs a stack.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Open access is for loopback.
    #[error("--auth open listens on loopback only, and {0} is not: use 127.0.0.1")]
    NotLoopback(SocketAddr),
    /// Somebody else is there.
    #[error("cannot listen on {address}; is another stack running? --listen takes another address")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// Two stacks would spoil each other's data.
    #[error("another stack is running on {}: stop it, or take another folder with --data", .0.display())]
    Locked(PathBuf),
    /// A file that cannot be read or written.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A kubeconfig that leads nowhere.
    #[error("the kubeconfig {} cannot be used: {reason}", path.display())]
    Kubeconfig {
        /// Which one.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The regions document or flags make no sense.
    #[error("the regions cannot be used: {0}")]
    Regions(String),
    /// A back end.
    #[error(transparent)]
    Backend(#[from] backends::Error),
    /// The development cluster.
    #[error(transparent)]
    Cluster(#[from] cluster::Error),
    /// The table, the queue or the settings.
    #[error(transparent)]
    Common(#[from] common::domain::Error),
    /// The first project could not be made.
    #[error("the project {project} could not be made: HTTP status {status}")]
    Project {
        /// Its name.
        project: &'static str,
        /// The answer.
        status: u16,
    },
    /// A part that the system would not start.
    #[error("cannot start {what}")]
    Start {
        /// The part.
        what: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// A part that is to run for ever has ended.
    #[error("{0} ended")]
    Ended(&'static str),
}
