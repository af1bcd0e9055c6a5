//! Domain values to the answers of the microservice API (kirk-spec 2.4 to 2.6).

use serde::Serialize;

use crate::domain::container::Container;
use crate::domain::project::Project;
use crate::domain::region::{Region, ResourceSpec};
use crate::domain::revision::Revision;
use crate::domain::service::{Port, Service};
use crate::domain::status::{self, Observation, Pod, Status};
use crate::domain::subject::ProjectId;
use crate::domain::{Error, Result, Timestamp};
use crate::http::answer::Answer;
use crate::store::{ReadService, Tree};

/// The most that a list may have with pods in it: a Lambda's answer may be 6 MB (kirk-spec §9).
const LIST_BYTES_MAX: usize = 5 * 1024 * 1024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AppJson<'a> {
    name: &'a str,
    project_name: &'a str,
    creation_time: Timestamp,
    microservices: Vec<ServiceJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceJson<'a> {
    name: &'a str,
    app_name: &'a str,
    project_name: &'a str,
    r#type: &'static str,
    resource_spec: &'a str,
    instance_number: u32,
    ports: &'a [Port],
    containers: &'a [Container],
    status: Status,
    pods: &'a [Pod],
    creation_time: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RevisionJson<'a> {
    revision: u64,
    resource_spec: &'a str,
    containers: &'a [Container],
    creation_timestamp: Timestamp,
}

/// `memory` is what the vendor's SDK reads, `meomory` what the source document prints (line 99, D1).
#[derive(Serialize)]
struct ResourceSpecJson<'a> {
    name: &'a str,
    cpu: u32,
    memory: u32,
    meomory: u32,
    desc: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProjectJson<'a> {
    name: &'a str,
    creation_time: Timestamp,
}

#[derive(Serialize)]
struct RegionJson<'a> {
    id: &'a str,
    description: &'a str,
}

/// A service.
pub fn service(service: &Service, observation: Option<&Observation>) -> Result<Answer> {
    to_answer(&service_json(service, observation))
}

/// An app with its services.
pub fn app(project: &ProjectId, tree: &Tree) -> Result<Answer> {
    to_answer(&app_json(project, tree))
}

/// Apps with their services; without their pods if that would be too much.
pub fn apps(project: &ProjectId, trees: &[Tree]) -> Result<Answer> {
    let mut list: Vec<_> = trees.iter().map(|tree| app_json(project, tree)).collect();
    shortened(&mut list, |app| app.microservices.iter_mut().for_each(without_pods))
}

/// Services; without their pods if that would be too much.
pub fn services(services: &[ReadService]) -> Result<Answer> {
    let mut list: Vec<_> = services.iter().map(read_service_json).collect();
    shortened(&mut list, without_pods)
}

/// Revisions, in the order given.
pub fn revisions(revisions: &[Revision]) -> Result<Answer> {
    fn json(revision: &Revision) -> RevisionJson<'_> {
        RevisionJson {
            revision: revision.number.get(),
            resource_spec: revision.definition.resource_spec.as_str(),
            containers: &revision.definition.containers,
            creation_timestamp: revision.created,
        }
    }
    to_answer(&revisions.iter().map(json).collect::<Vec<_>>())
}

/// A region's sizes of containers.
pub fn resource_specs(specs: &[ResourceSpec]) -> Result<Answer> {
    fn json(spec: &ResourceSpec) -> ResourceSpecJson<'_> {
        let memory = spec.memory.get();
        ResourceSpecJson {
            name: spec.name.as_str(),
            cpu: spec.cpu.get(),
            memory,
            meomory: memory,
            desc: &spec.desc,
        }
    }
    to_answer(&specs.iter().map(json).collect::<Vec<_>>())
}

/// A project.
pub fn project(project: &Project) -> Result<Answer> {
    to_answer(&project_json(project))
}

/// Projects, in the order given.
pub fn projects(projects: &[Project]) -> Result<Answer> {
    to_answer(&projects.iter().map(project_json).collect::<Vec<_>>())
}

/// Regions, in the order of their configuration.
pub fn regions<'a>(regions: impl Iterator<Item = &'a Region>) -> Result<Answer> {
    let json = |region: &'a Region| RegionJson { id: region.id.as_str(), description: &region.description };
    to_answer(&regions.map(json).collect::<Vec<_>>())
}

fn app_json<'a>(project: &'a ProjectId, tree: &'a Tree) -> AppJson<'a> {
    AppJson {
        name: tree.app.name.as_str(),
        project_name: project.project.as_str(),
        creation_time: tree.app.created,
        microservices: tree.services.iter().map(read_service_json).collect(),
    }
}

fn read_service_json(read: &ReadService) -> ServiceJson<'_> {
    service_json(&read.service, read.observation.as_ref())
}

fn service_json<'a>(service: &'a Service, observation: Option<&'a Observation>) -> ServiceJson<'a> {
    ServiceJson {
        name: service.id.service.as_str(),
        app_name: service.id.app.as_str(),
        project_name: service.id.project.as_str(),
        r#type: service.shape.as_str(),
        resource_spec: service.definition.resource_spec.as_str(),
        instance_number: service.shape.instances(),
        ports: &service.ports,
        containers: &service.definition.containers,
        status: Status::of(service, observation),
        pods: status::pods(observation),
        creation_time: service.created,
    }
}

fn project_json(project: &Project) -> ProjectJson<'_> {
    ProjectJson { name: project.name.as_str(), creation_time: project.created }
}

fn without_pods(service: &mut ServiceJson<'_>) {
    service.pods = &[];
}

fn shortened<T: Serialize>(list: &mut [T], shorten: impl FnMut(&mut T)) -> Result<Answer> {
    let whole = to_text(&list)?;
    if whole.len() <= LIST_BYTES_MAX {
        return Ok(Answer::Json(whole));
    }
    list.iter_mut().for_each(shorten);
    Ok(Answer::JsonWithoutPods(to_text(&list)?))
}

fn to_answer(value: &impl Serialize) -> Result<Answer> {
    to_text(value).map(Answer::Json)
}

fn to_text(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::internal("write an answer", error))
}
