//! Workloads: what a subject wants in a cluster, whatever the dialect it came by.

use super::applied::Failure;
use super::container::Container;
use super::name::Uid;
use super::region::{Region, ResourceSpec};
use super::service::{Desired, Port, Service, Shape};
use super::subject::ServiceId;

/// What is to be in the cluster for one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Whose it is.
    pub id: ServiceId,
    /// Which life of that name.
    pub uid: Uid,
    /// The revision of `containers`.
    pub revision: u64,
    /// How its pods are kept.
    pub controller: Controller,
    /// How many instances there are while it runs.
    pub instances: u32,
    /// How many there are to be now: none while it is stopped.
    pub replicas: u32,
    /// What runs in each pod.
    pub containers: Vec<Container>,
    /// The size of each container.
    pub size: ResourceSpec,
    /// What it exposes inside the cluster.
    pub ports: Vec<Port>,
    /// Names of the secrets by which nodes pull its images.
    pub image_pull_secrets: Vec<String>,
}

/// What keeps a workload's pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controller {
    /// Pods that can replace each other.
    Deployment,
    /// A pod that keeps its name.
    StatefulSet,
}

impl From<Shape> for Controller {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Stateless { .. } => Self::Deployment,
            Shape::Stateful => Self::StatefulSet,
        }
    }
}

impl Workload {
    /// What the service wants in the region; `Err` names a resource spec that the region no longer offers.
    pub fn of(service: &Service, region: &Region) -> Result<Self, Failure> {
        let name = &service.definition.resource_spec;
        let size = region.spec(name).cloned().ok_or_else(|| Failure {
            generation: service.generation,
            reason: "ResourceSpecNotFound".to_owned(),
            message: format!("region {} does not offer the resource spec {name}", region.id),
        })?;
        let instances = service.shape.instances();
        Ok(Self {
            id: service.id.clone(),
            uid: service.uid.clone(),
            revision: service.revision.get(),
            controller: service.shape.into(),
            instances,
            replicas: match service.desired {
                Desired::Started => instances,
                Desired::Stopped | Desired::Deleted => 0,
            },
            containers: service.definition.containers.clone(),
            size,
            ports: service.ports.clone(),
            image_pull_secrets: region.image_pull_secrets.clone(),
        })
    }
}
