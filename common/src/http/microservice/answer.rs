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
use crate::http::answer::{Answer, LIST_BYTES_MAX};
use crate::store::{ReadService, Tree};

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

/// An app with its services; without their pods if that would be too much.
pub fn app(project: &ProjectId, tree: &Tree) -> Result<Answer> {
    shortened(app_json(project, tree), |app| app.microservices.iter_mut().for_each(without_pods))
}

/// Apps with their services; without their pods if that would be too much.
pub fn apps(project: &ProjectId, trees: &[Tree]) -> Result<Answer> {
    let list: Vec<_> = trees.iter().map(|tree| app_json(project, tree)).collect();
    shortened(list, |list| list.iter_mut().flat_map(|app| &mut app.microservices).for_each(without_pods))
}

/// Services; without their pods if that would be too much.
pub fn services(services: &[ReadService]) -> Result<Answer> {
    let list: Vec<_> = services.iter().map(read_service_json).collect();
    shortened(list, |list| list.iter_mut().for_each(without_pods))
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

fn shortened<T: Serialize>(mut value: T, shorten: impl FnOnce(&mut T)) -> Result<Answer> {
    let whole = to_text(&value)?;
    if whole.len() <= LIST_BYTES_MAX {
        return Ok(Answer::Json(whole));
    }
    shorten(&mut value);
    Ok(Answer::JsonWithoutPods(to_text(&value)?))
}

fn to_answer(value: &impl Serialize) -> Result<Answer> {
    to_text(value).map(Answer::Json)
}

fn to_text(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::internal("write an answer", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::app::{App, AppKind};
    use crate::domain::name::Uid;
    use crate::domain::service::{NewService, Shape};
    use crate::domain::status::{Groups, Seen};
    use crate::domain::subject::ServiceId;

    /// A service with one pod, whose message has so many bytes.
    fn read_service(message_bytes: usize) -> ReadService {
        let definition = serde_json::json!({"resourceSpec": "1U1G", "containers": []});
        let new = NewService {
            name: "web".parse().unwrap(),
            shape: Shape::Stateful,
            definition: serde_json::from_value(definition).unwrap(),
            ports: vec![],
        };
        let id: ServiceId =
            serde_json::from_str(r#"{"region":"xq","project":"p","app":"a","service":"web"}"#).unwrap();
        let pod = serde_json::json!({
            "name": "web-0", "status": {"phase": "running", "message": "m".repeat(message_bytes)},
            "containerStatuses": [],
        });
        let pods = vec![serde_json::from_value(pod).unwrap()];
        let seen = Groups::from([("a-web".to_owned(), Seen { pods, live_pods: 1, ..Seen::default() })]);
        ReadService {
            service: new.into_service(id, Uid::random(), Timestamp::UNIX_EPOCH),
            observation: Some(Observation::Seen(seen)),
        }
    }

    #[test]
    fn a_list_keeps_its_pods_up_to_5_mib_and_then_shows_none() {
        let list = |message_bytes| services(&[read_service(1), read_service(message_bytes)]).unwrap();
        let rest = LIST_BYTES_MAX - list(1).body().len() + 1;
        let Answer::Json(exact) = list(rest) else { panic!("it fits") };
        assert_eq!(exact.len(), LIST_BYTES_MAX);
        let Answer::JsonWithoutPods(shortened) = list(rest + 1) else { panic!("it is too large") };
        assert_eq!(shortened.matches(r#""pods":[]"#).count(), 2, "{shortened}");
        assert_eq!(shortened.matches(r#""name":"web""#).count(), 2);
    }

    #[test]
    fn apps_are_shortened_alike() {
        let app = App {
            name: "a".parse().unwrap(),
            uid: Uid::random(),
            created: Timestamp::UNIX_EPOCH,
            kind: AppKind::Kirk,
            services: 1,
            deleting: false,
        };
        let id = ProjectId { region: "xq".parse().unwrap(), project: "p".parse().unwrap() };
        let list = |message_bytes| {
            apps(&id, &[Tree { app: app.clone(), services: vec![read_service(message_bytes)] }]).unwrap()
        };
        assert!(matches!(list(9), Answer::Json(body) if body.contains("web-0")));
        assert!(
            matches!(list(LIST_BYTES_MAX), Answer::JsonWithoutPods(body) if body.contains(r#""pods":[]"#))
        );
    }

    #[test]
    fn a_shortened_list_says_so() {
        use axum::response::IntoResponse;
        let response = Answer::JsonWithoutPods("[]".to_owned()).into_response();
        assert_eq!(response.headers()["x-truncated"], "pods");
        assert_eq!(response.headers()["content-type"], "application/json");
        assert!(!Answer::Json("[]".to_owned()).into_response().headers().contains_key("x-truncated"));
    }
}
