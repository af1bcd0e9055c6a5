//! `DynamoDB`: the emulator `dynoxide` behind its own HTTP server.

use std::path::Path;

use dynoxide::Database;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Error, GRACE, Result, listen};

const SERVICE: &str = "DynamoDB";

/// A `DynamoDB` that serves until it is stopped or dropped.
///
/// Every write is in the file before it is answered, so the data outlives a kill. Unlike AWS it runs one request at
/// a time: transactions never conflict, reads are always consistent, indexes are never behind. It deletes nothing that
/// has expired, forgets request tokens at a stop, and answers web pages of any origin.
#[derive(Debug)]
pub struct DynamoDb {
    url: String,
    shutdown: oneshot::Sender<()>,
    server: JoinHandle<std::result::Result<(), String>>,
}

impl DynamoDb {
    /// Serves the tables in `file`, or empty ones in memory, on a loopback port (a free one if none is given).
    pub async fn start(file: Option<&Path>, port: Option<u16>) -> Result<Self> {
        let (listener, address) = listen(SERVICE, port).await?;
        let database = open(file)?;
        let (shutdown, stopped) = oneshot::channel();
        let serve = dynoxide::server::serve_with_shutdown(listener, database, async {
            // A dropped sender means a dropped `DynamoDb`: stop as well.
            let _ = stopped.await;
        });
        Ok(Self { url: format!("http://{address}"), shutdown, server: tokio::spawn(serve) })
    }

    /// The endpoint for clients, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Lets running requests finish, for a short while, and closes the file.
    pub async fn stop(mut self) -> Result<()> {
        // The receiver is gone only when the server has ended, which the next lines find out.
        let _ = self.shutdown.send(());
        let Ok(ended) = timeout(GRACE, &mut self.server).await else {
            // A client holds half a request open. Nothing of it has been written.
            self.server.abort();
            return Ok(());
        };
        ended
            .map_err(|source| Error::Task { service: SERVICE, source })?
            .map_err(|reason| Error::Serve { service: SERVICE, reason })
    }
}

fn open(file: Option<&Path>) -> Result<Database> {
    let Some(file) = file else {
        return Database::memory().map_err(|source| Error::Open { tables: "memory".to_owned(), source });
    };
    let path = file.to_str().ok_or_else(|| Error::Path(file.to_owned()))?;
    Database::new(path).map_err(|source| Error::Open { tables: path.to_owned(), source })
}
