//! The stack: back ends, cluster, API and event sources, started in their order and stopped in the other.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use axum::ServiceExt;
use axum::extract::Request;
use common::http::{Auth, OpenAccess, Routes};
use common::queue::QueueSpec;
use common::runtime::{Settings, variable};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::backends::{DynamoDb, Sqs};
use crate::cluster::{ControlPlane, Options, Programs};
use crate::endpoints::{Endpoints, env_file};
use crate::error::{Error, Result};
use crate::flags::Flags;
use crate::folder::Folder;
use crate::jobs::Jobs;
use crate::poller::Pace;
use crate::regions;

/// The project that the first region has from the start.
const PROJECT: &str = "demo";
const TABLE: &str = "slipway";
const QUEUE: &str = "slipway-doorbells";
/// What the emulators take any of.
const ACCOUNT: [(&str, &str); 3] =
    [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local")];
const WORKER_TIMEOUT: Duration = Duration::from_secs(20);
/// Quicker than on AWS, where a schedule's shortest period is a minute: nobody pays for it here.
const SWEEP: Duration = Duration::from_secs(10);
const OBSERVE: Duration = Duration::from_secs(5);

/// A stack that runs.
pub struct Stack {
    endpoints: Endpoints,
    jobs: Jobs,
    api: Option<Api>,
    cluster: Option<ControlPlane>,
    dynamodb: Option<DynamoDb>,
    sqs: Option<Sqs>,
    folder: Folder,
}

/// The HTTP API that is served here.
struct Api {
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Stack {
    /// Starts all of it, and waits until it serves. `progress` hears what takes long.
    pub async fn start(flags: Flags, progress: &(dyn Fn(&str) + Sync)) -> Result<Self> {
        if !flags.listen.ip().is_loopback() {
            return Err(Error::NotLoopback(flags.listen));
        }
        let listener = if flags.no_api { None } else { Some(listen(&flags).await?) };
        let folder = Folder::take(flags.data.as_deref(), flags.ephemeral)?;
        let (dynamodb, sqs) = start_backends(&flags, &folder).await?;
        let cluster = start_cluster(&flags, &folder, progress).await?;

        let worker_kubeconfig = cluster.as_ref().map(ControlPlane::worker_kubeconfig);
        let shared = worker_kubeconfig.or(flags.kubeconfig.as_deref());
        let regions = regions::regions(&flags, shared)?;
        let region = regions[0].id.to_string();
        let regions =
            serde_json::to_string_pretty(&regions).map_err(|error| Error::Regions(error.to_string()))?;
        let mut env = environment(&flags, &folder.write("regions.json", &regions)?);
        let urls = (dynamodb.as_ref().map(DynamoDb::url), sqs.as_ref().map(Sqs::url));
        set_url(&mut env, variable::DYNAMODB_URL, urls.0.or(flags.dynamodb_url.as_deref()));
        set_url(&mut env, variable::SQS_URL, urls.1.or(flags.sqs_url.as_deref()));
        let settings = prepare(&flags, &mut env).await?;
        folder.write("env", &env_file(&env))?;

        let context = settings.context()?;
        let service = routes().into_service(context.clone());
        make_project(service.clone(), &region).await?;
        let jobs =
            Jobs::start(&settings, Pace { worker_timeout: WORKER_TIMEOUT, sweep: SWEEP, observe: OBSERVE })?;
        let mut address = None;
        let api = match listener {
            None => None,
            Some(listener) => {
                address = Some(
                    listener
                        .local_addr()
                        .map_err(|source| Error::Listen { address: flags.listen, source })?,
                );
                let (stop, stopped) = oneshot::channel::<()>();
                let served = axum::serve(listener, ServiceExt::<Request>::into_make_service(service));
                let served = served.with_graceful_shutdown(async { drop(stopped.await) });
                Some(Api { stop, task: tokio::spawn(served.into_future()) })
            }
        };
        let endpoints = Endpoints {
            api: address.map(|address| format!("http://{address}")),
            region,
            project: PROJECT,
            registry: None,
            dynamodb: env.get(variable::DYNAMODB_URL).cloned().unwrap_or_default(),
            sqs: env.get(variable::SQS_URL).cloned().unwrap_or_default(),
            kubeconfig: cluster
                .as_ref()
                .map(|c| c.admin_kubeconfig().to_owned())
                .or(flags.kubeconfig.clone()),
            kubectl: cluster.as_ref().map(|cluster| cluster.kubectl().to_owned()),
            admin_token: None,
            pid: std::process::id(),
        };
        let text = serde_json::to_string_pretty(&endpoints).unwrap_or_default();
        folder.write("endpoints.json", &text)?;
        Ok(Self { endpoints, jobs, api, cluster, dynamodb, sqs, folder })
    }

    /// Where everything is.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The folder that holds it all.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until a part ends that should not, and says which; for ever if all is well.
    pub async fn died(&mut self) -> Error {
        let cluster = async {
            match &mut self.cluster {
                Some(cluster) => Error::Cluster(cluster.died().await),
                None => std::future::pending().await,
            }
        };
        let api = async {
            match &mut self.api {
                Some(api) => {
                    let _how = (&mut api.task).await;
                    Error::Ended("the HTTP API")
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            error = cluster => error,
            error = api => error,
            () = self.jobs.ended() => Error::Ended("the worker"),
        }
    }

    /// Stops everything that was started.
    pub async fn stop(self) -> Result<()> {
        if let Some(Api { stop, task }) = self.api {
            let _receiver_may_be_gone = stop.send(());
            // Connections that are kept alive do not hold up the exit.
            let _late = tokio::time::timeout(Duration::from_secs(1), task).await;
        }
        self.jobs.stop().await;
        if let Some(cluster) = self.cluster {
            cluster.stop().await;
        }
        if let Some(sqs) = self.sqs {
            sqs.stop().await;
        }
        if let Some(dynamodb) = self.dynamodb {
            dynamodb.stop().await?;
        }
        self.folder.leave()
    }
}

/// The routes of all functions, side by side.
pub fn routes() -> Routes {
    Routes::default()
        .merge(resourcespecs::routes())
        .merge(projects::routes())
        .merge(microservices::routes())
        .merge(revisions::routes())
}

async fn listen(flags: &Flags) -> Result<TcpListener> {
    let address = flags.listen;
    TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })
}

async fn start_backends(flags: &Flags, folder: &Folder) -> Result<(Option<DynamoDb>, Option<Sqs>)> {
    let dynamodb = match flags.dynamodb_url {
        None => Some(DynamoDb::start(Some(&folder.path().join("tables.sqlite")), None).await?),
        Some(_) => None,
    };
    let sqs = match flags.sqs_url {
        None => Some(Sqs::start(ACCOUNT[0].1, None).await?),
        Some(_) => None,
    };
    Ok((dynamodb, sqs))
}

async fn start_cluster(
    flags: &Flags,
    folder: &Folder,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Option<ControlPlane>> {
    if !regions::need_development_cluster(flags)? {
        return Ok(None);
    }
    let options = Options {
        data: folder.path().join("cluster"),
        logs: folder.path().join("logs"),
        ephemeral: flags.ephemeral,
        programs: Programs::prepare(progress).await?,
    };
    Ok(Some(ControlPlane::start(options).await?))
}

/// The functions' environment. Where a back end is not ours, it takes the account of the process's own environment.
fn environment(flags: &Flags, regions: &Path) -> BTreeMap<String, String> {
    let mut env: BTreeMap<String, String> =
        ACCOUNT.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    if flags.dynamodb_url.is_some() || flags.sqs_url.is_some() {
        let ours = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
        env.extend(std::env::vars().filter(|(name, _)| ours.contains(&name.as_str())));
    }
    let mut set = |name: &str, value: String| env.insert(name.to_owned(), value);
    set(variable::TABLE, TABLE.to_owned());
    set(variable::REGIONS, regions.display().to_string());
    set(variable::AUTH, "open".to_owned());
    set(variable::WORKER_TIMEOUT_S, WORKER_TIMEOUT.as_secs().to_string());
    if let Some(limit) = flags.rate_limit {
        set(variable::RATE_LIMIT, limit.to_string());
    }
    env
}

fn set_url(env: &mut BTreeMap<String, String>, name: &str, url: Option<&str>) {
    if let Some(url) = url {
        env.insert(name.to_owned(), url.to_owned());
    }
}

/// Makes the table and the queue, and reads the settings as the functions do.
async fn prepare(flags: &Flags, env: &mut BTreeMap<String, String>) -> Result<Settings> {
    env.insert(variable::QUEUE_URL.to_owned(), "to be made".to_owned());
    let read = |env: &BTreeMap<String, String>| {
        // Open access is not among what the environment of a release build may say, and here it is asked for.
        let env = env.iter().filter(|(name, _)| *name != variable::AUTH);
        Settings::read(&env.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    let context = read(env)?.context()?;
    context.store.create_table().await?;
    let spec = QueueSpec { name: QUEUE.to_owned(), visibility: WORKER_TIMEOUT, receives_max: 5 };
    let queue = context.queue.create(&spec).await?;
    env.insert(variable::QUEUE_URL.to_owned(), queue.url().to_owned());
    Ok(Settings { auth: Auth::Open(OpenAccess::new(&flags.allow_host)), ..read(env)? })
}

/// Asks for the first project as anybody would.
async fn make_project<S>(service: S, region: &str) -> Result<()>
where
    S: tower::Service<Request, Response = axum::response::Response, Error = std::convert::Infallible>,
{
    let request =
        Request::put(format!("/regions/{region}/v1/projects/{PROJECT}")).header("host", "localhost");
    let request = request.body(axum::body::Body::empty()).map_err(|_| Error::Ended("the first request"))?;
    let response = match tower::ServiceExt::oneshot(service, request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    // In maintenance a project of an earlier start may be there or not: nothing is to be changed.
    match response.status().as_u16() {
        200 | 503 => Ok(()),
        status => Err(Error::Project { project: PROJECT, status }),
    }
}
