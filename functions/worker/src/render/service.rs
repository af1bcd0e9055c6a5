//! The Services of a group (kirk-spec 6.1 and 6.3).

use common::domain::workload::{Exposure, Group, ServicePort as Port, Workload};
use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{Kind, Object, metadata};

pub(super) fn render(workload: &Workload, group: &Group) -> Vec<Object> {
    let render = |service: &common::domain::workload::Service| {
        let ports: Vec<_> = service.ports.iter().copied().map(port).collect();
        let (service_type, cluster_ip) = match service.exposure {
            Exposure::ClusterIp => ("ClusterIP", None),
            Exposure::Headless => ("ClusterIP", Some("None")),
            Exposure::LoadBalancer => ("LoadBalancer", None),
        };
        let manifest = Service {
            metadata: metadata::of_group(workload, group, &service.name),
            spec: Some(ServiceSpec {
                type_: Some(service_type.to_owned()),
                cluster_ip: cluster_ip.map(str::to_owned),
                selector: Some(group.selector.clone()),
                ports: metadata::some(ports),
                ..ServiceSpec::default()
            }),
            status: None,
        };
        Object::new(Kind::Service, &service.name, &manifest)
    };
    group.services.iter().map(render).collect()
}

/// The name tells the same number over TCP and UDP apart; at most nine characters.
fn port(port: Port) -> ServicePort {
    let Port { port, target, protocol } = port;
    ServicePort {
        name: Some(format!("{}-{port}", protocol.as_str().to_lowercase())),
        port: i32::from(port.get()),
        target_port: Some(IntOrString::Int(i32::from(target.get()))),
        protocol: Some(protocol.as_str().to_owned()),
        ..ServicePort::default()
    }
}
