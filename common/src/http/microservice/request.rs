//! Requests of the microservice API to domain values (kirk-spec §2).

mod container;

use std::num::NonZeroU16;

use crate::domain::app::NEW_SERVICES_MAX;
use crate::domain::container::Definition;
use crate::domain::name::{AppName, ServiceName, SpecName};
use crate::domain::region::Region;
use crate::domain::service::{INSTANCES_RULE, Instances, NewService, Port, Protocol, Service, Shape};
use crate::domain::{FieldError, Result};
use crate::http::json::{At, read_object};

const PORTS_MAX: usize = 64;
/// The compact JSON of what is stored of a service's definition, in bytes (kirk-spec 1.2, 7.1).
const DEFINITION_BYTES_MAX: usize = 64 * 1024;

/// A request to create an app (E2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApp {
    /// Its name.
    pub name: AppName,
    /// Its services, in the order sent.
    pub services: Vec<NewService>,
}

/// Reads a request to create an app.
pub fn new_app(body: &[u8], region: &Region) -> Result<NewApp> {
    read_object(body, |at| {
        let name = at.member("name").required().and_then(At::parse);
        let services = at.member("microservices").list(NEW_SERVICES_MAX, |at| service(at, region));
        refuse_repeats(&at.member("microservices"), "name");
        Some(NewApp { name: name?, services: services? })
    })
}

/// Reads a request to create a service (E6).
pub fn new_service(body: &[u8], region: &Region) -> Result<NewService> {
    read_object(body, |at| service(at, region))
}

/// Reads a request to upgrade a service (E12): its definition with what the request replaces. Without a
/// service, which then does not exist, only the request itself is checked.
pub fn upgrade(body: &[u8], region: &Region, stored: Option<&Service>) -> Result<Option<Definition>> {
    read_object(body, |at| {
        let spec = at.member("resourceSpec");
        let spec = if spec.is_absent() || spec.peek_string() == Some("") {
            None
        } else {
            Some(resource_spec(&spec, region))
        };
        let stateless = stored.is_some_and(|stored| matches!(stored.shape, Shape::Stateless { .. }));
        let containers = at.member("containers");
        let containers = (!containers.is_absent()).then(|| container::list(&containers, stateless));
        if spec.is_none() && containers.is_none() {
            return at.fault("must give resourceSpec, containers or both");
        }
        let (spec, containers) = (transposed(spec)?, transposed(containers)?);
        let Some(stored) = stored else { return Some(None) };
        let definition = Definition {
            resource_spec: spec.unwrap_or_else(|| stored.definition.resource_spec.clone()),
            containers: containers.unwrap_or_else(|| stored.definition.containers.clone()),
        };
        check_size(at, &definition)?;
        Some(Some(definition))
    })
}

/// Reads a request to replace the ports (E13).
pub fn ports(body: &[u8]) -> Result<Vec<Port>> {
    read_object(body, |at| {
        if at.has_member("ports") {
            port_list(&at.member("ports"))
        } else {
            at.member("ports").fault("is required")
        }
    })
}

/// `Some(None)`, "it is there and has faults", becomes `None`.
#[expect(clippy::option_option, reason = "absent and faulty are two things")]
fn transposed<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
    }
}

fn service(at: &At<'_>, region: &Region) -> Option<NewService> {
    at.object()?;
    let name = at.member("name").required().and_then(At::parse::<ServiceName>);
    let shape = shape(at);
    // Told by its type even where its number of instances has a fault.
    let stateless = at.member("type").peek_string() == Some("stateless");
    let resource_spec = at.member("resourceSpec").required().and_then(|at| resource_spec(at, region));
    let ports = port_list(&at.member("ports"));
    let containers = at.member("containers");
    let containers = containers.required().and_then(|at| container::list(at, stateless));
    if !at.member("gpuSpec").is_absent() {
        at.member("gpuSpec").fault::<()>("is not supported");
    }
    let definition = Definition { resource_spec: resource_spec?, containers: containers? };
    check_size(at, &definition)?;
    Some(NewService { name: name?, shape: shape?, definition, ports: ports? })
}

/// The members `type` and `instanceNumber`.
fn shape(at: &At<'_>) -> Option<Shape> {
    const TYPE_RULE: &str = "must be \"stateful\" or \"stateless\"";
    let count = at.member("instanceNumber");
    let instances = if count.is_absent() {
        Some(Instances::ONE)
    } else {
        count
            .integer::<u64>(INSTANCES_RULE)
            .and_then(|n| Instances::try_from(n).map_or_else(|rule| count.fault(rule), Some))
    };
    let kind = at.member("type");
    match kind.required()?.string()? {
        "stateless" => Some(Shape::Stateless { instances: instances? }),
        "stateful" if instances? == Instances::ONE => Some(Shape::Stateful),
        "stateful" => count.fault("must be 1 for a stateful service"),
        _ => kind.fault(TYPE_RULE),
    }
}

fn resource_spec(at: &At<'_>, region: &Region) -> Option<SpecName> {
    let name: SpecName = at.parse()?;
    if region.spec(&name).is_some() {
        return Some(name);
    }
    let offered: Vec<&str> = region.resource_specs.iter().map(|spec| spec.name.as_str()).collect();
    at.fault(format!("must be one of {}", offered.join(", ")))
}

/// The text by which a rollback's refusal is worded like an upgrade's.
pub fn resource_spec_fault(name: &SpecName, region: &Region) -> FieldError {
    FieldError {
        field: "resourceSpec".to_owned(),
        reason: format!("{name} is no longer offered by region {}", region.id),
    }
}

fn port_list(at: &At<'_>) -> Option<Vec<Port>> {
    let mut seen = std::collections::HashSet::new();
    at.list(PORTS_MAX, |at| {
        let port = port(at)?;
        if seen.insert(port) { Some(port) } else { at.fault("is there twice") }
    })
}

fn port(at: &At<'_>) -> Option<Port> {
    const PORT_RULE: &str = "must be a whole number from 1 to 65535";
    at.object()?;
    let number = at.member("port");
    let number = number.required().and_then(|at| {
        let port = at.integer::<u16>(PORT_RULE)?;
        NonZeroU16::new(port).map_or_else(|| at.fault(PORT_RULE), Some)
    });
    let protocol = at.member("protocol");
    let protocol = protocol.required().and_then(|at| match at.string()?.to_ascii_uppercase().as_str() {
        "TCP" => Some(Protocol::Tcp),
        "UDP" => Some(Protocol::Udp),
        _ => at.fault("must be TCP or UDP"),
    });
    // Both would change the workload if they were ignored like other unknown members (kirk-spec 1.2).
    let service_port = at.member("servicePort");
    if !service_port.is_absent()
        && let Some(given) = service_port.integer::<u64>(PORT_RULE)
        && given != 0
        && number.is_some_and(|number| u64::from(number.get()) != given)
    {
        service_port.fault::<()>("must be 0 or the same as port");
    }
    if at.member("albs").items(usize::MAX).is_some_and(|albs| !albs.is_empty()) {
        at.member("albs").fault::<()>("is not supported");
    }
    Some(Port { port: number?, protocol: protocol? })
}

/// Notes each item whose member says what an earlier one's does.
fn refuse_repeats(array: &At<'_>, member: &str) {
    let mut seen = std::collections::HashSet::new();
    for item in array.peek_items() {
        let at = item.member(member);
        if let Some(text) = at.peek_string().filter(|text| !text.is_empty())
            && !seen.insert(text.to_owned())
        {
            at.fault::<()>("is there twice");
        }
    }
}

fn check_size(at: &At<'_>, definition: &Definition) -> Option<()> {
    let bytes = serde_json::to_vec(definition).map_or(usize::MAX, |json| json.len());
    if bytes > DEFINITION_BYTES_MAX {
        return at.fault(format!("must be at most {DEFINITION_BYTES_MAX} bytes of JSON for a service"));
    }
    Some(())
}

#[cfg(test)]
mod tests;
