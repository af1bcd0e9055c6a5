//! What holds of every console app's manifests, whatever its names.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// A plain name of at most so many characters; long ones and those that Kubernetes does not take more often than chance
/// would have it.
fn name(chars_max: usize) -> impl Strategy<Value = String> {
    let whole = ["web", "Web", "a-b", "A1-b2"].map(str::to_owned).to_vec();
    let long = "[a-zA-Z]{1,4}".prop_map(move |part| part.repeat(chars_max / part.len()));
    prop_oneof![select(whole), long, "[a-zA-Z][a-zA-Z0-9]{0,12}(-[a-zA-Z0-9]{1,12}){0,3}"]
}

fn version() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9]{1,10}-[a-zA-Z0-9_.-]{1,100}", Just(VERSION.to_owned()), Just("1-a_".to_owned())]
}

/// An app with a proc of each sort, and a client of its portal.
fn samples() -> impl Strategy<Value = [Sample; 2]> {
    let procs = proptest::collection::btree_set(name(63), 5);
    (name(128), name(128), procs, name(63), version()).prop_filter_map(
        "names that are taken",
        |(app, client, procs, service, version)| {
            let procs: Vec<_> = procs.into_iter().collect();
            let [web, set, once, worker, portal] = procs.as_slice() else { return None };
            let sections = format!(
                "web.{web}:\n  port: 80\n  num_instances: 2\n  mountpoint: [a.b/c]\n  ports: '9500'\n  \
                 secret_files: [/k]\nworker.{set}:\n  cmd: x\n  port: 81\n  num_instances: 2\n  volumes: [/d]\n  \
                 labels: ['{set}:{once}']\n  filters: ['affinity:{set}==~{once}']\noneshot.{once}:\n  cmd: x\n\
                 worker.{worker}:\n  cmd: x\n  cloud_volumes: {{type: single, dirs: [/c]}}\nportal.{portal}:\n  \
                 service_name: {service}\n  port: 82\n"
            );
            let deployed = |app: &str, sections: &str| {
                let name: AppName = app.parse().ok()?;
                let image = format!("registry/x:release-{}", version.trim_end_matches(['.', '-']));
                let version = version.parse().ok()?;
                registered(name.as_str()).deploy(version, image, yaml(app, sections), NOW).ok()
            };
            let own = deployed(&app, &sections)?;
            let uses = format!("use_services: {{{app}: [{service}]}}\nworker.Other:\n  cmd: x\n");
            let client = deployed(&client, &uses).filter(|client| client.name() != own.name())?;
            let file = format!("{app}.web.{web}");
            Some([
                Sample::new(own.clone()).with_file(&file, "/k", "s"),
                Sample::new(client).with_service(own),
            ])
        },
    )
}

fn is_label(text: &str, bytes_max: usize) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=bytes_max).contains(&text.len())
        && text.bytes().all(|byte| inner(byte) || byte == b'-')
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && text.bytes().last().is_some_and(inner)
}

/// What Kubernetes takes as a label's value, or as the last part of its key.
fn is_value(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let ends = |text: &str| text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 63 && text.bytes().all(good) && ends(text) && ends(&text.chars().rev().collect::<String>())
}

#[track_caller]
fn check_labels(labels: &Value) {
    for (key, value) in labels.as_object().unwrap() {
        let (_, name) = key.rsplit_once('/').unwrap();
        assert!(is_value(name), "{key}");
        assert!(is_value(value.as_str().unwrap()), "{key}: {value}");
    }
}

#[track_caller]
fn check_pod(object: &Object) {
    let template = &object.manifest["spec"]["template"];
    check_labels(&template["metadata"]["labels"]);
    let pod = &template["spec"];
    let list = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let named = |each: &Value| each["name"].as_str().unwrap().to_owned();
    let container = &pod["containers"][0];
    assert!(is_label(&named(container), 63));
    let own = list(&pod["volumes"]).iter().map(named).collect::<Vec<_>>();
    let claims = list(&object.manifest["spec"]["volumeClaimTemplates"]);
    let claims = claims.iter().map(|claim| named(&claim["metadata"]));
    let volumes: BTreeSet<_> = own.iter().cloned().chain(claims).collect();
    assert!(list(&container["volumeMounts"]).iter().all(|mount| volumes.contains(&named(mount))));
    let searches = list(&pod["dnsConfig"]["searches"]);
    let chars: usize = searches.iter().map(|search| search.as_str().unwrap().len() + 1).sum();
    assert!(searches.len() <= 20 && chars <= 2048, "{searches:?}");
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_legal_name_makes_objects_that_kubernetes_takes(samples in samples()) {
        for sample in samples {
            let workload = sample.workload();
            prop_assert!(is_label(&workload.namespace.name, 63), "{}", workload.namespace.name);
            let objects = render(&workload);
            let keys: BTreeSet<_> = objects.iter().map(Object::key).collect();
            prop_assert_eq!(keys.len(), objects.len());
            for object in &objects {
                let metadata = &object.manifest["metadata"];
                prop_assert!(is_label(&object.name, 63), "{}", object.key());
                prop_assert_eq!(&metadata["annotations"]["slipway.dev/uid"], workload.owner.as_str());
                prop_assert_eq!(&metadata["namespace"], &workload.namespace.name);
                check_labels(&metadata["labels"]);
                if object.kind.keeps_pods() {
                    prop_assert!(object.name.len() <= 52, "{}", object.key());
                    check_pod(object);
                }
            }
        }
    }

    #[test]
    fn no_two_apps_share_a_namespace(one in name(128), other in name(128)) {
        let of = |name: &str| name.parse::<AppName>().map(|name| app_namespace(&name).name);
        prop_assert_eq!(of(&one) == of(&other), one == other);
    }
}
