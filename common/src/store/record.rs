//! Domain values to items and back.

use super::item::{Attributes, Reader, With, item, json, number, string};
use super::key::{self, Key};
use crate::domain::app::App;
use crate::domain::applied::Applied;
use crate::domain::operation::{Action, OperationId, OperationState, Origin};
use crate::domain::project::Project;
use crate::domain::revision::Revision;
use crate::domain::service::{Desired, Instances, Service, Shape};
use crate::domain::status::Observation;
use crate::domain::subject::{ProjectId, ServiceId, Subject};
use crate::domain::{Error, Result};

/// Operations and audit entries stay for as long as the audit trail is to reach back.
pub(super) const AUDIT_KEPT_S: i64 = 400 * 24 * 60 * 60;

pub(super) fn project_item(id: &ProjectId, project: &Project) -> Attributes {
    item(Key::project(id)).with("created", string(project.created)).with("apps", number(project.apps))
}

pub(super) fn read_project(id: &ProjectId, item: &Attributes) -> Result<Project> {
    let item = Reader(item);
    Ok(Project {
        name: id.project.clone(),
        created: item.time("created")?,
        apps: item.optional_number("apps").unwrap_or_default(),
    })
}

pub(super) fn app_item(id: &ProjectId, app: &App) -> Attributes {
    item(Key::app(id, &app.name))
        .with("kind", string(app.kind.as_str()))
        .with("uid", string(&app.uid))
        .with("created", string(app.created))
        .with("services", number(app.services))
}

pub(super) fn read_app(item: &Attributes) -> Result<App> {
    let item = Reader(item);
    Ok(App {
        name: item.parse("sk")?,
        uid: item.parse("uid")?,
        created: item.time("created")?,
        kind: item.str("kind")?.to_owned().into(),
        services: item.number("services")?,
        deleting: item.optional_str("deleting").is_some(),
    })
}

/// What a mutation may change of a service; what only the worker writes is not among it.
pub(super) fn wanted(service: &Service) -> Result<Attributes> {
    Ok(Attributes::new()
        .with("instances", number(service.shape.instances()))
        .with("desired", string(desired_word(service.desired)))
        .with("definition", json(&service.definition)?)
        .with("ports", json(&service.ports)?)
        .with("revision", number(service.revision.get()))
        .with("generation", number(service.generation))
        .with("template_generation", number(service.template_generation)))
}

pub(super) fn service_item(service: &Service) -> Result<Attributes> {
    let mut item = item(Key::service(&service.id))
        .with("uid", string(&service.uid))
        .with("created", string(service.created))
        .with("type", string(service.shape.as_str()))
        .with("applied_generation", number(service.applied.generation))
        .with("applied", json(&service.applied)?);
    item.extend(wanted(service)?);
    Ok(item)
}

pub(super) fn read_service(id: &ServiceId, item: &Attributes) -> Result<Service> {
    let item = Reader(item);
    let applied: Applied = item.json("applied")?;
    Ok(Service {
        id: id.clone(),
        uid: item.parse("uid")?,
        created: item.time("created")?,
        shape: read_shape(&item)?,
        desired: read_desired(item.str("desired")?)?,
        definition: item.json("definition")?,
        ports: item.json("ports")?,
        revision: item.number::<u64>("revision")?.into(),
        generation: item.number("generation")?,
        template_generation: item.number("template_generation")?,
        applied: Applied { generation: item.number("applied_generation")?, ..applied },
    })
}

fn read_shape(item: &Reader<'_>) -> Result<Shape> {
    match item.str("type")? {
        "stateful" => Ok(Shape::Stateful),
        "stateless" => {
            let instances = Instances::try_from(item.number::<u64>("instances")?);
            let instances = instances.map_err(|rule| Error::internal("read a stored service", rule))?;
            Ok(Shape::Stateless { instances })
        }
        other => Err(Error::internal("read a stored service", format!("unknown type {other:?}"))),
    }
}

fn desired_word(desired: Desired) -> &'static str {
    match desired {
        Desired::Started => "started",
        Desired::Stopped => "stopped",
        Desired::Deleted => "deleted",
    }
}

fn read_desired(word: &str) -> Result<Desired> {
    match word {
        "started" => Ok(Desired::Started),
        "stopped" => Ok(Desired::Stopped),
        "deleted" => Ok(Desired::Deleted),
        other => Err(Error::internal("read a stored service", format!("unknown desired state {other:?}"))),
    }
}

pub(super) fn revision_item(id: &ServiceId, revision: &Revision) -> Result<Attributes> {
    Ok(item(Key::revision_of(id, revision.number))
        .with("revision", number(revision.number.get()))
        .with("created", string(revision.created))
        .with("definition", json(&revision.definition)?))
}

pub(super) fn read_revision(item: &Attributes) -> Result<Revision> {
    let item = Reader(item);
    Ok(Revision {
        number: item.number::<u64>("revision")?.into(),
        definition: item.json("definition")?,
        created: item.time("created")?,
    })
}

/// The operation that gave a subject its generation.
pub(super) fn operation_item(
    id: &OperationId,
    subject: &str,
    action: Action,
    origin: &Origin,
    state: OperationState,
) -> Attributes {
    item(Key::operation(&id.subject, id.generation))
        .with("subject", string(subject))
        .with("action", string(action.as_str()))
        .with("by", string(&origin.caller))
        .with("request", string(&origin.request_id))
        .with("at", string(origin.at))
        .with("state", string(state.as_str()))
        .with("ttl", number(origin.at.as_second() + AUDIT_KEPT_S))
}

/// One accepted mutation: who, what, when.
pub(super) fn audit_item(id: &ProjectId, subject: &str, action: Action, origin: &Origin) -> Attributes {
    let entry = item(Key::audit(id, &origin.at.to_string(), &origin.request_id));
    audited(entry, subject, action, origin)
}

/// An entry that says who did what to the subject.
pub(super) fn audited(entry: Attributes, subject: &str, action: Action, origin: &Origin) -> Attributes {
    entry
        .with("subject", string(subject))
        .with("action", string(action.as_str()))
        .with("by", string(&origin.caller))
        .with("ttl", number(origin.at.as_second() + AUDIT_KEPT_S))
}

pub(super) fn read_observation(item: &Attributes) -> Result<Option<Observation>> {
    let item = Reader(item);
    item.optional_str("observation").map(|_| item.json("observation")).transpose()
}

/// The index attributes by which the sweeper finds the subject from that time on.
pub(super) fn due(subject: &Subject, epoch_s: i64) -> Attributes {
    Attributes::new()
        .with("gpk", string(key::due_shard(&subject.to_string())))
        .with("gsk", string(key::due_time(epoch_s)))
}

pub(super) fn read_due(item: &Attributes) -> Option<i64> {
    Reader(item).optional_str("gsk").and_then(|text| text.parse().ok())
}
