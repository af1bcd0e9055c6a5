//! The functions in process, under other settings than the shared stack's, on its table and its queue.

use axum::body::Body;
use axum::extract::Request;
use common::domain::region::{Region, Regions};
use common::http::{Auth, Context, OpenAccess};
use common::runtime::Settings;
use reqwest::Method;
use serde_json::Value;
use tower::ServiceExt;

use super::answer::Answer;
use super::console::Reply;
use super::state::settings;

/// One process of all functions.
pub(crate) struct Functions(Context);

impl Functions {
    /// The functions with the shared stack's settings, changed.
    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings { auth: Auth::Open(OpenAccess::default()), ..settings() };
        change(&mut settings);
        Self(settings.context().unwrap())
    }

    /// The same, with region `xq` changed.
    pub(crate) fn with_region(change: impl FnOnce(&mut Region)) -> Self {
        Self::with(|settings| {
            let mut regions: Vec<Region> =
                settings.regions.iter().map(|region| region.as_ref().clone()).collect();
            change(regions.iter_mut().find(|region| region.id.as_str() == "xq").unwrap());
            settings.regions = Regions::new(regions).unwrap().into();
        })
    }

    /// Runs a request, with a JSON body or none.
    pub(crate) async fn run(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let service = local::routes().into_service(self.0.clone());
        let request = Request::builder().method(method.clone()).uri(path).header("host", "localhost");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = service.oneshot(request.body(body).unwrap()).await.unwrap();
        Answer::of(format!("{method} {path}"), response).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.run(Method::GET, path, None).await
    }

    pub(crate) async fn put(&self, path: &str) -> Answer {
        self.run(Method::PUT, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.run(Method::POST, path, Some(body)).await
    }
}

impl Functions {
    /// Runs a request of the console.
    pub(crate) async fn console(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.console_as("", method, path, body).await
    }

    /// Runs a request of the console with a user's token; of nobody, if that is empty.
    pub(crate) async fn console_as(&self, user: &str, method: &str, path: &str, body: &Value) -> Reply {
        let service = local::routes().into_service(self.0.clone());
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        if !user.is_empty() {
            request = request.header("access-token", user);
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = service.oneshot(request.body(body).unwrap()).await.unwrap();
        Reply::of(format!("{method} {path} of {user}"), response).await
    }
}
