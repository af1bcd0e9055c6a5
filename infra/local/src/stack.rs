//! The stack: back ends, cluster, API and event sources, started in their order and stopped in the other.

mod api;
mod back_ends;
mod environment;
mod images;

use std::path::Path;
use std::time::Duration;

use common::http::{Auth, Context, OpenAccess, Routes};
use common::runtime::Settings;

use self::api::Api;
use self::back_ends::BackEnds;
use self::environment::AWS_REGION;
use self::images::Images;
use crate::cluster::{ControlPlane, Options, Programs};
use crate::endpoints::Endpoints;
use crate::error::{Error, Result};
use crate::flags::Flags;
use crate::folder::Folder;
use crate::jobs::Jobs;
use crate::poller::Pace;
use crate::regions;

/// The project that the first region has from the start.
const PROJECT: &str = "demo";
/// Quicker than on AWS, where a schedule's shortest period is a minute: nobody pays for it here.
const PACE: Pace = Pace { sweep: Duration::from_secs(10), observe: Duration::from_secs(5) };

/// A stack that runs.
pub struct Stack {
    endpoints: Endpoints,
    jobs: Jobs,
    api: Option<Api>,
    cluster: Option<ControlPlane>,
    images: Images,
    back_ends: BackEnds,
    folder: Folder,
}

impl Stack {
    /// Starts all of it, and waits until it serves. `progress` hears what takes long.
    pub async fn start(flags: Flags, progress: &(dyn Fn(&str) + Sync)) -> Result<Self> {
        let flags = regions::with_kubeconfig_found(flags)?;
        let listener = api::listen(&flags).await?;
        let folder = Folder::take(flags.data.as_deref(), flags.ephemeral)?;
        let back_ends = BackEnds::start(&flags, &folder, AWS_REGION).await?;
        let cluster = start_cluster(&flags, &folder, progress).await?;
        folder.make("secrets")?;
        let url = api::url(&flags, listener.as_ref())?;
        let images = Images::start(&flags, &folder, &url, progress).await?;

        let worker_kubeconfig = cluster.as_ref().map(ControlPlane::worker_kubeconfig);
        let regions = regions::regions(&flags, worker_kubeconfig.or(flags.kubeconfig.as_deref()))?;
        let region = regions[0].id.to_string();
        let settings = environment::prepare(&flags, &folder, &regions, &back_ends, &images).await?;

        let context = settings.context()?;
        // In maintenance a project of an earlier start may be there or not: nothing is to be changed.
        if regions[0].enabled {
            // Our own request is not counted against a caller's rate.
            let auth = Auth::Open(OpenAccess::default());
            let first = routes().into_service(Context { rate: None, auth, ..context.clone() });
            api::make_project(first, &region, PROJECT).await?;
        }
        let service = routes().into_service(context);
        let jobs = Jobs::start(&settings, PACE)?;
        let api = listener.map(|listener| Api::serve(listener, service)).transpose()?;

        let endpoints = endpoints(&flags, region, &settings, api.as_ref(), cluster.as_ref(), &images);
        folder.write("endpoints.json", &endpoints.file())?;
        Ok(Self { endpoints, jobs, api, cluster, images, back_ends, folder })
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
                Some(cluster) => cluster.died().await,
                None => std::future::pending().await,
            }
        };
        let api = async {
            match &mut self.api {
                Some(api) => api.ended().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            error = cluster => Error::Cluster(error),
            error = self.images.died() => error,
            () = api => Error::Ended("the HTTP API"),
            () = self.jobs.ended() => Error::Ended("the worker"),
        }
    }

    /// Stops everything that was started.
    pub async fn stop(self) -> Result<()> {
        if let Some(api) = self.api {
            api.stop().await;
        }
        self.jobs.stop().await;
        if let Some(cluster) = self.cluster {
            cluster.stop().await;
        }
        self.images.stop().await;
        self.back_ends.stop().await?;
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
        .merge(repos::routes())
        .merge(apps::routes())
        .merge(procs::routes())
        .merge(resources::routes())
        .merge(notify::routes())
}

/// The development control plane, where some region has no other cluster.
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

fn endpoints(
    flags: &Flags,
    region: String,
    settings: &Settings,
    api: Option<&Api>,
    cluster: Option<&ControlPlane>,
    images: &Images,
) -> Endpoints {
    let admin_kubeconfig = cluster.map(|cluster| cluster.admin_kubeconfig().to_owned());
    Endpoints {
        api: api.map(|api| api.url().to_owned()),
        region,
        project: PROJECT,
        registry: images.address.clone(),
        registry_public_key: images.tokens.as_ref().map(|tokens| tokens.public_key.clone()),
        dynamodb: settings.dynamodb_url.clone().unwrap_or_default(),
        sqs: settings.sqs_url.clone().unwrap_or_default(),
        kubeconfig: admin_kubeconfig.or_else(|| flags.kubeconfig.clone()),
        kubectl: cluster.map(|cluster| cluster.kubectl().to_owned()),
        admin_token: None,
        pid: std::process::id(),
    }
}
