//! Manifests as snapshots, and what holds of every manifest.

use common::domain::container::Container;
use common::domain::subject::ServiceId;
use common::domain::workload::{Controller, Workload};
use serde_json::{Value, json};

use super::*;

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

fn workload(controller: Controller, list: &[Value], ports: &Value) -> Workload {
    Workload {
        id: ServiceId {
            region: "xq".parse().unwrap(),
            project: "demo".parse().unwrap(),
            app: "app0".parse().unwrap(),
            service: "web".parse().unwrap(),
        },
        uid: "0123456789abcdef0123456789abcdef".parse().unwrap(),
        revision: 1,
        controller,
        instances: 1,
        replicas: 1,
        containers: containers(list),
        size: serde_json::from_value(json!({"name": "1U2G", "cpu": 1, "memory": 2048, "desc": ""})).unwrap(),
        ports: serde_json::from_value(ports.clone()).unwrap(),
        image_pull_secrets: Vec::new(),
    }
}

/// All manifests, as they are sent.
fn manifests(workload: &Workload) -> Vec<Value> {
    render(workload).into_iter().map(|object| object.manifest).collect()
}

#[test]
fn a_stateless_service_without_anything_is_a_deployment() {
    let workload = workload(Controller::Deployment, &[least()], &json!([]));
    insta::assert_yaml_snapshot!(manifests(&workload));
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
    let workload = Workload {
        instances: 3,
        replicas: 3,
        revision: 7,
        image_pull_secrets: vec!["registry".to_owned()],
        ..workload(Controller::Deployment, &list, &ports)
    };
    insta::assert_yaml_snapshot!(manifests(&workload));
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
    insta::assert_yaml_snapshot!(manifests(&workload(Controller::StatefulSet, &list, &ports)));
}

#[test]
fn a_stateful_service_without_ports_has_its_headless_service_only() {
    let objects = render(&workload(Controller::StatefulSet, &[least()], &json!([])));
    let keys: Vec<_> = objects.iter().map(Object::key).collect();
    assert_eq!(keys, ["Service/app0--web", "StatefulSet/app0-web"]);
    insta::assert_yaml_snapshot!(objects[0].manifest);
}

#[test]
fn a_stopped_service_remembers_its_instances() {
    let started = Workload {
        instances: 3,
        replicas: 3,
        ..workload(Controller::Deployment, &[least()], &json!([{"port": 80, "protocol": "TCP"}]))
    };
    let stopped = Workload { replicas: 0, ..started.clone() };
    let [_, manifest] = &manifests(&stopped)[..] else { panic!("two objects") };
    assert_eq!(manifest["spec"]["replicas"], 0);
    assert_eq!(manifest["metadata"]["annotations"]["slipway.dev/instance-number"], "3");
    let (started, stopped) = (render(&started), render(&stopped));
    assert_eq!(started[0], stopped[0], "the Service stays");
    assert_ne!(started[1].hash, stopped[1].hash);
    assert_eq!(started[1].template_hash, stopped[1].template_hash);
}

#[test]
fn nothing_but_the_definition_changes_the_pod_template() {
    let first = workload(Controller::Deployment, &[least()], &json!([]));
    let other_life = Workload {
        uid: "f".repeat(32).parse().unwrap(),
        revision: 9,
        instances: 5,
        replicas: 5,
        ports: serde_json::from_value(json!([{"port": 80, "protocol": "TCP"}])).unwrap(),
        ..first.clone()
    };
    let template_hash = |workload: &Workload| render(workload).pop().unwrap().template_hash;
    assert_eq!(template_hash(&first), template_hash(&other_life));
    let upgraded =
        Workload { containers: containers(&[with(&json!({"image": "nginx:1.14"}))]), ..first.clone() };
    assert_ne!(template_hash(&first), template_hash(&upgraded));
}

#[test]
fn a_long_name_is_cut_and_told_apart_by_its_hash() {
    let name = |app: &str, service: &str| names::workload(&app.parse().unwrap(), &service.parse().unwrap());
    // 52 characters fit, 53 do not.
    assert_eq!(name(&"a".repeat(30), &"s".repeat(21)), format!("{}-{}", "a".repeat(30), "s".repeat(21)));
    insta::assert_snapshot!(name(&"a".repeat(30), &"s".repeat(22)));
    insta::assert_snapshot!(name(&"a".repeat(30), &"s".repeat(30)));
    // The cut never leaves two '-' in a row.
    insta::assert_snapshot!(name(&"a".repeat(30), "sssssssssss-tttttttttttttttttt"));
    let mut workload =
        workload(Controller::StatefulSet, &[least()], &json!([{"port": 1, "protocol": "TCP"}]));
    workload.id.app = "a".repeat(30).parse().unwrap();
    workload.id.service = "s".repeat(30).parse().unwrap();
    insta::assert_yaml_snapshot!(render(&workload).iter().map(Object::key).collect::<Vec<_>>());
}

#[test]
fn a_project_is_a_namespace_of_its_name() {
    insta::assert_yaml_snapshot!(namespace(&"demo".parse().unwrap()));
}

#[test]
fn kinds_are_read_as_they_are_written() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(kind));
    }
    assert_eq!(Kind::parse("PersistentVolumeClaim"), None);
}
