//! SQS: the emulator `rustack` behind an HTTP server.

use std::net::SocketAddr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use rustack_sqs_core::config::SqsConfig;
use rustack_sqs_core::handler::RustackSqsHandler;
use rustack_sqs_core::provider::RustackSqs;
use rustack_sqs_http::service::{SqsHttpConfig, SqsHttpService};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::{Result, listen};

const SERVICE: &str = "SQS";
/// How long to wait after a connection that could not be accepted.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

type Service = SqsHttpService<RustackSqsHandler>;

/// An SQS that serves until it is stopped or dropped.
///
/// Its queues and messages are in memory only and start empty each time. That is enough for doorbells: the truth is
/// in the table, and the sweeper rings again. Unlike AWS it refuses `MessageGroupId` on standard queues, keeps
/// messages for ever, may wake a long poll up to a second after a delay or a visibility time-out has passed, and
/// checks no range of a time: a negative visibility time-out kills its queue.
#[derive(Debug)]
pub struct Sqs {
    url: String,
    queues: Arc<RustackSqs>,
    server: JoinHandle<()>,
}

impl Sqs {
    /// Serves no queues yet on a loopback port (a free one if none is given); `region` is the one in the queues' ARNs.
    pub async fn start(region: &str, port: Option<u16>) -> Result<Self> {
        let (listener, address) = listen(SERVICE, port).await?;
        let queues = Arc::new(RustackSqs::new(config(region, address)));
        let handler = Arc::new(RustackSqsHandler::new(Arc::clone(&queues)));
        let http = SqsHttpConfig { region: region.to_owned(), ..SqsHttpConfig::default() };
        let server = tokio::spawn(serve(listener, Service::new(handler, http)));
        Ok(Self { url: format!("http://{address}"), queues, server })
    }

    /// The endpoint for clients, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Cuts all connections, since a long poll may have many seconds to go, and ends the queues.
    pub async fn stop(mut self) {
        self.server.abort();
        // It ends as cancelled, or has panicked before and been logged by then: either way it is gone.
        let _ = (&mut self.server).await;
        self.queues.shutdown_all().await;
    }
}

impl Drop for Sqs {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn config(region: &str, address: SocketAddr) -> SqsConfig {
    SqsConfig {
        default_region: region.to_owned(),
        host: address.ip().to_string(),
        port: address.port(),
        ..SqsConfig::default()
    }
}

/// Accepts for ever; dropping the future drops every connection with it.
async fn serve(listener: TcpListener, service: Service) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone());
                    connections.spawn(connection);
                }
                // A client that left early, or no file descriptor to spare: the next one may do better.
                Err(error) => {
                    tracing::warn!(%error, "SQS could not accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
