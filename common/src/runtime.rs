//! Lambda, here and nowhere else: how a function starts, and how events reach it.

mod event;
mod settings;
pub mod variable;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use crate::domain;
use crate::http::{Context, Routes};

pub use event::Event;
pub use settings::Settings;

/// What a function's `main` may fail with.
pub type Error = lambda_runtime::Error;

/// Runs a function that answers HTTP, by these routes.
pub fn serve(routes: Routes) -> Result<(), Error> {
    run(async |settings| {
        let context = settings.context()?;
        warm(&context).await;
        let service = routes.into_service(context);
        let service = tower::service_fn(move |request: lambda_http::Request| {
            tower::ServiceExt::oneshot(service.clone(), request.map(axum::body::Body::new))
        });
        lambda_http::run(service).await
    })
}

/// Runs a function that handles events: `init` makes what `handle` works with, and `handle` answers with
/// the ids of the messages that are to come again.
pub fn handle<T>(
    init: impl FnOnce(Context, &Settings) -> T,
    handle: &impl AsyncFn(&T, Event) -> domain::Result<Vec<String>>,
) -> Result<(), Error> {
    run(async |settings| {
        let context = settings.context()?;
        warm(&context).await;
        let state = init(context, &settings);
        let state = &state;
        lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
            let failed = handle(state, Event::read(event.payload)?).await?;
            Ok::<_, Error>(event::batch_response(failed))
        }))
        .await
    })
}

/// One thread: a function has one request at a time, and a second thread would open connections of its own.
fn run(main: impl AsyncFnOnce(Settings) -> Result<(), Error>) -> Result<(), Error> {
    tracing_subscriber::fmt().json().with_max_level(tracing::Level::INFO).without_time().init();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { main(Settings::from_env()?).await })
}

/// Opens the connections while the start has its extra processor time.
async fn warm(context: &Context) {
    tokio::join!(context.store.warm(), context.queue.warm());
}

#[cfg(test)]
mod tests {
    /// The gateway encodes the bodies of forms, which is what `curl -d` says that it sends.
    #[tokio::test]
    async fn the_sample_requests_are_read() {
        use lambda_http::request::from_str;

        let get = from_str(include_str!("../../events/get-microservice.json")).unwrap();
        assert_eq!(get.method(), "GET");
        assert_eq!(get.uri().path(), "/regions/local/v1/projects/demo/apps/hello/microservices/web");
        let post = from_str(include_str!("../../events/post-app.json")).unwrap();
        let body = axum::body::to_bytes(axum::body::Body::new(post.into_body()), 1024).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["name"], "hello");
    }
}
