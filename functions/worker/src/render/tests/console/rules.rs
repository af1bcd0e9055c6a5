//! Rules that one field or two show.

use std::collections::BTreeSet;

use common::domain::console::app::Sizing;

use super::*;

/// LAIN knows no `$(NAME)`; a shell's `$$` is its own number.
#[test]
fn kubernetes_expands_nothing_of_what_an_app_says() {
    let sample = Sample::of("worker:\n  cmd: [sh, -c, 'echo $$ $(LAIN_DOMAIN)']\n  env: ['A=$(B)']\n");
    let manifest = sample.object("Deployment/worker").manifest;
    let container = &manifest["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["args"], json!(["sh", "-c", "echo $$$$ $$(LAIN_DOMAIN)"]));
    assert_eq!(container["env"][0], json!({"name": "A", "value": "$$(B)"}));
}

#[test]
fn a_stopped_proc_keeps_its_number_and_a_removed_one_is_gone() {
    let sample = Sample::of("web:\n  num_instances: 2\nworker:\n  cmd: x\n");
    let stopped = sample.changed(|app| app.operate("web", Operation::Stop, NOW).unwrap());
    let web = stopped.object("Deployment/web").manifest;
    assert_eq!(web["spec"]["replicas"], 0);
    assert_eq!(web["metadata"]["annotations"]["slipway.dev/instance-number"], "2");
    assert!(!stopped.keys().contains(&"PodDisruptionBudget/web".to_owned()));
    let removed = stopped.changed(|app| app.remove_proc("web", NOW).unwrap());
    assert_eq!(removed.keys(), ["NetworkPolicy/slipway", "Deployment/worker"]);
}

/// lain-spec 1.3, PATCH: another number of instances restarts nothing; another size and a deploy do.
#[test]
fn only_what_is_to_restart_pods_changes_their_template() {
    for section in ["web:\n  port: 80\n", "web:\n  port: 80\n  volumes: [/d]\n"] {
        let first = deployed("hello", section);
        let hash = |app: &App| {
            let rendered = Sample::new(app.clone()).render();
            let sets = rendered.into_iter().filter(|object| object.kind.keeps_pods());
            sets.map(|object| object.template_hash).collect::<Vec<_>>()
        };
        let resized = |sizing: Value| {
            let sizing: Sizing = serde_json::from_value(sizing).unwrap();
            hash(&first.resize("web", &sizing, NOW).unwrap())
        };
        for instances in [0, 2, 9] {
            assert_eq!(resized(json!({"instances": instances})), hash(&first), "{instances} of {section}");
        }
        let stopped = first.operate("web", Operation::Stop, NOW).unwrap();
        assert_eq!(hash(&stopped), hash(&first));
        assert_ne!(resized(json!({"cpu": 4})), hash(&first));
        assert_ne!(hash(&first.operate("web", Operation::Restart, NOW).unwrap()), hash(&first));
        assert_ne!(hash(&deploy(&first, yaml("hello", section))), hash(&first));
    }
}

/// lain-spec 2.4: sixteenths of a node's cores, of which 0 means two.
#[test]
fn a_level_of_cpu_is_a_part_of_a_node() {
    for (level, cpus, limit, request) in [
        (0, 8, "1", "250m"),
        (1, 8, "500m", "125m"),
        (8, 8, "4", "1"),
        (9, 8, "4", "1"),
        (3, 1, "187m", "46m"),
    ] {
        let sample = Sample::of(&format!("worker:\n  cmd: x\n  cpu: {level}\n"))
            .with_console(json!({"nodeCpus": cpus}));
        let manifest = sample.object("Deployment/worker").manifest;
        let resources = &manifest["spec"]["template"]["spec"]["containers"][0]["resources"];
        assert_eq!(
            (&resources["limits"]["cpu"], &resources["requests"]["cpu"]),
            (&json!(limit), &json!(request))
        );
        assert_eq!(resources["limits"]["memory"], resources["requests"]["memory"]);
    }
}

/// Kubernetes takes 20 search domains, of 2048 characters together.
#[test]
fn search_domains_are_as_many_as_kubernetes_takes() {
    let searches = |app: &str, letters: usize| {
        let letters = "s".repeat(letters);
        let section = |number| format!("worker.{letters}{number}:\n  cmd: x\n  volumes: [/d]\n");
        let sample = Sample::new(deployed(app, &(0..30).map(section).collect::<String>()));
        let first = sample.render().into_iter().find(|object| object.kind == Kind::StatefulSet).unwrap();
        let searches = &first.manifest["spec"]["template"]["spec"]["dnsConfig"]["searches"];
        serde_json::from_value::<Vec<String>>(searches.clone()).unwrap()
    };
    assert_eq!(searches("hello", 1).len(), 20);
    let long = searches(&"a".repeat(128), 60);
    assert!(long.len() < 20 && (1900..=2048).contains(&long.join(" ").len()), "{long:?}");
}

/// A Job cannot be changed, and what it has of secret files or volumes would change it.
#[test]
fn a_oneshot_has_its_files_and_its_volumes_in_a_template_that_stays() {
    let sample = |content: &str| {
        let sections = "oneshot.migrate:\n  cmd: x\n  secret_files: [key]\n  volumes: [/data]\n  \
            cloud_volumes: {dirs: [/c]}\n";
        Sample::of(sections).with_file("hello.oneshot.migrate", "/lain/app/key", content)
    };
    let claims = ["PersistentVolumeClaim/migrate-cloud", "PersistentVolumeClaim/migrate-vol-bd47413b"];
    let keys = sample("one").keys();
    assert!(keys.contains(&"Secret/migrate-files".to_owned()), "{keys:?}");
    let job = sample("one").object("Job/migrate-r1n1");
    assert_eq!(job.template_hash, sample("two").object("Job/migrate-r1n1").template_hash);
    let pod = &job.manifest["spec"]["template"]["spec"];
    let volumes = pod["volumes"].as_array().unwrap();
    let of = |volume: &Value| volume["persistentVolumeClaim"]["claimName"].as_str().map(str::to_owned);
    let claimed: BTreeSet<_> = volumes.iter().filter_map(of).collect();
    assert_eq!(
        claimed.iter().map(|name| format!("PersistentVolumeClaim/{name}")).collect::<Vec<_>>(),
        claims
    );
    assert!(claims.iter().all(|claim| keys.contains(&(*claim).to_owned())), "{keys:?}");
    let names: BTreeSet<_> = volumes.iter().map(|volume| &volume["name"]).map(Value::to_string).collect();
    let mounts = pod["containers"][0]["volumeMounts"].as_array().unwrap();
    assert!(mounts.iter().all(|mount| names.contains(&mount["name"].to_string())), "{pod}");
}

/// Else only root could read what is on its volumes.
#[test]
fn volumes_and_secret_files_belong_to_the_user_that_has_a_number() {
    let files = "  volumes: [/d]\n";
    for (user, files, group) in
        [("'1000'", files, json!(1000)), ("'1000'", "", json!(null)), ("www", files, json!(null))]
    {
        let objects = Sample::of(&format!("worker:\n  cmd: x\n  user: {user}\n{files}")).render();
        let set = objects.iter().find(|object| object.kind.keeps_pods()).unwrap();
        assert_eq!(set.manifest["spec"]["template"]["spec"]["securityContext"]["fsGroup"], group, "{user}");
    }
    let sample = Sample::of("worker:\n  cmd: x\n  user: '7'\n  secret_files: [key]\n");
    let sample = sample.with_file("hello.worker.worker", "/lain/app/key", "s");
    let template = sample.object("Deployment/worker").manifest["spec"]["template"].clone();
    assert_eq!(template["spec"]["securityContext"]["fsGroup"], 7);
}

/// People look for all of an app by its labels, also for what outlives it.
#[test]
fn everything_has_the_labels_of_its_app() {
    let sections = "web:\n  volumes: [/d]\nworker:\n  cmd: x\n  cloud_volumes: {type: single, dirs: [/a]}\n";
    let mut labels: Vec<_> = Sample::of(sections)
        .manifests()
        .into_iter()
        .map(|manifest| manifest["metadata"]["labels"].clone())
        .collect();
    let set = Sample::of(sections).object("StatefulSet/web").manifest;
    labels.push(set["spec"]["volumeClaimTemplates"][0]["metadata"]["labels"].clone());
    assert!(labels.iter().all(|labels| labels["slipway.dev/app"] == "hello"), "{labels:?}");
    assert!(labels.iter().all(|labels| labels["app.kubernetes.io/managed-by"] == "slipway"), "{labels:?}");
}

/// A portal may be called like a proc of its client.
#[test]
fn what_goes_with_a_group_is_called_like_it() {
    let service = "web:\n  port: 80\nportal.worker:\n  service_name: ip\n  cmd: x\n  port: 80\n  \
        cloud_volumes: {type: single, dirs: [/a]}\n";
    let worker = "use_services: {ipsvc: [ip]}\nworker:\n  cmd: x\n  \
        cloud_volumes: {type: single, dirs: [/a]}\n";
    let keys = Sample::of(worker).with_service(deployed("ipsvc", service)).keys();
    for claim in ["worker-cloud", "ipsvc-worker-cloud"] {
        assert!(keys.contains(&format!("PersistentVolumeClaim/{claim}")), "{keys:?}");
    }
}

#[test]
fn lains_own_hosts_are_left_out_however_they_are_written() {
    let sample = Sample::of("web:\n  mountpoint: [Web.Hello.LAIN, WWW.Example.com]\n");
    let ingress = sample.object("Ingress/web").manifest;
    let hosts: Vec<_> =
        ingress["spec"]["rules"].as_array().unwrap().iter().map(|rule| &rule["host"]).collect();
    assert_eq!(hosts, ["hello.lain.example", "hello.other.example", "www.example.com"]);
}

#[test]
fn names_that_clash_are_told() {
    let clash = Sample::of("use_services: {ipsvc: [ip]}\nweb.ip:\n  port: 80\n  mountpoint: [a.b]\n")
        .with_service(ipsvc());
    let domains = Domains::new("lain.example".to_owned(), Vec::new());
    let failure = workload(&clash.app, &clash.services, &clash.files, &clash.region, &domains).unwrap_err();
    assert_eq!((failure.reason.as_str(), failure.generation), ("DuplicateName", 1));
}

#[test]
fn https_only_is_told_to_the_ingress_controller_in_its_own_words() {
    for (class, annotation) in [
        (json!(null), "nginx.ingress.kubernetes.io/force-ssl-redirect"),
        (json!("nginx"), "nginx.ingress.kubernetes.io/force-ssl-redirect"),
        (json!("traefik"), "traefik.ingress.kubernetes.io/router.entrypoints"),
        (json!("haproxy"), "haproxy.org/ssl-redirect"),
    ] {
        let ingress = |https_only: bool| {
            let sample = Sample::of(&format!("web:\n  https_only: {https_only}\n"));
            sample.with_console(json!({"ingressClass": class})).object("Ingress/web").manifest
        };
        assert!(ingress(true)["metadata"]["annotations"][annotation].is_string(), "{class}");
        assert!(ingress(false)["metadata"]["annotations"][annotation].is_null(), "{class}");
        assert_eq!(ingress(true)["spec"]["ingressClassName"], class);
    }
}

#[test]
fn a_host_has_the_certificate_of_the_nearest_domain() {
    let mountpoints = "[a.example.com, b.x.example.com, notexample.com]";
    let sample = Sample::of(&format!("web:\n  mountpoint: {mountpoints}\n"))
        .with_console(json!({"tls": {"example.com": "outer", "x.example.com": "inner"}}));
    let tls = sample.object("Ingress/web").manifest["spec"]["tls"].clone();
    let expected = json!([
        {"hosts": ["b.x.example.com"], "secretName": "inner"},
        {"hosts": ["a.example.com"], "secretName": "outer"},
    ]);
    assert_eq!(tls, expected);
}

#[test]
fn a_used_service_that_is_not_there_is_left_out() {
    let absent = || Sample::of("use_services: {ipsvc: [ip, other]}\nworker:\n  cmd: x\n");
    assert_eq!(absent().keys(), ["NetworkPolicy/slipway", "Deployment/worker"]);
    let registered_only = absent().with_service(registered("ipsvc"));
    assert_eq!(registered_only.keys(), absent().keys());
}
