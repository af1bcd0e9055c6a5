//! The back ends that AWS would give: `DynamoDB` and SQS, in this process but over their real HTTP protocols.
//!
//! Both listen on loopback only and take any credentials. What they do unlike AWS is told at each of them.

mod dynamodb;
mod sqs;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinError;

pub use dynamodb::DynamoDb;
pub use sqs::Sqs;

/// How long a stopping back end waits for requests that are running.
const GRACE: Duration = Duration::from_secs(2);

/// Why a back end did not start or did not stop cleanly.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The port is taken, or loopback cannot be listened on.
    #[error("cannot listen on 127.0.0.1:{port} for {service}")]
    Listen {
        /// The back end that wanted the port.
        service: &'static str,
        /// The port that was asked for; 0 is any.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no database of ours, or cannot be written.
    #[error("cannot open the tables in {tables}")]
    Open {
        /// The `SQLite` file, or the word for none.
        tables: String,
        /// What the emulator says.
        source: dynoxide::DynoxideError,
    },
    /// The path of the file is not UTF-8, which the emulator needs.
    #[error("the path {} is not UTF-8", .0.display())]
    Path(PathBuf),
    /// The server ended by itself.
    #[error("the server of {service} failed: {reason}")]
    Serve {
        /// The back end that failed.
        service: &'static str,
        /// What the server says.
        reason: String,
    },
    /// The task of a server panicked.
    #[error("the task of {service} died")]
    Task {
        /// The back end that failed.
        service: &'static str,
        /// How the task ended.
        source: JoinError,
    },
}

/// The result of a back end's start or stop.
pub type Result<T> = std::result::Result<T, Error>;

/// Listens on loopback; no port means any free one.
async fn listen(service: &'static str, port: Option<u16>) -> Result<(TcpListener, SocketAddr)> {
    let port = port.unwrap_or(0);
    let failed = |source| Error::Listen { service, port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}
