//! A stand-in for the Lambda service: the runtime interface, with a number of invocations and then an end.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;

/// Invocations to come.
pub(crate) struct Lambda {
    address: String,
}

#[derive(Clone)]
struct Invocations {
    event: Arc<str>,
    left: Arc<AtomicU64>,
}

impl Lambda {
    pub(crate) async fn start(event: Value, requests: u64) -> Self {
        let invocations =
            Invocations { event: event.to_string().into(), left: Arc::new(AtomicU64::new(requests)) };
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .with_state(invocations);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address }
    }

    /// Runs the function under callgrind until the end; gives the instructions that it took.
    pub(crate) async fn count(self, binary: &Path, env: HashMap<String, String>) -> u64 {
        let output = tokio::process::Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(binary)
            .env_clear()
            .envs(env)
            .env(
                "PATH",
                std::env::vars().find(|(name, _)| name == "PATH").map_or_else(String::new, |(_, path)| path),
            )
            .env("AWS_LAMBDA_RUNTIME_API", &self.address)
            .envs([("AWS_LAMBDA_FUNCTION_NAME", "microservices"), ("AWS_LAMBDA_FUNCTION_VERSION", "1")])
            .envs([("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"), ("AWS_LAMBDA_LOG_GROUP_NAME", "g")])
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "s")
            .output()
            .await
            .expect("valgrind is installed");
        let text = String::from_utf8_lossy(&output.stderr);
        let collected = text.lines().find_map(|line| line.split_once("Collected : "));
        collected.unwrap_or_else(|| unreachable!("no count in: {text}")).1.trim().parse().unwrap()
    }
}

async fn next(State(invocations): State<Invocations>) -> Response {
    let left =
        invocations.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    let Ok(left) = left else {
        // The function ends when the service is gone.
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("lambda-runtime-aws-request-id", left.to_string()),
        ("lambda-runtime-deadline-ms", "9999999999999".to_owned()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:f".to_owned(),
        ),
    ];
    (headers, invocations.event.to_string()).into_response()
}

async fn response(body: String) -> StatusCode {
    assert!(body.contains(r#""statusCode":200"#), "{body}");
    StatusCode::ACCEPTED
}
