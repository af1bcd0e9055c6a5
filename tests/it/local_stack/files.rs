//! What a stack tells others: `endpoints.json` and `env`; and back ends and functions that are elsewhere.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::Duration;

use axum::ServiceExt;
use axum::extract::Request;
use common::http::{Auth, OpenAccess};
use common::runtime::{Settings, variable};
use local::backends::{DynamoDb, Sqs};
use serde_json::json;

use super::{api, endpoints_file, env_file, shared_kubeconfig, start};
use crate::support::{Api, Project, stateless};

/// The names in common's list of variables, as the list grows.
fn variables() -> BTreeSet<String> {
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/../common/src/runtime/variable.rs");
    let list = std::fs::read_to_string(list).unwrap();
    let names: BTreeSet<_> = list
        .lines()
        .filter(|line| line.starts_with("pub const "))
        .map(|line| line.split('"').nth(1).unwrap().to_owned())
        .collect();
    assert!(names.contains(variable::TABLE) && names.len() >= 8, "{names:?}");
    names
}

/// The settings as a function reads them. Open access is a word that release builds do not know.
fn settings(env: &HashMap<String, String>) -> Settings {
    let mut env = env.clone();
    assert_eq!(env.remove(variable::AUTH).as_deref(), Some("open"));
    Settings { auth: Auth::Open(OpenAccess::default()), ..Settings::read(&env).unwrap() }
}

/// The functions, served by this test.
async fn serve(settings: &Settings) -> Api {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = Api::new(format!("http://{}", listener.local_addr().unwrap()));
    let service = local::routes().into_service(settings.context().unwrap());
    let served = axum::serve(listener, ServiceExt::<Request>::into_make_service(service));
    tokio::spawn(served.into_future());
    api
}

#[tokio::test]
async fn endpoints_json_says_where_everything_is() {
    let folder = tempfile::tempdir().unwrap();
    let stack = start(folder.path(), &["--region", "xq", "--region", "nb"]).await;
    let file = endpoints_file(folder.path());
    let told = |name: &str| file[name].as_str().unwrap_or_else(|| panic!("{name} in {file}")).to_owned();
    assert_eq!(
        file,
        json!({
            "api": stack.endpoints().api, "region": "xq", "project": "demo",
            "registry": stack.endpoints().registry, "registry_public_key": null,
            "dynamodb": stack.endpoints().dynamodb, "sqs": stack.endpoints().sqs,
            "kubeconfig": shared_kubeconfig(), "kubectl": null, "admin_token": null,
            "pid": std::process::id(),
        })
    );
    for name in ["api", "dynamodb", "sqs"] {
        let url = told(name);
        assert!(url.starts_with("http://127.0.0.1:") && !url.ends_with('/'), "{name}: {url}");
    }
    let health = Api::new(told("api")).get("/healthz").await.ok();
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    let demo = api(&stack).get("/regions/xq/v1/projects/demo").await.ok();
    assert_eq!(demo["name"], "demo");
    api(&stack).get("/regions/nb/v1/projects/demo").await.refused(404, "SpaceNotFound");
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn env_has_all_that_the_functions_need() {
    let folder = tempfile::tempdir().unwrap();
    let stack = start(folder.path(), &["--rate-limit", "7"]).await;
    let env = env_file(folder.path());
    let mut expected = variables();
    for unset in [
        variable::PROTECTED_APPS,
        variable::REGISTRY_KEY,
        variable::REGISTRY_PASSWORD,
        variable::REGISTRY_USER,
        variable::SECRETS_MANAGER_URL,
        variable::SSO_CLIENT_ID,
        variable::SSO_CLIENT_SECRET,
        variable::SSO_URL,
        variable::WEBHOOK_SCHEDULE,
    ] {
        assert!(expected.remove(unset), "{unset}");
    }
    expected.extend(["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(str::to_owned));
    assert_eq!(env.keys().cloned().collect::<BTreeSet<_>>(), expected);

    let read = settings(&env);
    assert_eq!(read.dynamodb_url.as_deref(), Some(stack.endpoints().dynamodb.as_str()));
    assert_eq!(read.sqs_url.as_deref(), Some(stack.endpoints().sqs.as_str()));
    assert_eq!(read.rate_limit.map(std::num::NonZeroU32::get), Some(7));
    assert!(Path::new(&env[variable::REGIONS]).is_absolute(), "a function may run anywhere");
    assert_eq!(read.regions.first().kubeconfig.as_deref(), shared_kubeconfig().to_str());
    let demo = common::domain::subject::ProjectId {
        region: "local".parse().unwrap(),
        project: "demo".parse().unwrap(),
    };
    assert!(read.context().unwrap().store.project(&demo).await.unwrap().is_some());
    stack.stop().await.unwrap();
}

/// As `cargo lambda watch` does it.
#[tokio::test]
async fn without_the_api_functions_elsewhere_work_by_env_alone() {
    let folder = tempfile::tempdir().unwrap();
    let stack = start(folder.path(), &["--no-api"]).await;
    assert_eq!(stack.endpoints().api, None);
    assert!(endpoints_file(folder.path())["api"].is_null());

    let project = Project::create(serve(&settings(&env_file(folder.path()))).await, "local").await;
    project.app("shop", &[stateless("web", &json!({}))]).await;
    project.reaches("shop", "web", "running").await;
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn other_back_ends_are_used_and_keep_what_is_theirs() {
    let dynamodb = DynamoDb::start(None, None).await.unwrap();
    let sqs = Sqs::start("us-east-1", None).await.unwrap();
    let elsewhere = ["--dynamodb-url", dynamodb.url(), "--sqs-url", sqs.url()];
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());

    let stack = start(one.path(), &elsewhere).await;
    assert_eq!(stack.endpoints().dynamodb, dynamodb.url());
    assert_eq!(stack.endpoints().sqs, sqs.url());
    let env = env_file(one.path());
    assert_eq!((&*env[variable::DYNAMODB_URL], &*env[variable::SQS_URL]), (dynamodb.url(), sqs.url()));
    let project = Project::create(api(&stack), "local").await;
    project.app("shop", &[stateless("web", &json!({}))]).await;
    project.reaches("shop", "web", "running").await;
    stack.stop().await.unwrap();
    assert!(!one.path().join("tables.sqlite").exists());

    let stack = start(two.path(), &elsewhere).await;
    let project = Project { api: api(&stack), ..project };
    project.reaches("shop", "web", "running").await;
    stack.stop().await.unwrap();
}

/// The queue is in memory only: what it held must not wait until the sweeper comes to it.
#[tokio::test]
async fn what_was_accepted_while_no_worker_ran_is_done_at_the_next_start() {
    let dynamodb = DynamoDb::start(None, None).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = ["--dynamodb-url", dynamodb.url()];
    let stack = start(folder.path(), &elsewhere).await;
    let settings = settings(&env_file(folder.path()));
    stack.stop().await.unwrap();
    let project = Project::create(serve(&settings).await, "local").await;
    project.app("shop", &[stateless("web", &json!({}))]).await;

    let stack = start(folder.path(), &elsewhere).await;
    let started = std::time::Instant::now();
    let project = Project { api: api(&stack), ..project };
    project.reaches("shop", "web", "running").await;
    assert!(started.elapsed() < Duration::from_secs(40), "the sweeper would have done it too");
    stack.stop().await.unwrap();
}
