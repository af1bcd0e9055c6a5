//! Manifests as snapshots, and what holds of every manifest.

use common::domain::Timestamp;
use common::domain::container::Container;
use common::domain::region::Region;
use common::domain::service::workload::{name, namespace as project_namespace};
use common::domain::service::{Desired, Instances, NewService, Service, Shape};
use common::domain::workload::Workload;
use serde_json::{Value, json};

use super::*;

mod console;
mod properties;

/// The container of the microservice API that is least.
fn least() -> Value {
    json!({"name": "container-0", "image": "nginx:1.13", "workingDir": "", "command": [], "args": [],
           "volumeMounts": [], "configs": [], "envs": []})
}

/// The least container with some fields set.
fn with(fields: &Value) -> Value {
    let mut container = least();
    for (field, value) in fields.as_object().unwrap() {
        container[field] = value.clone();
    }
    container
}

fn containers(list: &[Value]) -> Vec<Container> {
    list.iter().map(|container| serde_json::from_value(container.clone()).unwrap()).collect()
}

/// A service of a region.
#[derive(Clone, Debug)]
struct Sample {
    service: Service,
    region: Region,
}

impl Sample {
    fn workload(&self) -> Workload {
        self.service.workload(&self.region).unwrap()
    }

    fn render(&self) -> Vec<Object> {
        render(&self.workload())
    }

    /// All manifests, as they are sent.
    fn manifests(&self) -> Vec<Value> {
        self.render().into_iter().map(|object| object.manifest).collect()
    }
}

const STATELESS: Shape = Shape::Stateless { instances: Instances::ONE };

fn instances(number: u64) -> Shape {
    Shape::Stateless { instances: Instances::try_from(number).unwrap() }
}

fn sample(shape: Shape, list: &[Value], ports: &Value) -> Sample {
    let definition = json!({"resourceSpec": "1U2G", "containers": containers(list)});
    let new = NewService {
        name: "web".parse().unwrap(),
        shape,
        definition: serde_json::from_value(definition).unwrap(),
        ports: serde_json::from_value(ports.clone()).unwrap(),
    };
    let id = json!({"region": "xq", "project": "demo", "app": "app0", "service": "web"});
    let uid = "0123456789abcdef0123456789abcdef".parse().unwrap();
    let service = new.into_service(serde_json::from_value(id).unwrap(), uid, Timestamp::UNIX_EPOCH);
    let region = Region::with_defaults("xq".parse().unwrap(), "one".to_owned(), None);
    Sample { service, region }
}

#[test]
fn a_stateless_service_without_anything_is_a_deployment() {
    insta::assert_yaml_snapshot!(sample(STATELESS, &[least()], &json!([])).manifests());
}

#[test]
fn a_stateless_service_with_everything() {
    let list = [
        with(&json!({
            "name": "web",
            "image": "reg.example.com:5000/team/web@sha256:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
            "workingDir": "/srv",
            "command": ["/bin/sh"],
            "args": ["-c", "exec web --name $(NAME)"],
            "configs": [
                {"configMapName": "web-conf", "mountPath": "/etc/web"},
                {"configMapName": "shared", "mountPath": "/etc/shared"},
            ],
            "envs": [
                {"name": "NAME", "value": "test"},
                {"name": "EMPTY", "value": ""},
                {"type": "configMap", "name": "KEY", "value": "web-conf.app.yaml"},
            ],
        })),
        with(&json!({
            "name": "helper",
            "configs": [
                {"configMapName": "shared", "mountPath": "/a"},
                {"configMapName": "shared", "mountPath": "/b"},
            ],
        })),
    ];
    let ports = json!([
        {"port": 80, "protocol": "TCP"}, {"port": 80, "protocol": "UDP"}, {"port": 65535, "protocol": "TCP"},
    ]);
    let mut sample = sample(instances(3), &list, &ports);
    sample.service.revision = 7.into();
    sample.region.image_pull_secrets = vec!["registry".to_owned()];
    insta::assert_yaml_snapshot!(sample.manifests());
}

#[test]
fn a_stateful_service_with_everything() {
    let long = "v".repeat(64);
    let list = [
        with(&json!({
            "volumeMounts": [
                {"volumeName": "ceph-name", "readOnly": false, "mountPath": "/mnt/data"},
                {"volumeName": "ceph-name", "readOnly": true, "mountPath": "/mnt/seen"},
                {"volumeName": long, "readOnly": true, "mountPath": "/mnt/long"},
            ],
            "configs": [{"configMapName": "ceph-name", "mountPath": "/mnt/conf"}],
        })),
        with(&json!({
            "name": "backup",
            "volumeMounts": [{"volumeName": "ceph-name", "readOnly": true, "mountPath": "/data"}],
        })),
    ];
    let ports = json!([{"port": 8080, "protocol": "UDP"}, {"port": 80, "protocol": "TCP"}]);
    insta::assert_yaml_snapshot!(sample(Shape::Stateful, &list, &ports).manifests());
}

#[test]
fn a_stateful_service_without_ports_has_its_headless_service_only() {
    let objects = sample(Shape::Stateful, &[least()], &json!([])).render();
    let keys: Vec<_> = objects.iter().map(Object::key).collect();
    assert_eq!(keys, ["Service/app0--web", "StatefulSet/app0-web"]);
    insta::assert_yaml_snapshot!(objects[0].manifest);
}

#[test]
fn a_stopped_service_remembers_its_instances() {
    let started = sample(instances(3), &[least()], &json!([{"port": 80, "protocol": "TCP"}]));
    let mut stopped = started.clone();
    stopped.service.desired = Desired::Stopped;
    let [_, manifest] = &stopped.manifests()[..] else { panic!("two objects") };
    assert_eq!(manifest["spec"]["replicas"], 0);
    assert_eq!(manifest["metadata"]["annotations"]["slipway.dev/instance-number"], "3");
    let (started, stopped) = (started.render(), stopped.render());
    assert_eq!(started[0], stopped[0], "the Service stays");
    assert_ne!(started[1].hash, stopped[1].hash);
    assert_eq!(started[1].template_hash, stopped[1].template_hash);
}

#[test]
fn nothing_but_the_definition_changes_the_pod_template() {
    let first = sample(STATELESS, &[least()], &json!([]));
    let mut other_life = sample(instances(5), &[least()], &json!([{"port": 80, "protocol": "TCP"}]));
    other_life.service.uid = "f".repeat(32).parse().unwrap();
    other_life.service.revision = 9.into();
    let template_hash = |sample: &Sample| sample.render().pop().unwrap().template_hash;
    assert_eq!(template_hash(&first), template_hash(&other_life));
    let upgraded = sample(STATELESS, &[with(&json!({"image": "nginx:1.14"}))], &json!([]));
    assert_ne!(template_hash(&first), template_hash(&upgraded));
}

#[test]
fn a_long_name_is_cut_and_told_apart_by_its_hash() {
    let name = |app: &str, service: &str| name(&app.parse().unwrap(), &service.parse().unwrap());
    // 52 characters fit, 53 do not.
    assert_eq!(name(&"a".repeat(30), &"s".repeat(21)), format!("{}-{}", "a".repeat(30), "s".repeat(21)));
    insta::assert_snapshot!(name(&"a".repeat(30), &"s".repeat(22)));
    insta::assert_snapshot!(name(&"a".repeat(30), &"s".repeat(30)));
    // The cut never leaves two '-' in a row.
    insta::assert_snapshot!(name(&"a".repeat(30), "sssssssssss-tttttttttttttttttt"));
    let mut sample = sample(Shape::Stateful, &[least()], &json!([{"port": 1, "protocol": "TCP"}]));
    sample.service.id.app = "a".repeat(30).parse().unwrap();
    sample.service.id.service = "s".repeat(30).parse().unwrap();
    insta::assert_yaml_snapshot!(sample.render().iter().map(Object::key).collect::<Vec<_>>());
}

#[test]
fn a_project_is_a_namespace_of_its_name() {
    insta::assert_yaml_snapshot!(namespace(&project_namespace(&"demo".parse().unwrap())));
}

#[test]
fn kinds_are_read_as_they_are_written() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(kind));
    }
    assert_eq!(Kind::parse("ConfigMap"), None);
}
