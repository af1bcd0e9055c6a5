//! SQS: the emulator `rustack` behind an HTTP server.

use std::net::SocketAddr;
use std::sync::Arc;

use http::header::{HOST, ORIGIN};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
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
                    let service = service.clone();
                    let guarded = service_fn(move |request: Request<Incoming>| answer(service.clone(), request));
                    connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), guarded));
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

/// Ends the connection of a web page, which says where it comes from, or to whom it believes to speak.
async fn answer<S, R>(service: S, request: Request<Incoming>) -> std::result::Result<R, std::io::Error>
where
    S: hyper::service::Service<Request<Incoming>, Response = R, Error = std::convert::Infallible>,
{
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let is_ours = host.is_some_and(|host| host.starts_with("127.0.0.1:") || host.starts_with("localhost:"));
    if !is_ours || request.headers().contains_key(ORIGIN) {
        return Err(std::io::Error::other("SQS is not for web pages"));
    }
    match service.call(request).await {
        Ok(answer) => Ok(answer),
        Err(never) => match never {},
    }
}
