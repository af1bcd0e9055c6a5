//! The Ingress of a group: hosts and paths of its Service (lain-spec §6).

use std::collections::BTreeMap;

use common::domain::workload::{Group, Ingress as Wanted, Workload};
use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend,
    IngressSpec, IngressTLS, ServiceBackendPort,
};

use super::{Kind, Object, metadata};

pub(super) fn render(workload: &Workload, group: &Group) -> Option<Object> {
    let wanted = group.ingress.as_ref()?;
    let mut paths: BTreeMap<&str, Vec<HTTPIngressPath>> = BTreeMap::new();
    for (host, path) in &wanted.rules {
        paths.entry(host).or_default().push(http_path(wanted, path));
    }
    let rules = paths.into_iter().map(|(host, paths)| IngressRule {
        host: Some(host.to_owned()),
        http: Some(HTTPIngressRuleValue { paths }),
    });
    let tls = wanted
        .tls
        .iter()
        .map(|(secret, hosts)| IngressTLS { hosts: Some(hosts.clone()), secret_name: Some(secret.clone()) });
    let mut meta = metadata::of_group(workload, group, &group.name);
    meta.annotations.get_or_insert_default().extend(wanted.annotations.clone());
    let manifest = Ingress {
        metadata: meta,
        spec: Some(IngressSpec {
            default_backend: None,
            ingress_class_name: wanted.class.clone(),
            rules: Some(rules.collect()),
            tls: metadata::some(tls.collect()),
        }),
        status: None,
    };
    Some(Object::new(Kind::Ingress, &group.name, &manifest))
}

fn http_path(wanted: &Wanted, path: &str) -> HTTPIngressPath {
    HTTPIngressPath {
        backend: IngressBackend {
            resource: None,
            service: Some(IngressServiceBackend {
                name: wanted.service.clone(),
                port: Some(ServiceBackendPort { name: None, number: Some(i32::from(wanted.port.get())) }),
            }),
        },
        path: Some(path.to_owned()),
        path_type: "Prefix".to_owned(),
    }
}
