//! A service as a workload (kirk-spec §6).

use std::collections::BTreeMap;

use super::{Desired, Port, Service, Shape};
use crate::domain::applied::Failure;
use crate::domain::container::{self, Container};
use crate::domain::digest::sha256_hex;
use crate::domain::mount::{ConfigMount, VolumeMount};
use crate::domain::name::{AppName, ConfigMapName, ProjectName, ServiceName, VolumeName};
use crate::domain::region::{Region, ResourceSpec};
use crate::domain::workload::{
    self, Controller, Env, EnvValue, Exposure, Group, Labels, Mount, Namespace, Pod, Reach, Resources,
    Rollout, ServicePort, StatefulSet, Volume, VolumeSource, Workload, label,
};

/// A longer name makes a StatefulSet whose pods' label `controller-revision-hash` (`<name>-<10 characters>`)
/// passes 63 characters, and no pod is ever created (kubernetes#64023).
const NAME_BYTES_MAX: usize = 52;
/// What is kept of a longer one, before `-` and eight digits of its hash.
const NAME_BYTES_KEPT: usize = 43;

/// The Deployment or StatefulSet: `<app>-<service>`, or its start and its hash where that is too long.
pub fn name(app: &AppName, service: &ServiceName) -> String {
    let full = address(app, service);
    match full.get(..NAME_BYTES_KEPT) {
        Some(start) if full.len() > NAME_BYTES_MAX => {
            format!("{}-{}", start.trim_end_matches('-'), short_hash(&full))
        }
        Some(_) | None => full,
    }
}

/// The Service that callers use: its DNS name is `<app>-<service>.<project>.svc`.
pub fn address(app: &AppName, service: &ServiceName) -> String {
    format!("{app}-{service}")
}

/// The headless Service of a StatefulSet. No [`address`] is equal: after an app's first `-` a service starts with a letter.
pub fn headless(app: &AppName, service: &ServiceName) -> String {
    format!("{app}--{service}")
}

/// The namespace of a project, of the same name.
pub fn namespace(project: &ProjectName) -> Namespace {
    let labels = [(label::MANAGED_BY, label::SLIPWAY), (label::PROJECT, project.as_str())];
    Namespace { name: project.to_string(), labels: owned(labels) }
}

impl Service {
    /// What the service wants in the region; `Err` names a resource spec that the region no longer offers.
    pub fn workload(&self, region: &Region) -> Result<Workload, Failure> {
        let namespace = namespace(&self.id.project);
        let mut selector = namespace.labels.clone();
        selector.remove(label::PROJECT);
        selector.extend(self.pod_selector());
        let groups = match self.desired {
            Desired::Started | Desired::Stopped => vec![self.group(&namespace, region)?],
            Desired::Deleted => Vec::new(),
        };
        Ok(Workload { owner: self.uid.clone(), namespace, selector, groups, reach: Reach::Anyone })
    }

    /// What selects its pods.
    pub fn pod_selector(&self) -> Labels {
        owned([(label::APP, self.id.app.as_str()), (label::SERVICE, self.id.service.as_str())])
    }

    fn group(&self, namespace: &Namespace, region: &Region) -> Result<Group, Failure> {
        let spec = &self.definition.resource_spec;
        let size = region.spec(spec).ok_or_else(|| Failure {
            generation: self.generation,
            reason: "ResourceSpecNotFound".to_owned(),
            message: format!("region {} does not offer the resource spec {spec}", region.id),
        })?;
        let (app, service) = (&self.id.app, &self.id.service);
        let mut labels = namespace.labels.clone();
        labels.extend(self.pod_selector());
        labels.insert(label::TYPE.to_owned(), self.shape.as_str().to_owned());
        let instances = self.shape.instances();
        let (revision, number) = (self.revision.get().to_string(), instances.to_string());
        let (controller, headless) = match self.shape {
            Shape::Stateless { .. } => (Controller::Deployment(Rollout::Quarters), None),
            Shape::Stateful => {
                let service_name = headless(app, service);
                let governing = self.exposed(service_name.clone(), Exposure::Headless);
                let set = StatefulSet { service_name, first: 0, min_ready_s: 0, claims: Vec::new() };
                (Controller::StatefulSet(set), Some(governing))
            }
        };
        let exposed = || self.exposed(address(app, service), Exposure::ClusterIp);
        let address = (!self.ports.is_empty()).then(exposed);
        Ok(Group {
            name: name(app, service),
            labels,
            selector: self.pod_selector(),
            annotations: owned([
                (label::REVISION, revision.as_str()),
                (label::INSTANCE_NUMBER, number.as_str()),
            ]),
            pod_annotations: Labels::new(),
            controller,
            replicas: match self.desired {
                Desired::Started => instances,
                Desired::Stopped | Desired::Deleted => 0,
            },
            pod: Pod {
                containers: self.definition.containers.iter().map(|each| in_pod(each, size)).collect(),
                volumes: volumes(&self.definition.containers),
                image_pull_secrets: region.image_pull_secrets.clone(),
                ..Pod::default()
            },
            services: headless.into_iter().chain(address).collect(),
            ingress: None,
            secret: None,
            claims: Vec::new(),
            has_disruption_budget: false,
        })
    }

    fn exposed(&self, name: String, exposure: Exposure) -> workload::Service {
        let port =
            |Port { port, protocol }: &Port| ServicePort { port: *port, target: *port, protocol: *protocol };
        workload::Service { name, exposure, ports: self.ports.iter().map(port).collect() }
    }
}

/// Each container gets the whole size: the source's table is one of containers (kirk-spec D31). Ports are not listed: that
/// would be a comment, and a restart at each change of them.
fn in_pod(container: &Container, size: &ResourceSpec) -> workload::Container {
    let cpu = size.cpu.get().saturating_mul(1000);
    workload::Container {
        name: container.name.to_string(),
        image: container.image.to_string(),
        command: container.command.clone(),
        args: container.args.clone(),
        working_dir: container.working_dir.as_ref().map(ToString::to_string),
        env: container.envs.iter().map(env).collect(),
        resources: Resources { cpu_request: cpu, cpu_limit: cpu, memory: u64::from(size.memory.get()) << 20 },
        mounts: mounts(container),
        readiness: None,
    }
}

fn env(env: &container::Env) -> Env {
    let value = match &env.value {
        container::EnvValue::Literal(text) => EnvValue::Literal(text.clone()),
        container::EnvValue::ConfigMap(reference) => {
            EnvValue::ConfigMap { map: reference.map.to_string(), key: reference.key.to_string() }
        }
    };
    Env { name: env.name.to_string(), value }
}

/// One volume for each config map and claim, in the order in which the containers first name them.
fn volumes(containers: &[Container]) -> Vec<Volume> {
    let mut volumes: Vec<Volume> = Vec::new();
    let mentioned = containers.iter().flat_map(|container| {
        let claims = container.volume_mounts.iter().map(|VolumeMount { volume_name, .. }| Volume {
            name: claim_volume(volume_name),
            source: VolumeSource::Claim(volume_name.to_string()),
        });
        claims.chain(container.configs.iter().map(|ConfigMount { config_map_name, .. }| Volume {
            name: config_volume(config_map_name),
            source: VolumeSource::ConfigMap(config_map_name.to_string()),
        }))
    });
    for volume in mentioned {
        if !volumes.contains(&volume) {
            volumes.push(volume);
        }
    }
    volumes
}

/// Read-only at the mount and not at the claim, where it would bind the other mounts of it too.
fn mounts(container: &Container) -> Vec<Mount> {
    let claims =
        container.volume_mounts.iter().map(|VolumeMount { volume_name, read_only, mount_path }| Mount {
            volume: claim_volume(volume_name),
            path: mount_path.to_string(),
            sub_path: None,
            is_read_only: *read_only,
        });
    let configs = container.configs.iter().map(|ConfigMount { config_map_name, mount_path }| Mount {
        volume: config_volume(config_map_name),
        path: mount_path.to_string(),
        sub_path: None,
        is_read_only: true,
    });
    claims.chain(configs).collect()
}

/// A claim's own name may be a character too long for a volume's.
fn claim_volume(name: &VolumeName) -> String {
    format!("vol-{}", short_hash(name.as_str()))
}

fn config_volume(name: &ConfigMapName) -> String {
    format!("cm-{}", short_hash(name.as_str()))
}

/// Eight hexadecimal digits that stand for a text where the text itself would be too long.
fn short_hash(text: &str) -> String {
    sha256_hex(text, 4)
}

fn owned<const N: usize>(pairs: [(&str, &str); N]) -> Labels {
    BTreeMap::from(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())))
}
