//! The HTTP API, served here, and the first request to it.

use std::convert::Infallible;
use std::time::Duration;

use axum::ServiceExt;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower::Service;

use crate::error::{Error, Result};
use crate::flags::{AuthMode, Flags};

/// Connections that are kept alive do not hold up the exit for longer.
const STOP_WITHIN: Duration = Duration::from_secs(1);

/// The API that is served here.
pub(super) struct Api {
    url: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

/// Takes the port, unless the API runs elsewhere.
pub(super) async fn listen(flags: &Flags) -> Result<Option<TcpListener>> {
    let address = flags.listen;
    // Open access is for whoever is at home on this machine.
    if flags.auth == AuthMode::Open && !address.ip().is_loopback() {
        return Err(Error::NotLoopback(address));
    }
    if flags.no_api {
        return Ok(None);
    }
    let listener = TcpListener::bind(address).await;
    listener.map(Some).map_err(|source| Error::Listen { address, source })
}

/// Where the API is, or will be.
pub(super) fn url(flags: &Flags, listener: Option<&TcpListener>) -> Result<String> {
    let address = listener.map_or(Ok(flags.listen), TcpListener::local_addr);
    let address = address.map_err(|source| Error::Start { what: "the HTTP API", source })?;
    Ok(format!("http://{address}"))
}

impl Api {
    /// Serves until it is stopped.
    pub(super) fn serve<S>(listener: TcpListener, service: S) -> Result<Self>
    where
        S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static,
    {
        let address = listener.local_addr();
        let address = address.map_err(|source| Error::Start { what: "the HTTP API", source })?;
        let (stop, stopped) = oneshot::channel::<()>();
        let served = axum::serve(listener, ServiceExt::<Request>::into_make_service(service));
        let served = served.with_graceful_shutdown(async { drop(stopped.await) });
        Ok(Self { url: format!("http://{address}"), stop, task: tokio::spawn(served.into_future()) })
    }

    /// Its base URL.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Waits until it ends, which it does not by itself.
    pub(super) async fn ended(&mut self) {
        let _how = (&mut self.task).await;
    }

    /// Lets running requests finish, for a short while.
    pub(super) async fn stop(self) {
        let _receiver_may_be_gone = self.stop.send(());
        let _late = tokio::time::timeout(STOP_WITHIN, self.task).await;
    }
}

/// Asks for the first project as anybody would.
pub(super) async fn make_project<S>(service: S, region: &str, project: &'static str) -> Result<()>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let request =
        Request::put(format!("/regions/{region}/v1/projects/{project}")).header("host", "localhost");
    let request = request.body(Body::empty()).map_err(|_| Error::Ended("the first request"))?;
    let response = match tower::ServiceExt::oneshot(service, request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    match response.status().as_u16() {
        200 => Ok(()),
        status => Err(Error::Project { project, status }),
    }
}
