//! AWS Secrets Manager: the emulator `rustack` on a loopback port, and the SDK to fill it.

use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Region};
use aws_sdk_secretsmanager::primitives::Blob;
use common::aws::Connection;
use common::secrets::{Manager, Secrets};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use rustack_secretsmanager_core::config::SecretsManagerConfig;
use rustack_secretsmanager_core::handler::RustackSecretsManagerHandler;
use rustack_secretsmanager_core::provider::RustackSecretsManager;
use rustack_secretsmanager_http::service::{SecretsManagerHttpConfig, SecretsManagerHttpService};
use tokio::net::TcpListener;

/// A Secrets Manager that serves until the test ends.
pub(crate) struct SecretsManager {
    client: Client,
    connection: Connection,
    url: String,
}

impl SecretsManager {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let secrets = Arc::new(RustackSecretsManager::new(SecretsManagerConfig::default()));
        let handler = Arc::new(RustackSecretsManagerHandler::new(secrets));
        let service = SecretsManagerHttpService::new(handler, SecretsManagerHttpConfig::default());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone());
                tokio::spawn(serving);
            }
        });
        let credentials = Credentials::from_keys("local", "local", None);
        let connection = Connection::new("us-east-1".to_owned(), credentials).unwrap();
        let config = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(connection.credentials.clone())
            .http_client(connection.http.clone())
            .endpoint_url(&url)
            .build();
        Self { client: Client::from_conf(config), connection, url }
    }

    /// As the functions see it.
    pub(crate) fn secrets(&self) -> Secrets {
        Secrets::Manager(Manager::new(&self.connection, Some(&self.url)))
    }

    pub(crate) async fn create(&self, name: &str, text: &str) {
        self.client.create_secret().name(name).secret_string(text).send().await.unwrap();
    }

    pub(crate) async fn create_binary(&self, name: &str, bytes: &[u8]) {
        self.client.create_secret().name(name).secret_binary(Blob::new(bytes)).send().await.unwrap();
    }

    pub(crate) async fn delete(&self, name: &str) {
        self.client.delete_secret().secret_id(name).send().await.unwrap();
    }
}
