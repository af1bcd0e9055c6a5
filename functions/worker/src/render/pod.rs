//! The pods of a workload (kirk-spec 6.2, 6.4 and 6.5; hardening of design §8).

use std::collections::BTreeMap;

use common::domain::container::{Container, Env, EnvValue};
use common::domain::region::ResourceSpec;
use common::domain::workload::Workload;
use k8s_openapi::api::core::v1::{
    Capabilities, ConfigMapKeySelector, Container as PodContainer, EnvVar, EnvVarSource,
    LocalObjectReference, PodSecurityContext, PodSpec, PodTemplateSpec, ResourceRequirements, SeccompProfile,
    SecurityContext,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::names;

mod volumes;

/// Of the container runtimes' default set, the capabilities that ordinary images do without: audit records, device nodes,
/// raw sockets and file capabilities. The rest stays, since images that start as root to give root up need it
/// (CHOWN, SETUID, SETGID, `NET_BIND_SERVICE` …).
const CAPABILITIES_DROPPED: [&str; 4] = ["AUDIT_WRITE", "MKNOD", "NET_RAW", "SETFCAP"];

pub(super) fn template(workload: &Workload) -> PodTemplateSpec {
    let secret = |name: &String| LocalObjectReference { name: name.clone() };
    PodTemplateSpec {
        metadata: Some(ObjectMeta { labels: Some(names::labels(workload)), ..ObjectMeta::default() }),
        spec: Some(PodSpec {
            automount_service_account_token: Some(false),
            containers: workload.containers.iter().map(|each| container(each, &workload.size)).collect(),
            // Else each Service of the namespace adds variables to every container.
            enable_service_links: Some(false),
            image_pull_secrets: some(workload.image_pull_secrets.iter().map(secret).collect()),
            security_context: Some(PodSecurityContext {
                seccomp_profile: Some(SeccompProfile {
                    type_: "RuntimeDefault".to_owned(),
                    localhost_profile: None,
                }),
                ..PodSecurityContext::default()
            }),
            volumes: some(volumes::volumes(&workload.containers)),
            ..PodSpec::default()
        }),
    }
}

/// Ports are not listed: that would be a comment, and a restart at each change of them.
fn container(container: &Container, size: &ResourceSpec) -> PodContainer {
    PodContainer {
        name: container.name.to_string(),
        image: Some(container.image.to_string()),
        working_dir: container.working_dir.as_ref().map(ToString::to_string),
        command: some(container.command.clone()),
        args: some(container.args.clone()),
        env: some(container.envs.iter().map(env).collect()),
        resources: Some(resources(size)),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities {
                add: None,
                drop: Some(CAPABILITIES_DROPPED.map(str::to_owned).to_vec()),
            }),
            ..SecurityContext::default()
        }),
        volume_mounts: some(volumes::mounts(container)),
        ..PodContainer::default()
    }
}

fn env(env: &Env) -> EnvVar {
    let (value, source) = match &env.value {
        EnvValue::Literal(text) => (Some(text.clone()), None),
        EnvValue::ConfigMap(reference) => (
            None,
            Some(EnvVarSource {
                config_map_key_ref: Some(ConfigMapKeySelector {
                    name: reference.map.to_string(),
                    key: reference.key.to_string(),
                    optional: None,
                }),
                ..EnvVarSource::default()
            }),
        ),
    };
    EnvVar { name: env.name.to_string(), value: value.filter(|text| !text.is_empty()), value_from: source }
}

/// Each container gets the whole size: the source's table is one of containers (kirk-spec D31).
fn resources(size: &ResourceSpec) -> ResourceRequirements {
    let amounts = BTreeMap::from([
        ("cpu".to_owned(), Quantity(size.cpu.to_string())),
        ("memory".to_owned(), Quantity(format!("{}Mi", size.memory))),
    ]);
    ResourceRequirements { claims: None, limits: Some(amounts.clone()), requests: Some(amounts) }
}

/// Nothing rather than an empty list, so that the image's own command and the like stand.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}
