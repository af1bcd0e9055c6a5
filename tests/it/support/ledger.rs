//! A ledger of wire calls: the functions in process, against the shared back ends through a proxy that counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use common::http::Auth;
use common::runtime::{Settings, variable};
use reqwest::Method;
use serde_json::Value;
use tower::ServiceExt;

use super::answer::Answer;
use super::stack::{endpoints, shared_env};

/// Calls by operation, like `Query` or `SendMessage`.
pub(crate) type Calls = BTreeMap<String, u32>;

/// The functions, counted.
pub(crate) struct Ledger {
    settings: Settings,
    calls: Arc<Mutex<Calls>>,
}

impl Ledger {
    /// The functions against the shared stack's table and queue.
    pub(crate) async fn open() -> Self {
        let calls = Arc::new(Mutex::new(Calls::new()));
        let dynamodb = count(&endpoints().dynamodb, Arc::clone(&calls)).await;
        let sqs = count(&endpoints().sqs, Arc::clone(&calls)).await;
        let mut env = shared_env();
        env.remove(variable::AUTH);
        env.insert(variable::DYNAMODB_URL.to_owned(), dynamodb);
        env.insert(variable::SQS_URL.to_owned(), sqs);
        let settings = Settings {
            auth: Auth::Open(common::http::OpenAccess::default()),
            ..Settings::read(&env).unwrap()
        };
        Self { settings, calls }
    }

    /// Runs a request; gives the answer and what it cost.
    pub(crate) async fn run(&self, method: Method, path: &str, body: Option<&Value>) -> (Answer, Calls) {
        self.calls.lock().unwrap().clear();
        let service = local::routes().into_service(self.settings.context().unwrap());
        let request = Request::builder().method(method.clone()).uri(path).header("host", "localhost");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = service.oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        let answer = Answer::new(format!("{method} {path}"), parts.status, parts.headers, text);
        (answer, self.calls.lock().unwrap().clone())
    }
}

#[derive(Clone)]
struct Proxy {
    to: String,
    calls: Arc<Mutex<Calls>>,
    http: reqwest::Client,
}

/// Starts a proxy before a back end; gives its URL.
async fn count(to: &str, calls: Arc<Mutex<Calls>>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let proxy = Proxy { to: to.trim_end_matches('/').to_owned(), calls, http: reqwest::Client::new() };
    let router = axum::Router::new().fallback(forward).with_state(proxy);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn forward(State(proxy): State<Proxy>, headers: HeaderMap, request: Request) -> Response {
    let operation = headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap().to_owned();
    *proxy.calls.lock().unwrap().entry(operation).or_default() += 1;
    let path = request.uri().path().to_owned();
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let answer =
        proxy.http.post(format!("{}{path}", proxy.to)).headers(headers).body(body).send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body: Bytes = answer.bytes().await.unwrap();
    (status, headers, body).into_response()
}
