//! What AWS Secrets Manager may answer that the emulator does not, in its protocol (JSON 1.1).

use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use common::aws::Connection;
use common::domain::Error;
use common::domain::console::secret::{SecretFile, SecretFiles};
use common::secrets::{Manager, Secrets};
use serde_json::{Value, json};

type Answering = fn(&Value) -> (u16, Value);

/// The service in this process.
#[derive(Clone)]
struct StandIn {
    secrets: Secrets,
    answering: Answering,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl StandIn {
    async fn start(answering: Answering) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let credentials = Credentials::from_keys("id", "key", None);
        let connection = Connection::new("us-east-1".to_owned(), credentials).unwrap();
        let secrets = Secrets::Manager(Manager::new(&connection, Some(&url)));
        let manager = Self { secrets, answering, asked: Arc::default() };
        let router = axum::Router::new().fallback(answer).with_state(manager.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        manager
    }

    async fn read(&self, paths: &[&str]) -> Result<SecretFiles, Error> {
        let paths: Vec<_> = paths.iter().map(|path| (*path).to_owned()).collect();
        self.secrets.read(&"hello".parse().unwrap(), "hello.web.web", &paths).await
    }

    /// The sizes of the batches asked for since the last time.
    fn take_asked(&self) -> Vec<usize> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.iter().map(|request| request["SecretIdList"].as_array().unwrap().len()).collect()
    }
}

async fn answer(State(manager): State<StandIn>, headers: HeaderMap, body: String) -> Response {
    assert_eq!(headers["x-amz-target"], "secretsmanager.BatchGetSecretValue");
    assert!(headers["authorization"].to_str().unwrap().contains("/us-east-1/secretsmanager/aws4_request"));
    let request = serde_json::from_str(&body).unwrap();
    let (status, answer) = (manager.answering)(&request);
    manager.asked.lock().unwrap().push(request);
    let kind = [("content-type", "application/x-amz-json-1.1")];
    (StatusCode::from_u16(status).unwrap(), kind, answer.to_string()).into_response()
}

/// Each name has a secret that says `s`, but those with a word in them.
fn secrets(request: &Value) -> (u16, Value) {
    let names = request["SecretIdList"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    let mut answer = json!({"SecretValues": [], "Errors": []});
    for name in names {
        assert!(name.starts_with("lain/hello/hello.web.web/"), "{name}");
        let (list, entry) = match name.rsplit('/').next().unwrap() {
            "absent" => ("Errors", json!({"SecretId": name, "ErrorCode": "ResourceNotFoundException"})),
            "denied" => (
                "Errors",
                json!({"SecretId": name, "ErrorCode": "AccessDeniedException", "Message": "not allowed"}),
            ),
            "odd" => ("Errors", json!({"SecretId": name})),
            "silent" => continue,
            _ => ("SecretValues", json!({"Name": name, "SecretString": "s"})),
        };
        answer[list].as_array_mut().unwrap().push(entry);
    }
    (200, answer)
}

#[tokio::test]
async fn a_secret_is_asked_for_once_and_is_the_file_of_all_paths_that_lead_to_it() {
    let manager = StandIn::start(secrets).await;
    let found = manager.read(&["/key", "//key", "/absent", "/no name"]).await.unwrap();
    let file = SecretFile { content: b"s".to_vec(), mode: 0o400 };
    assert_eq!(found, ["/key", "//key"].map(|path| (path.to_owned(), file.clone())).into());
    assert_eq!(manager.take_asked(), [2], "none that no secret can have");
}

#[tokio::test]
async fn many_are_read_twenty_at_a_time_and_none_without_a_call() {
    let manager = StandIn::start(secrets).await;
    let paths: Vec<_> = (0..41).map(|number| format!("/{number}")).collect();
    let paths: Vec<_> = paths.iter().map(String::as_str).collect();
    assert_eq!(manager.read(&paths).await.unwrap().len(), 41);
    assert_eq!(manager.take_asked(), [20, 20, 1]);
    assert!(manager.read(&[]).await.unwrap().is_empty());
    assert!(manager.read(&["/no name"]).await.unwrap().is_empty());
    assert!(manager.take_asked().is_empty());
}

#[tokio::test]
async fn what_is_not_told_is_not_taken_for_absent() {
    let manager = StandIn::start(secrets).await;
    for (word, why) in [
        ("denied", "read secret files: lain/hello/hello.web.web/denied: not allowed"),
        ("odd", "read secret files: lain/hello/hello.web.web/odd: "),
        ("silent", "silent: nothing was said of it"),
    ] {
        let error = manager.read(&["/key", &format!("/{word}")]).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
        assert!(error.chain().to_string().contains(why), "{}", error.chain());
    }
}

#[tokio::test]
async fn pages_are_read_to_their_end_and_no_further() {
    // Each page has one secret, and what comes next.
    let paged = StandIn::start(|request| {
        let names = request["SecretIdList"].as_array().unwrap();
        let page = request["NextToken"].as_str().map_or(0, |token| token.parse::<usize>().unwrap());
        let next = (page + 1 < names.len()).then(|| (page + 1).to_string());
        let secrets = json!([{"Name": names[page], "SecretString": page.to_string()}]);
        (200, json!({"SecretValues": secrets, "NextToken": next}))
    })
    .await;
    assert_eq!(paged.read(&["/a", "/b", "/c"]).await.unwrap().len(), 3);
    assert_eq!(paged.take_asked(), [3, 3, 3]);
    let endless = StandIn::start(|_| (200, json!({"SecretValues": [], "NextToken": "more"}))).await;
    assert!(endless.read(&["/a", "/b"]).await.is_err());
    // What nobody asked for counts for nothing.
    let other =
        StandIn::start(|_| (200, json!({"SecretValues": [{"Name": "x", "SecretString": "s"}]}))).await;
    assert!(other.read(&["/a"]).await.is_err());
}

#[tokio::test]
async fn an_outage_is_one_and_tells_no_content() {
    for (status, kind, tries) in [(400, "AccessDeniedException", 1), (500, "InternalServiceError", 2)] {
        let answering: Answering = match status {
            400 => |_| (400, json!({"__type": "AccessDeniedException", "SecretString": "hidden"})),
            _ => |_| (500, json!({"__type": "InternalServiceError", "SecretString": "hidden"})),
        };
        let manager = StandIn::start(answering).await;
        let error = manager.read(&["/key"]).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
        let told = error.chain().to_string();
        assert!(told.contains(kind) && !told.contains("hidden"), "{told}");
        assert_eq!(manager.take_asked().len(), tries, "{kind}");
    }
}
