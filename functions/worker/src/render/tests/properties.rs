//! What holds of every manifest, whatever the workload.

use std::collections::BTreeMap;

use common::domain::service::Desired;
use common::domain::service::workload::{address, headless, name};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{STATELESS, Sample, Shape, sample, with};

/// Names of both grammars, long ones more often than chance would have it.
fn app() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z][a-z0-9]{0,29}", "a{25,30}", "[ab]{1,3}"]
}

fn service() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]([-a-z0-9]{0,28}[a-z0-9])?", "a-{1,28}a", "s{25,30}", "[ab](-[ab]){0,2}"]
}

fn any_service() -> impl Strategy<Value = Sample> {
    let text = "\\PC{0,20}";
    let path = "(/[a-z.]{1,8}x){1,3}";
    let mounts = proptest::collection::vec((path, any::<bool>(), "[a-z]{1,3}"), 0..4);
    let envs = proptest::collection::btree_map("[A-Z_]{1,4}", text, 0..4);
    let ports = proptest::collection::btree_set((1_u16.., prop_oneof![Just("TCP"), Just("UDP")]), 0..4);
    let shape = prop_oneof![Just(STATELESS), Just(Shape::Stateful)];
    (app(), service(), shape, mounts, envs, ports, proptest::collection::vec(text, 0..3), any::<bool>()).prop_map(
        |(app, service, shape, mounts, envs, ports, args, stopped)| {
            let volume_mounts: Vec<_> = mounts
                .iter()
                .map(|(path, read_only, name)| json!({"volumeName": name, "readOnly": read_only, "mountPath": path}))
                .collect();
            let configs: Vec<_> = mounts
                .iter()
                .map(|(path, _, name)| json!({"configMapName": name, "mountPath": format!("/c{path}")}))
                .collect();
            let envs: Vec<_> =
                envs.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
            let ports: Vec<_> = ports
                .iter()
                .map(|(port, protocol)| json!({"port": port, "protocol": protocol}))
                .collect();
            let container = with(&json!({
                "volumeMounts": volume_mounts, "configs": configs, "envs": envs, "args": args,
                "command": args,
            }));
            let mut sample = sample(shape, &[container], &json!(ports));
            sample.service.id.app = app.parse().unwrap();
            sample.service.id.service = service.parse().unwrap();
            if stopped {
                sample.service.desired = Desired::Stopped;
            }
            sample
        },
    )
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| inner(byte) || byte == b'-')
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && text.bytes().last().is_some_and(inner)
}

/// The keys of all maps in a value.
fn keys(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.keys().cloned());
            map.values().for_each(|value| keys(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What would make a pod more than an ordinary one: Pod Security's `baseline` refuses it, or we do.
const PRIVILEGED: [&str; 16] = [
    "privileged",
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "hostPort",
    "hostPath",
    "hostUsers",
    "add",
    "procMount",
    "sysctls",
    "seLinuxOptions",
    "appArmorProfile",
    "serviceAccountName",
    "nodeName",
    "ephemeralContainers",
    "runAsUser",
];

proptest! {
    #[test]
    fn names_are_labels_within_their_limits(app in app(), service in service()) {
        let (app, service) = (app.parse().unwrap(), service.parse().unwrap());
        let workload = name(&app, &service);
        prop_assert!(is_label(&workload) && workload.len() <= 52, "{}", workload);
        let (address, headless) = (address(&app, &service), headless(&app, &service));
        prop_assert!(is_label(&address) && address.len() <= 61, "{}", address);
        prop_assert!(is_label(&headless) && headless.len() <= 62, "{}", headless);
    }

    #[test]
    fn no_two_services_share_a_name(services in proptest::collection::btree_set((app(), service()), 1..60)) {
        let (mut workloads, mut addresses) = (BTreeMap::new(), BTreeMap::new());
        for (app, service) in services {
            let (a, s) = (app.parse().unwrap(), service.parse().unwrap());
            let id = (app, service);
            prop_assert_eq!(workloads.insert(name(&a, &s), id.clone()), None);
            prop_assert_eq!(addresses.insert(address(&a, &s), id.clone()), None);
            prop_assert_eq!(addresses.insert(headless(&a, &s), id), None);
        }
    }

    #[test]
    fn the_same_workload_gives_the_same_bytes(sample in any_service()) {
        let (first, second) = (sample.render(), sample.clone().render());
        prop_assert_eq!(json!(first.iter().map(|object| &object.manifest).collect::<Vec<_>>()).to_string(),
            json!(second.iter().map(|object| &object.manifest).collect::<Vec<_>>()).to_string());
        prop_assert_eq!(first, second);
    }

    #[test]
    fn no_manifest_asks_for_a_privilege(sample in any_service()) {
        for object in sample.render() {
            let mut found = Vec::new();
            keys(&object.manifest, &mut found);
            for key in PRIVILEGED {
                prop_assert!(!found.iter().any(|found| found == key), "{} has {}", object.key(), key);
            }
        }
    }

    #[test]
    fn every_object_says_whose_it_is(sample in any_service()) {
        for object in sample.render() {
            let metadata = &object.manifest["metadata"];
            prop_assert_eq!(&metadata["name"], object.name.as_str());
            prop_assert_eq!(&metadata["namespace"], sample.service.id.project.as_str());
            prop_assert_eq!(&metadata["annotations"]["slipway.dev/uid"], sample.service.uid.as_str());
            prop_assert_eq!(&metadata["labels"]["app.kubernetes.io/managed-by"], "slipway");
            prop_assert_eq!(object.kind.as_str(), &object.manifest["kind"]);
            let template = &object.manifest["spec"]["template"]["metadata"];
            prop_assert_eq!(&template["annotations"], &Value::Null);
            prop_assert!(template.is_null() || template["labels"] == metadata["labels"]);
        }
    }

    /// Kubernetes refuses a mount without its volume, two volumes of a name, and label values over 63 characters.
    #[test]
    fn mounts_find_their_volumes(sample in any_service()) {
        let object = sample.render().pop().unwrap();
        let pod = &object.manifest["spec"]["template"]["spec"];
        let names = |list: &Value| -> Vec<String> {
            let names = list.as_array().into_iter().flatten();
            names.map(|each| each["name"].as_str().unwrap().to_owned()).collect()
        };
        let mut volumes = names(&pod["volumes"]);
        let mounts = names(&pod["containers"][0]["volumeMounts"]);
        prop_assert!(mounts.iter().all(|mount| volumes.contains(mount)));
        volumes.sort();
        volumes.dedup();
        prop_assert_eq!(volumes.len(), names(&pod["volumes"]).len());
    }
}
