//! How the SDKs reach AWS, or what stands in for it. Nothing is looked up: the environment says all.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, SharedHttpClient, StalledStreamProtectionConfig};
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};

use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::domain::{Error, Result};

/// The only authorities that AWS's own endpoints use: reading a machine's native store would cost
/// hundreds of file operations at each cold start.
const AMAZON_ROOTS: &str = include_str!("aws/roots.pem");

/// Longer than the pause between two requests to a frozen Lambda.
const IDLE_CONNECTION: Duration = Duration::from_mins(10);

/// What all clients need.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The AWS region.
    pub region: String,
    /// Whom the calls are signed as.
    pub credentials: Credentials,
    /// One pool of connections for all.
    pub http: SharedHttpClient,
}

impl Connection {
    /// A connection as this identity.
    pub fn new(region: String, credentials: Credentials) -> Result<Self> {
        let roots = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS.as_bytes());
        let tls = TlsContext::builder().with_trust_store(roots).build();
        let tls = tls.map_err(|error| Error::internal("read the trusted roots", error))?;
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(tls)
            .pool_idle_timeout(IDLE_CONNECTION)
            .build_https();
        Ok(Self { region, credentials, http })
    }

    /// What the client of a service is made of; `endpoint` where it is not AWS's own.
    pub fn sdk_config(&self, endpoint: Option<&str>) -> SdkConfig {
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(self.credentials.clone()))
            .http_client(self.http.clone())
            .retry_config(retries())
            .timeout_config(timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_endpoint_url(endpoint.map(str::to_owned));
        config.build()
    }
}

/// The one retry layer: two tries, so that a connection that went stale costs no error.
fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(50))
}

/// The deadlines of a call whose answer comes at once.
pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(7))
        .build()
}
