//! The Services of a workload (kirk-spec 6.1 and 6.3).

use common::domain::service::Port;
use common::domain::subject::ServiceId;
use common::domain::workload::{Controller, Workload};
use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{Kind, Object, names};

/// The headless one that a StatefulSet names, and the one by which others reach the pods if there are ports.
pub(super) fn render(workload: &Workload) -> Vec<Object> {
    let ServiceId { region: _, project: _, app, service } = &workload.id;
    let headless = match workload.controller {
        Controller::Deployment => None,
        Controller::StatefulSet => Some(object(workload, names::headless(app, service), Some("None"))),
    };
    let address = (!workload.ports.is_empty()).then(|| object(workload, names::address(app, service), None));
    headless.into_iter().chain(address).collect()
}

fn object(workload: &Workload, name: String, cluster_ip: Option<&str>) -> Object {
    let ServiceId { region: _, project: _, app, service } = &workload.id;
    let ports: Vec<_> = workload.ports.iter().copied().map(port).collect();
    let manifest = Service {
        metadata: names::metadata(workload, name.clone()),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            cluster_ip: cluster_ip.map(str::to_owned),
            selector: Some(names::selector(app, service)),
            ports: (!ports.is_empty()).then_some(ports),
            ..ServiceSpec::default()
        }),
        status: None,
    };
    Object::new(Kind::Service, name, &manifest)
}

/// The name tells the same number over TCP and UDP apart; at most nine characters.
fn port(port: Port) -> ServicePort {
    let Port { port, protocol } = port;
    let number = i32::from(port.get());
    ServicePort {
        name: Some(format!("{}-{number}", protocol.as_str().to_lowercase())),
        port: number,
        target_port: Some(IntOrString::Int(number)),
        protocol: Some(protocol.as_str().to_owned()),
        ..ServicePort::default()
    }
}
