//! The pods of a group (kirk-spec 6.2, 6.4 and 6.5, lain-spec §6; hardening of design §8).

mod placement;

use std::collections::BTreeMap;

use common::domain::workload::{
    Container, Env, EnvValue, Group, Mount, Probe, ProbeAction, Resources, Volume, VolumeSource,
};
use k8s_openapi::api::core::v1::{
    Capabilities, ConfigMapKeySelector, ConfigMapVolumeSource, Container as PodContainer,
    EmptyDirVolumeSource, EnvVar, EnvVarSource, ExecAction, HTTPGetAction, KeyToPath, LocalObjectReference,
    ObjectFieldSelector, PersistentVolumeClaimVolumeSource, PodDNSConfig, PodSecurityContext, PodSpec,
    PodTemplateSpec, Probe as PodProbe, ResourceRequirements, SeccompProfile, SecretVolumeSource,
    SecurityContext, Volume as PodVolume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::{int, some};

/// Of the container runtimes' default set, the capabilities that ordinary images do without: audit records, device nodes,
/// raw sockets and file capabilities. The rest stays, since images that start as root to give root up need it
/// (CHOWN, SETUID, SETGID, `NET_BIND_SERVICE` …).
const CAPABILITIES_DROPPED: [&str; 4] = ["AUDIT_WRITE", "MKNOD", "NET_RAW", "SETFCAP"];
/// How often a container that starts is asked before its readiness counts: an hour at ten seconds each.
const STARTUP_FAILURES: i32 = 360;

pub(super) fn template(group: &Group) -> PodTemplateSpec {
    let pod = &group.pod;
    let secret = |name: &String| LocalObjectReference { name: name.clone() };
    let annotations = (!group.pod_annotations.is_empty()).then(|| group.pod_annotations.clone());
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            annotations,
            labels: Some(group.labels.clone()),
            ..ObjectMeta::default()
        }),
        spec: Some(PodSpec {
            affinity: placement::affinity(&pod.placement),
            automount_service_account_token: Some(false),
            containers: pod.containers.iter().map(container).collect(),
            dns_config: (!pod.dns_searches.is_empty()).then(|| PodDNSConfig {
                searches: Some(pod.dns_searches.clone()),
                ..PodDNSConfig::default()
            }),
            // Else each Service of the namespace adds variables to every container.
            enable_service_links: Some(false),
            image_pull_secrets: some(pod.image_pull_secrets.iter().map(secret).collect()),
            restart_policy: pod.runs_once.then(|| "OnFailure".to_owned()),
            security_context: Some(PodSecurityContext {
                run_as_user: pod.run_as_user,
                fs_group: pod.fs_group,
                // A large volume is gone through once only.
                fs_group_change_policy: pod.fs_group.map(|_| "OnRootMismatch".to_owned()),
                seccomp_profile: Some(SeccompProfile {
                    type_: "RuntimeDefault".to_owned(),
                    localhost_profile: None,
                }),
                ..PodSecurityContext::default()
            }),
            termination_grace_period_seconds: pod.grace_s.map(i64::from),
            topology_spread_constraints: pod.is_spread.then(|| vec![placement::spread(&group.selector)]),
            volumes: some(pod.volumes.iter().map(volume).collect()),
            ..PodSpec::default()
        }),
    }
}

fn container(container: &Container) -> PodContainer {
    let readiness = container.readiness.as_ref();
    PodContainer {
        name: container.name.clone(),
        image: Some(container.image.clone()),
        working_dir: container.working_dir.clone(),
        command: some(container.command.clone()),
        args: some(container.args.clone()),
        env: some(container.env.iter().map(env).collect()),
        resources: Some(resources(container.resources)),
        readiness_probe: readiness.map(probe),
        startup_probe: readiness
            .map(|each| PodProbe { failure_threshold: Some(STARTUP_FAILURES), ..probe(each) }),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities {
                add: None,
                drop: Some(CAPABILITIES_DROPPED.map(str::to_owned).to_vec()),
            }),
            ..SecurityContext::default()
        }),
        volume_mounts: some(container.mounts.iter().map(mount).collect()),
        ..PodContainer::default()
    }
}

fn env(env: &Env) -> EnvVar {
    let (value, source) = match &env.value {
        EnvValue::Literal(text) => (Some(text.clone()), None),
        EnvValue::ConfigMap { map, key } => {
            let reference = ConfigMapKeySelector { name: map.clone(), key: key.clone(), optional: None };
            (None, Some(EnvVarSource { config_map_key_ref: Some(reference), ..EnvVarSource::default() }))
        }
        EnvValue::Field(path) => {
            let reference = ObjectFieldSelector { api_version: None, field_path: path.clone() };
            (None, Some(EnvVarSource { field_ref: Some(reference), ..EnvVarSource::default() }))
        }
    };
    EnvVar { name: env.name.clone(), value: value.filter(|text| !text.is_empty()), value_from: source }
}

fn resources(resources: Resources) -> ResourceRequirements {
    let amounts = |cpu: u32| {
        let cpu = if cpu.is_multiple_of(1000) { (cpu / 1000).to_string() } else { format!("{cpu}m") };
        let memory = resources.memory;
        let memory = match memory >> 20 {
            mebibytes if mebibytes << 20 == memory => format!("{mebibytes}Mi"),
            _ => memory.to_string(),
        };
        BTreeMap::from([("cpu".to_owned(), Quantity(cpu)), ("memory".to_owned(), Quantity(memory))])
    };
    ResourceRequirements {
        claims: None,
        limits: Some(amounts(resources.cpu_limit)),
        requests: Some(amounts(resources.cpu_request)),
    }
}

fn probe(probe: &Probe) -> PodProbe {
    let (http_get, exec) = match &probe.action {
        ProbeAction::Http { path, port } => {
            let port = IntOrString::Int(i32::from(port.get()));
            (Some(HTTPGetAction { path: Some(path.clone()), port, ..HTTPGetAction::default() }), None)
        }
        ProbeAction::Exec(command) => (None, Some(ExecAction { command: Some(command.clone()) })),
    };
    PodProbe {
        exec,
        http_get,
        period_seconds: Some(int(probe.period_s)),
        timeout_seconds: Some(int(probe.timeout_s)),
        failure_threshold: Some(int(probe.failures)),
        ..PodProbe::default()
    }
}

fn mount(mount: &Mount) -> VolumeMount {
    VolumeMount {
        name: mount.volume.clone(),
        mount_path: mount.path.clone(),
        sub_path: mount.sub_path.clone(),
        read_only: mount.is_read_only.then_some(true),
        ..VolumeMount::default()
    }
}

fn volume(volume: &Volume) -> PodVolume {
    let empty = PodVolume { name: volume.name.clone(), ..PodVolume::default() };
    match &volume.source {
        VolumeSource::Claim(name) => PodVolume {
            persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
                claim_name: name.clone(),
                read_only: None,
            }),
            ..empty
        },
        VolumeSource::ConfigMap(name) => PodVolume {
            config_map: Some(ConfigMapVolumeSource {
                name: name.clone(),
                ..ConfigMapVolumeSource::default()
            }),
            ..empty
        },
        VolumeSource::Secret { name, files } => {
            let item = |(key, mode): &(String, u32)| KeyToPath {
                key: key.clone(),
                mode: Some(int(*mode)),
                path: key.clone(),
            };
            PodVolume {
                secret: Some(SecretVolumeSource {
                    secret_name: Some(name.clone()),
                    items: Some(files.iter().map(item).collect()),
                    ..SecretVolumeSource::default()
                }),
                ..empty
            }
        }
        VolumeSource::Empty => PodVolume { empty_dir: Some(EmptyDirVolumeSource::default()), ..empty },
    }
}
