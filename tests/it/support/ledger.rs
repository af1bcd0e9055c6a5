//! A ledger of wire calls: the functions in process, on back ends of their own behind a proxy that counts.
//! Nobody works on what they accept, so that a count is the same each time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::request::Builder;
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use common::aws::Connection;
use common::domain::console::{self, domains::Domains, notify::Schedule};
use common::domain::region::Regions;
use common::domain::subject::AppId;
use common::http::{Auth, Context, OpenAccess};
use common::queue::{Queue, QueueSpec};
use common::registry::{self, Registry};
use common::secrets::Secrets;
use common::store::Store;
use local::backends::{DynamoDb, Sqs};
use reqwest::Method;
use serde_json::json;
use tower::ServiceExt;

use super::answer::Answer;
use super::console::Reply;
use super::images::Images;

/// Calls by operation, like `Query` or `SendMessage`.
pub(crate) type Calls = BTreeMap<String, u32>;

/// Two regions on one cluster, and a disabled one on another.
const REGIONS: &str = r#"[{"id":"xq","cluster":"one"},{"id":"nb","cluster":"one"},
    {"id":"off","cluster":"two","enabled":false}]"#;
const AWS_REGION: &str = "us-east-1";

/// The functions, counted.
pub(crate) struct Ledger {
    /// What the functions work with; a test may change its settings.
    pub(crate) context: Context,
    /// The registry that they ask.
    pub(crate) images: Images,
    table: Counter,
    queue: Counter,
    _dynamodb: DynamoDb,
    _sqs: Sqs,
}

impl Ledger {
    /// The functions on an empty table and queue.
    pub(crate) async fn open() -> Self {
        let dynamodb = DynamoDb::start(None, None).await.unwrap();
        let sqs = Sqs::start(AWS_REGION, None).await.unwrap();
        let (table, queue) = (Counter::default(), Counter::default());
        let table_url = table.before(dynamodb.url()).await;
        let queue_url = queue.before(sqs.url()).await;

        let credentials = Credentials::from_keys("local", "local", None);
        let connection = Connection::new(AWS_REGION.to_owned(), credentials).unwrap();
        let store = Store::new(&connection, Some(&table_url), "slipway".to_owned());
        store.create_table().await.unwrap();
        let spec =
            QueueSpec { name: "doorbells".to_owned(), visibility: Duration::from_secs(20), receives_max: 5 };
        let doorbells = Queue::new(&connection, Some(&queue_url), "to be made".to_owned());
        let webhooks = Queue::new(&connection, Some(&queue_url), "to be made".to_owned());
        let webhooks_spec = QueueSpec { name: "webhooks".to_owned(), ..spec.clone() };
        let domains = Domains::parse("lain.local").unwrap();
        let schedule = Schedule(vec![Duration::ZERO]);
        let images = Images::start().await;
        let context = Context {
            store,
            queue: doorbells.create(&spec).await.unwrap(),
            webhooks: webhooks.create(&webhooks_spec).await.unwrap(),
            secrets: Secrets::Nowhere,
            registry: Registry::new(&images.address, registry::Credentials::Anonymous).unwrap(),
            signer: None,
            console: Arc::new(console::settings::Settings {
                domains,
                registry: images.address.clone(),
                protected_apps: vec!["console".parse().unwrap()],
                webhook_schedule: schedule,
            }),
            regions: Arc::new(Regions::parse(REGIONS).unwrap()),
            auth: Auth::Open(OpenAccess::default()),
            rate: None,
        };
        Self { context, images, table, queue, _dynamodb: dynamodb, _sqs: sqs }
    }

    /// A request to be finished by the caller and sent with [`Self::send`].
    pub(crate) fn request(method: Method, path: &str) -> Builder {
        Request::builder().method(method).uri(path).header("host", "localhost")
    }

    /// Runs a request; gives the answer and what it cost.
    pub(crate) async fn send(&self, request: Request) -> (Answer, Calls) {
        let asked = format!("{} {}", request.method(), request.uri());
        let (response, calls) = self.respond(request).await;
        (Answer::of(asked, response).await, calls)
    }

    /// Runs a request of the console.
    pub(crate) async fn send_console(&self, request: Request) -> (Reply, Calls) {
        let asked = format!("{} {}", request.method(), request.uri());
        let (response, calls) = self.respond(request).await;
        (Reply::of(asked, response).await, calls)
    }

    /// Runs a request of the console with this body, empty for none.
    pub(crate) async fn console(&self, method: Method, path: &str, body: &str) -> (Reply, Calls) {
        self.send_console(Self::request(method, path).body(Body::from(body.to_owned())).unwrap()).await
    }

    async fn respond(&self, request: Request) -> (Response, Calls) {
        self.table.calls.lock().unwrap().clear();
        self.queue.calls.lock().unwrap().clear();
        let service = local::routes().into_service(self.context.clone());
        let response = service.oneshot(request).await.unwrap();
        let mut calls = self.table.calls.lock().unwrap().clone();
        calls.append(&mut self.queue.calls.lock().unwrap().clone());
        (response, calls)
    }

    /// Runs a request with this body, empty for none.
    pub(crate) async fn run(&self, method: Method, path: &str, body: &str) -> (Answer, Calls) {
        self.send(Self::request(method, path).body(Body::from(body.to_owned())).unwrap()).await
    }

    /// How many mutations of a console app were accepted.
    pub(crate) async fn generation(&self, app: &str) -> u64 {
        let id = AppId { region: "xq".parse().unwrap(), app: app.parse().unwrap() };
        self.context.store.console_app(&id).await.unwrap().unwrap().app.generation
    }

    /// Has the table answer that so many of the next writes met another transaction, which the emulator never does.
    pub(crate) fn conflict(&self, times: u32) {
        self.table.conflicts.store(times, Ordering::Relaxed);
    }

    /// How many connections the table and the queue have accepted.
    pub(crate) fn connections(&self) -> (u32, u32) {
        let of = |counter: &Counter| counter.connections.load(Ordering::Relaxed);
        (of(&self.table), of(&self.queue))
    }
}

/// What a back end was asked, and over how many connections.
#[derive(Clone, Default)]
struct Counter {
    calls: Arc<Mutex<Calls>>,
    connections: Arc<AtomicU32>,
    conflicts: Arc<AtomicU32>,
}

impl Counter {
    /// Starts a proxy before a back end; gives its URL.
    async fn before(&self, to: &str) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (calls, conflicts) = (Arc::clone(&self.calls), Arc::clone(&self.conflicts));
        let proxy = Proxy { to: to.to_owned(), calls, conflicts, http: super::http() };
        let connections = Arc::clone(&self.connections);
        let listener = listener.tap_io(move |_| {
            connections.fetch_add(1, Ordering::Relaxed);
        });
        let router = axum::Router::new().fallback(forward).with_state(proxy);
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }
}

#[derive(Clone)]
struct Proxy {
    to: String,
    calls: Arc<Mutex<Calls>>,
    conflicts: Arc<AtomicU32>,
    http: reqwest::Client,
}

async fn forward(State(proxy): State<Proxy>, headers: HeaderMap, request: Request) -> Response {
    let operation = headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap().to_owned();
    *proxy.calls.lock().unwrap().entry(operation.clone()).or_default() += 1;
    let one_less = |left: u32| left.checked_sub(1);
    if matches!(operation.as_str(), "TransactWriteItems" | "UpdateItem")
        && proxy.conflicts.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
    {
        return conflict(&operation);
    }
    let url = format!("{}{}", proxy.to, request.uri().path());
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let answer = proxy.http.post(url).headers(headers).body(body).send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body: Bytes = answer.bytes().await.unwrap();
    (status, headers, body).into_response()
}

/// As DynamoDB words it where another transaction is at the same item.
fn conflict(operation: &str) -> Response {
    let body = if operation == "UpdateItem" {
        json!({"__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException", "message": "busy"})
    } else {
        json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "message": "Transaction cancelled",
            "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}],
        })
    };
    (axum::http::StatusCode::BAD_REQUEST, body.to_string()).into_response()
}
