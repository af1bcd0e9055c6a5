//! Manifests of console apps (lain-spec §6).

use std::collections::BTreeMap;

use common::domain::Timestamp;
use common::domain::console::app::App;
use common::domain::console::change::Operation;
use common::domain::console::domains::Domains;
use common::domain::console::manifest::{LainYaml, Manifest, Param};
use common::domain::console::name::AppName;
use common::domain::console::secret::SecretFile;
use common::domain::console::workload::{Files, namespace as app_namespace, workload};
use common::domain::region::Region;
use common::domain::subject::AppId;
use common::domain::workload::Workload;
use serde_json::{Value, json};

use super::super::*;

mod properties;
mod rules;

const VERSION: &str = "1435893486-ead17ccee6d904f8e01f339e9e96c00812c70756";
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// An app with all that its workload is made of.
#[derive(Debug)]
struct Sample {
    app: App,
    services: BTreeMap<AppName, App>,
    files: Files,
    region: Region,
}

impl Sample {
    fn new(app: App) -> Self {
        let region = Region::with_defaults("xq".parse().unwrap(), "one".to_owned(), None);
        Self { app, services: BTreeMap::new(), files: Files::new(), region }
    }

    /// The app `hello` with these sections.
    fn of(sections: &str) -> Self {
        Self::new(deployed("hello", sections))
    }

    /// With these settings for console apps.
    fn with_console(mut self, settings: Value) -> Self {
        self.region.console = serde_json::from_value(settings).unwrap();
        self
    }

    fn with_service(mut self, service: App) -> Self {
        self.services.insert(service.name().clone(), service);
        self
    }

    fn with_file(mut self, podgroup: &str, path: &str, content: &str) -> Self {
        let file = SecretFile { content: content.into(), mode: 0o400 };
        self.files.entry(podgroup.to_owned()).or_default().insert(path.to_owned(), file);
        self
    }

    fn changed(self, change: impl FnOnce(&App) -> App) -> Self {
        Self { app: change(&self.app), ..self }
    }

    fn workload(&self) -> Workload {
        let domains = Domains::new("lain.example".to_owned(), vec!["other.example".to_owned()]);
        workload(&self.app, &self.services, &self.files, &self.region, &domains).unwrap()
    }

    fn render(&self) -> Vec<Object> {
        render(&self.workload())
    }

    fn manifests(&self) -> Vec<Value> {
        self.render().into_iter().map(|object| object.manifest).collect()
    }

    fn keys(&self) -> Vec<String> {
        self.render().iter().map(Object::key).collect()
    }

    fn object(&self, key: &str) -> Object {
        let found = self.render().into_iter().find(|object| object.key() == key);
        found.unwrap_or_else(|| panic!("no {key} among {:?}", self.keys()))
    }
}

fn yaml(app: &str, sections: &str) -> LainYaml {
    let text = format!("appname: {app}\nbuild: {{base: golang, script: [go build]}}\n{sections}");
    LainYaml::parse(&text).unwrap()
}

fn registered(app: &str) -> App {
    let id = AppId { region: "xq".parse().unwrap(), app: app.parse().unwrap() };
    App::register(id, "0123456789abcdef0123456789abcdef".parse().unwrap(), NOW)
}

fn deploy(app: &App, yaml: LainYaml) -> App {
    let image = format!("registry.lain.example/{}:release-{VERSION}", app.name().repository());
    app.deploy(VERSION.parse().unwrap(), image, yaml, NOW).unwrap()
}

fn deployed(app: &str, sections: &str) -> App {
    deploy(&registered(app), yaml(app, sections))
}

#[test]
fn a_web_proc_with_everything() {
    let sample = Sample::of(
        "web:\n  cmd: ./hello -v\n  entrypoint: [/bin/sh, -c]\n  port: 8080\n  memory: 64m\n  cpu: 3\n  \
         num_instances: 2\n  env: [A=1, LAIN_APPNAME=mine]\n  user: '1000'\n  workdir: /srv\n  \
         mountpoint: [www.example.com/a, /api]\n  healthcheck: /ping\n  setup_time: 5\n  kill_timeout: 20\n  \
         labels: ['role:front end']\n  logs: [a.log]\n  dns_search: [Example.com]\n",
    );
    insta::assert_yaml_snapshot!(sample.manifests());
}

#[test]
fn a_worker_has_nothing_that_it_does_not_need() {
    insta::assert_yaml_snapshot!(Sample::of("worker:\n  cmd: x\n").manifests());
}

#[test]
fn a_stateful_proc_has_a_claim_for_each_volume_and_instance() {
    let sample =
        Sample::of("web:\n  port: 80\n  num_instances: 3\n  setup_time: 7\n  volumes: [/data, cache]\n");
    insta::assert_yaml_snapshot!(sample.manifests());
}

#[test]
fn cloud_volumes_are_shared_by_all_instances_or_each_ones_own() {
    let sample = |kind: &str| {
        Sample::of(&format!("worker:\n  cmd: x\n  cloud_volumes: {{type: {kind}, dirs: [/a, /b/c]}}\n"))
            .with_console(json!({"sharedStorageClass": "nfs", "storageClass": "ssd", "volumeSizeGi": 3}))
    };
    insta::assert_yaml_snapshot!("shared", sample("single").manifests());
    insta::assert_yaml_snapshot!("own", sample("multi").manifests());
}

#[test]
fn secret_files_are_mounted_and_their_hash_makes_new_pods() {
    let sample = |content: &str| {
        Sample::of("web:\n  secret_files: [conf/key, /etc/absent]\n  secret_files_bypass: true\n")
            .with_file("hello.web.web", "/lain/app/conf/key", content)
            .with_file("hello.web.web", "/not/declared", "x")
    };
    insta::assert_yaml_snapshot!(sample("one").manifests());
    let hash = |content: &str| sample(content).object("Deployment/web").template_hash;
    assert_ne!(hash("one"), hash("two"));
    let shown = format!("{:?} {:?}", sample("one").workload(), sample("one").render());
    assert!(!shown.contains("b25l") && !shown.contains("111, 110, 101"), "{shown}");
}

#[test]
fn a_oneshot_is_a_job_that_a_stop_pauses() {
    let sample = Sample::of("oneshot.migrate:\n  cmd: ./migrate\n  num_instances: 2\n");
    insta::assert_yaml_snapshot!(sample.manifests());
    let stopped = sample.changed(|app| app.operate("migrate", Operation::Stop, NOW).unwrap());
    let job = stopped.object("Job/migrate-r1n2").manifest;
    let spec = |field: &str| job["spec"][field].clone();
    assert_eq!((spec("suspend"), spec("completions")), (json!(true), json!(2)), "completions are for ever");
}

fn ipsvc() -> App {
    let portal = "portal.portal-ip:\n  service_name: ip\n  cmd: ./proxy\n  port: 6000\n";
    deployed("ipsvc", &format!("web:\n  port: 80\n{portal}"))
}

#[test]
fn a_portal_runs_with_its_client_and_reaches_its_service() {
    let client = Sample::of("use_services: {ipsvc: [ip]}\nworker:\n  cmd: x\n").with_service(ipsvc());
    let of_portal = |manifest: &Value| manifest["metadata"]["labels"]["slipway.dev/proc-type"] == "portal";
    let manifests: Vec<_> = client.manifests().into_iter().filter(of_portal).collect();
    insta::assert_yaml_snapshot!(manifests);
    let service = Sample::new(ipsvc());
    assert_eq!(service.keys(), ["NetworkPolicy/slipway", "Service/web", "Deployment/web", "Ingress/web"]);
    insta::assert_yaml_snapshot!("of_the_service", service.object("NetworkPolicy/slipway").manifest);
}

#[test]
fn an_instance_of_a_resource_is_an_app_of_its_own() {
    let resource = "apptype: resource\nservice.redis:\n  cmd: redis-server\n  port: 6379\n  \
        memory: \"{{ memory|default('64M') }}\"\n  secret_files: [/etc/redis.conf]\n  \
        portal: {cmd: ./proxy, port: 6379}\n";
    let LainYaml::Resource(resource) = yaml("redis", resource) else { panic!("a resource") };
    let params = BTreeMap::from([("memory".to_owned(), Param::Text("128M".to_owned()))]);
    let manifest: Manifest = resource.instance(&"hello".parse().unwrap(), &params).unwrap();
    let instance = deploy(&registered("resource.redis.hello"), LainYaml::App(manifest));
    let sample =
        Sample::new(instance).with_file("redis.worker.redis", "/etc/redis.conf", "the resource's own");
    assert_eq!(app_namespace(sample.app.name()).name, "lain-resource-redis-hello--00f18c79");
    insta::assert_yaml_snapshot!(sample.manifests());
}

#[test]
fn ports_of_the_edge_are_open_to_everybody() {
    let sample = Sample::of("worker:\n  cmd: x\n  port: 80\n  ports: ['9506:8000/tcp', '9507:53/udp']\n");
    insta::assert_yaml_snapshot!(sample.manifests());
}

#[test]
fn filters_are_affinities() {
    let filters = "['constraint:group==default', 'constraint:disk==ssd', 'constraint:zone!=~a', \
        'affinity:app==db', 'affinity:app!=~web']";
    let sample = Sample::of(&format!("worker:\n  cmd: x\n  filters: {filters}\n"));
    let template = sample.object("Deployment/worker").manifest["spec"]["template"]["spec"].clone();
    insta::assert_yaml_snapshot!(template["affinity"]);
}

#[test]
fn a_check_in_the_container_tells_who_serves_and_restarts_nobody() {
    let check = "{cmd: 'test -e /up && echo $HOME $$', options: {interval: 5, timeout: 9}}";
    let sample = Sample::of(&format!("worker:\n  cmd: x\n  container_healthcheck: {check}\n"));
    let manifest = sample.object("Deployment/worker").manifest;
    let container = &manifest["spec"]["template"]["spec"]["containers"][0];
    assert!(container["livenessProbe"].is_null());
    insta::assert_yaml_snapshot!(json!([container["readinessProbe"], container["startupProbe"]]));
}
