//! What the measured function finds: a table with one running service.

use std::collections::HashMap;

use axum::body::Body;
use axum::extract::Request;
use common::clock;
use common::domain::status::{Observation, Seen};
use common::domain::subject::Subject;
use common::http::{Auth, OpenAccess};
use common::queue::QueueSpec;
use common::runtime::{Settings, variable};
use common::store::LeaseTaken;
use local::backends::{DynamoDb, Sqs};
use serde_json::{Value, json};
use tower::ServiceExt;

const SERVICE: &str = "/regions/local/v1/projects/demo/apps/hello/microservices/web";

/// Back ends with something in them.
pub(crate) struct Stage {
    env: HashMap<String, String>,
    _back_ends: (DynamoDb, Sqs),
    _regions: tempfile::NamedTempFile,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let (dynamodb, sqs) =
            (DynamoDb::start(None, None).await.unwrap(), Sqs::start("us-east-1", None).await.unwrap());
        let regions = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(regions.path(), r#"[{"id": "local", "cluster": "none"}]"#).unwrap();
        let mut env: HashMap<String, String> = [
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            (variable::TABLE, "slipway"),
            (variable::QUEUE_URL, "to be made"),
            (variable::DYNAMODB_URL, dynamodb.url()),
            (variable::SQS_URL, sqs.url()),
            (variable::REGIONS, regions.path().to_str().unwrap()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let context = Settings::read(&env).unwrap().context().unwrap();
        context.store.create_table().await.unwrap();
        let spec = QueueSpec {
            name: "doorbells".to_owned(),
            visibility: std::time::Duration::from_secs(30),
            receives_max: 5,
        };
        let queue = context.queue.create(&spec).await.unwrap();
        env.insert(variable::QUEUE_URL.to_owned(), queue.url().to_owned());
        let stage = Self { env, _back_ends: (dynamodb, sqs), _regions: regions };
        stage.fill().await;
        stage
    }

    /// The function's environment.
    pub(crate) fn env(&self) -> HashMap<String, String> {
        let mut env = self.env.clone();
        env.insert(variable::AUTH.to_owned(), "open".to_owned());
        env
    }

    /// A service with two pods.
    async fn fill(&self) {
        let settings = Settings::read(&self.env).unwrap();
        let settings = Settings { auth: Auth::Open(OpenAccess::default()), ..settings };
        let context = settings.context().unwrap();
        let app: Value = json!({"name": "hello", "microservices": [{
            "name": "web", "type": "stateless", "resourceSpec": "1U1G", "instanceNumber": 2,
            "ports": [{"port": 80, "protocol": "TCP"}], "containers": [{"image": "nginx:1.27"}],
        }]});
        for (method, path, body) in [
            ("PUT", "/regions/local/v1/projects/demo", String::new()),
            ("POST", "/regions/local/v1/projects/demo/apps", app.to_string()),
            ("GET", SERVICE, String::new()),
        ] {
            let request = Request::builder().method(method).uri(path).header("host", "localhost");
            let service = local::routes().into_service(context.clone());
            let response = service.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
            assert!(response.status().is_success(), "{method} {path}: {response:?}");
        }
        let id = r#"{"region": "local", "project": "demo", "app": "hello", "service": "web"}"#;
        let id = Subject::Service(serde_json::from_str(id).unwrap());
        let now_s = clock::now().as_second();
        let LeaseTaken::Taken(lease) = context.store.take_lease(&id, now_s, now_s).await.unwrap() else {
            return;
        };
        let pod = |name: &str| {
            json!({"name": name, "status": {"phase": "running"},
                "containerStatuses": [{"name": "container-0", "state": "running"}]})
        };
        let pods = json!([pod("hello-web-74794d56b-9rplv"), pod("hello-web-74794d56b-jtjcc")]);
        let seen = Seen { pods: serde_json::from_value(pods).unwrap(), live_pods: 2, ..Seen::default() };
        let seen = Observation::Seen([("hello-web".to_owned(), seen)].into());
        context.store.observe(&id, &seen, clock::now().as_millisecond()).await.unwrap();
        context.store.release(&lease).await.unwrap();
    }
}

/// The event of a request for the service.
pub(crate) fn get_microservice() -> Value {
    serde_json::from_str(include_str!("../../events/get-microservice.json")).unwrap()
}
