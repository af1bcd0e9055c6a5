use serde_json::{Value, json};

use super::*;
use crate::domain::Error;
use crate::domain::container::EnvValue;

fn region() -> Region {
    Region::with_defaults("xq".parse().unwrap(), "one".to_owned(), None)
}

/// A request that is good, with these members replaced.
fn with(members: &Value) -> Value {
    let mut body = json!({
        "name": "s1", "type": "stateless", "resourceSpec": "1U1G", "containers": [{"image": "nginx:1"}],
    });
    for (key, value) in members.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn container(members: &Value) -> Value {
    let mut container = json!({"image": "nginx:1"});
    for (key, value) in members.as_object().unwrap() {
        container[key] = value.clone();
    }
    json!({"containers": [container]})
}

fn read(body: &Value) -> Result<NewService> {
    new_service(body.to_string().as_bytes(), &region())
}

#[track_caller]
fn accept(members: &Value) -> NewService {
    read(&with(members)).unwrap_or_else(|error| panic!("{members} was refused: {error}"))
}

/// The fields that are refused, in order.
#[track_caller]
fn refuse(members: &Value) -> Vec<String> {
    match read(&with(members)) {
        Err(Error::Invalid(faults)) => faults.into_iter().map(|fault| fault.field).collect(),
        other => panic!("{members} was not refused: {other:?}"),
    }
}

#[test]
fn what_the_vendors_sdk_sends_is_accepted() {
    let body = json!({
        "appName": "", "projectName": "", "name": "web", "status": {}, "pods": null, "type": "stateless",
        "resourceSpec": "1U1G", "instanceNumber": 2, "ports": null, "containers": [{
            "image": "nginx:1.13", "workingDir": "", "command": null, "args": null, "volumeMounts": null,
            "configs": null, "envs": null,
        }], "creationTime": "0001-01-01T00:00:00Z", "gpuSpec": null,
    });
    let service = read(&body).unwrap();
    assert_eq!(service.shape.instances(), 2);
    assert_eq!(service.definition.containers[0].name.as_str(), "container-0");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn each_rule_of_a_service_is_told_with_its_field() {
    let long = |n: usize| "a".repeat(n);
    let two =
        |name: &str| json!({"containers": [{"image": "a:1", "name": name}, {"image": "a:1", "name": name}]});
    for (members, field) in [
        (json!({"name": long(31)}), "name"),
        (json!({"name": null}), "name"),
        (json!({"name": 1}), "name"),
        (json!({"type": "Stateful"}), "type"),
        (json!({"type": ""}), "type"),
        (json!({"type": null}), "type"),
        (json!({"type": 1}), "type"),
        (json!({"type": "stateful", "instanceNumber": 2}), "instanceNumber"),
        (json!({"instanceNumber": 0}), "instanceNumber"),
        (json!({"instanceNumber": -1}), "instanceNumber"),
        (json!({"instanceNumber": 1.5}), "instanceNumber"),
        (json!({"instanceNumber": "3"}), "instanceNumber"),
        (json!({"instanceNumber": 2_147_483_648_u64}), "instanceNumber"),
        (json!({"resourceSpec": "9U9G"}), "resourceSpec"),
        (json!({"resourceSpec": null}), "resourceSpec"),
        (json!({"gpuSpec": {"gpu": 1}}), "gpuSpec"),
        (json!({"containers": []}), "containers"),
        (json!({"containers": null}), "containers"),
        (json!({"containers": {}}), "containers"),
        (json!({"containers": [1]}), "containers[0]"),
        (json!({"containers": vec![json!({"image": "a:1"}); 9]}), "containers"),
        (two("c"), "containers[1].name"),
        (container(&json!({"name": "C0"})), "containers[0].name"),
        (container(&json!({"name": long(33)})), "containers[0].name"),
        (container(&json!({"image": "nginx"})), "containers[0].image"),
        (container(&json!({"image": null})), "containers[0].image"),
        (container(&json!({"workingDir": "rel"})), "containers[0].workingDir"),
        (container(&json!({"command": vec!["a"; 65]})), "containers[0].command"),
        (container(&json!({"command": [1]})), "containers[0].command[0]"),
        (container(&json!({"args": [long(8193)]})), "containers[0].args[0]"),
        (
            container(&json!({"volumeMounts": [{"volumeName": "v", "mountPath": "/m"}]})),
            "containers[0].volumeMounts",
        ),
        (
            container(&json!({"configs": [{"configMapName": "a.b", "mountPath": "/m"}]})),
            "containers[0].configs[0].configMapName",
        ),
        (
            container(&json!({"configs": [{"configMapName": "cm", "mountPath": "m"}]})),
            "containers[0].configs[0].mountPath",
        ),
        (container(&json!({"envs": [{"name": "A"}, {"name": "A"}]})), "containers[0].envs[1].name"),
        (container(&json!({"envs": [{"name": "1A"}]})), "containers[0].envs[0].name"),
        (
            container(&json!({"envs": [{"name": "A", "type": "configmap", "value": "cm.k"}]})),
            "containers[0].envs[0].type",
        ),
        (container(&json!({"envs": [{"name": "A", "type": 1}]})), "containers[0].envs[0].type"),
        (
            container(&json!({"envs": [{"name": "A", "type": "configMap", "value": "cm"}]})),
            "containers[0].envs[0].value",
        ),
        (container(&json!({"envs": [{"name": "A", "type": "configMap"}]})), "containers[0].envs[0].value"),
        (container(&json!({"envs": [{"name": "A", "value": long(1025)}]})), "containers[0].envs[0].value"),
        (json!({"ports": [{"port": 0, "protocol": "TCP"}]}), "ports[0].port"),
        (json!({"ports": [{"port": 65536, "protocol": "TCP"}]}), "ports[0].port"),
        (json!({"ports": [{"port": 80.0, "protocol": "TCP"}]}), "ports[0].port"),
        (json!({"ports": [{"port": 80}]}), "ports[0].protocol"),
        (json!({"ports": [{"port": 80, "protocol": "SCTP"}]}), "ports[0].protocol"),
        (json!({"ports": [{"port": 80, "protocol": "tcp"}, {"port": 80, "protocol": "TCP"}]}), "ports[1]"),
        (json!({"ports": [{"port": 80, "protocol": "TCP", "servicePort": 81}]}), "ports[0].servicePort"),
        (json!({"ports": [{"port": 80, "protocol": "TCP", "albs": [1]}]}), "ports[0].albs"),
    ] {
        assert_eq!(refuse(&members), [field], "{members}");
    }
}

#[test]
fn all_faults_come_in_one_answer() {
    let members = json!({
        "name": "-", "instanceNumber": 0, "ports": [{"port": 0}],
        "containers": [{"image": "nginx", "volumeMounts": [{}]}, {"image": "a:1", "envs": [{"name": ""}]}],
    });
    assert_eq!(
        refuse(&members),
        [
            "name",
            "instanceNumber",
            "ports[0].port",
            "ports[0].protocol",
            "containers[0].image",
            "containers[0].volumeMounts",
            "containers[1].envs[0].name",
        ]
    );
}

#[test]
fn places_in_a_container_are_unique_once_the_slash_is_off() {
    let members = container(&json!({
        "volumeMounts": [{"volumeName": "v", "mountPath": "/mnt/x"}],
        "configs": [{"configMapName": "cm", "mountPath": "/mnt/x/"}],
    }));
    let mut members = members.as_object().unwrap().clone();
    members.insert("type".to_owned(), json!("stateful"));
    assert_eq!(refuse(&Value::Object(members)), ["containers[0].configs[0].mountPath"]);
}

#[test]
fn defaults_are_filled_in() {
    let service = accept(&json!({
        "type": "stateful",
        "ports": [{"port": 8080, "protocol": "udp", "servicePort": 0, "albs": []}],
        "containers": [
            {"image": "a:1"},
            {"image": "a:1", "name": "container-0", "volumeMounts": [{"volumeName": "v", "mountPath": "/m/"}]},
            {"image": "a:1", "name": "", "envs": [{"name": "A.B-c"}, {"name": "B", "type": "", "value": "cm.k"}]},
        ],
    }));
    let names: Vec<_> =
        service.definition.containers.iter().map(|container| container.name.as_str()).collect();
    assert_eq!(names, ["container-1", "container-0", "container-2"]);
    assert_eq!((service.shape, service.ports[0].protocol), (Shape::Stateful, Protocol::Udp));
    let mount = &service.definition.containers[1].volume_mounts[0];
    assert_eq!((mount.read_only, mount.mount_path.as_str()), (true, "/m"));
    let envs = &service.definition.containers[2].envs;
    assert_eq!(envs[0].value, EnvValue::Literal(String::new()));
    assert_eq!(envs[1].value, EnvValue::Literal("cm.k".to_owned()));
}

#[test]
fn a_definition_is_at_most_64_kib() {
    let args: Vec<_> = (0..9).map(|_| "a".repeat(8000)).collect();
    assert_eq!(refuse(&container(&json!({"args": args}))), [""]);
}

#[test]
fn an_app_brings_at_most_32_services_of_different_names() {
    let app = |services: Vec<Value>| {
        let body = json!({"name": "a1", "microservices": services}).to_string();
        match new_app(body.as_bytes(), &region()) {
            Ok(app) => Ok(app.services.len()),
            Err(Error::Invalid(faults)) => {
                Err(faults.into_iter().map(|fault| fault.field).collect::<Vec<_>>())
            }
            Err(other) => panic!("unexpected: {other}"),
        }
    };
    let named = |n: usize| (0..n).map(|k| with(&json!({"name": format!("s{k}")}))).collect::<Vec<_>>();
    assert_eq!(app(named(32)), Ok(32));
    assert_eq!(app(named(33)), Err(vec!["microservices".to_owned()]));
    assert_eq!(app(vec![with(&json!({})); 2]), Err(vec!["microservices[1].name".to_owned()]));
    let bad = with(&json!({"name": "s2", "type": "x"}));
    assert_eq!(app(vec![with(&json!({})), bad]), Err(vec!["microservices[1].type".to_owned()]));
}

#[test]
fn an_upgrade_replaces_what_it_gives_and_keeps_the_rest() {
    let id = serde_json::from_str(r#"{"region":"xq","project":"p","app":"a","service":"s1"}"#).unwrap();
    let stored = accept(&json!({})).into_service(
        id,
        crate::domain::name::Uid::random(),
        crate::domain::Timestamp::UNIX_EPOCH,
    );
    let read = |body: Value| upgrade(body.to_string().as_bytes(), &region(), Some(&stored));
    let spec = read(json!({"resourceSpec": "2U4G"})).unwrap().unwrap();
    assert_eq!((spec.resource_spec.as_str(), &spec.containers), ("2U4G", &stored.definition.containers));
    let containers =
        read(json!({"resourceSpec": "", "containers": [{"image": "nginx:2"}]})).unwrap().unwrap();
    assert_eq!(containers.resource_spec, stored.definition.resource_spec);
    for bad in [
        json!({}),
        json!({"resourceSpec": ""}),
        json!({"containers": []}),
        json!({"resourceSpec": "nope"}),
        json!({"containers": [{"image": "a:1", "volumeMounts": [{"volumeName": "v", "mountPath": "/m"}]}]}),
    ] {
        assert!(read(bad.clone()).is_err(), "{bad} should be refused");
    }
    let Err(Error::Invalid(faults)) = read(json!({"resourceSpec": 1})) else { panic!("a number is no name") };
    assert_eq!(faults.len(), 1, "one fault is told once: {faults:?}");
}

#[test]
fn ports_must_be_given_to_be_replaced() {
    assert!(ports(b"{}").is_err());
    assert_eq!(ports(br#"{"ports":null}"#).unwrap(), []);
    assert_eq!(ports(br#"{"ports":[]}"#).unwrap(), []);
}
