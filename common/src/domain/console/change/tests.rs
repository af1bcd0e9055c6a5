//! What each operation makes of an app, and what it refuses.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::console::app::AppType;
use crate::domain::console::manifest::{Proc, ProcKind, ResourceManifest, UsedService};
use crate::domain::console::memory::Memory;

fn proc(name: &str, kind: ProcKind) -> Proc {
    Proc {
        name: name.parse().unwrap(),
        kind,
        image: None,
        entrypoint: None,
        cmd: None,
        user: String::new(),
        working_dir: String::new(),
        instances: 1,
        cpu: 0,
        memory: Memory::parse("64m").unwrap(),
        ports: Vec::new(),
        stream_ports: Vec::new(),
        env: Vec::new(),
        persistent_dirs: vec!["/lain/logs".to_owned()],
        cloud_volumes: None,
        secret_files: Vec::new(),
        secret_files_bypass: false,
        logs: Vec::new(),
        mountpoint: Vec::new(),
        https_only: false,
        healthcheck: None,
        container_healthcheck: None,
        labels: Vec::new(),
        filters: Vec::new(),
        stateful: false,
        setup_time: 0,
        kill_timeout: 10,
        dns_search: Vec::new(),
        backups: None,
    }
}

fn portal(name: &str) -> Proc {
    let kind = ProcKind::Portal { service_name: name.to_owned(), allow_clients: "**".to_owned() };
    proc(&format!("portal-{name}"), kind)
}

fn manifest(procs: Vec<Proc>) -> Manifest {
    Manifest {
        app: "hello".parse().unwrap(),
        giturl: Some("https://git.x/hello".to_owned()),
        use_services: Vec::new(),
        use_resources: Vec::new(),
        procs,
        ignored: Vec::new(),
    }
}

fn registered() -> App {
    let id = AppId { region: "xq".parse().unwrap(), app: "hello".parse().unwrap() };
    App::register(id, Uid::random(), Timestamp::UNIX_EPOCH)
}

fn deploy(app: &App, manifest: Manifest) -> Result<App, Refusal> {
    let (version, image) = ("1-a".parse().unwrap(), "registry.x/hello:release-1-a".to_owned());
    app.deploy(version, image, LainYaml::App(manifest), Timestamp::UNIX_EPOCH)
}

fn deployed() -> App {
    let procs = vec![proc("web", ProcKind::Web), proc("mailer", ProcKind::Worker), portal("ip")];
    deploy(&registered(), manifest(procs)).unwrap()
}

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

#[test]
fn a_deploy_binds_the_repository_and_an_undeploy_frees_it() {
    let app = deployed();
    assert_eq!((app.generation, app.revision, app.app_type()), (1, 1, AppType::Service));
    assert_eq!(app.giturl.as_deref(), Some("https://git.x/hello"));
    let mut other = manifest(Vec::new());
    other.giturl = Some("https://git.x/evil".to_owned());
    assert!(matches!(deploy(&app, other.clone()), Err(Refusal::OtherRepository { .. })));
    other.giturl = None;
    assert!(matches!(deploy(&app, other.clone()), Err(Refusal::OtherRepository { .. })));
    let gone = app.undeploy(NOW);
    assert_eq!((gone.generation, gone.giturl.as_ref(), gone.deployment.as_ref()), (2, None, None));
    assert!(deploy(&gone, other).is_ok());
}

#[test]
fn a_file_of_another_app_is_refused() {
    let mut other = manifest(Vec::new());
    other.app = "other".parse().unwrap();
    assert!(matches!(deploy(&registered(), other), Err(Refusal::OtherApp { .. })));
}

#[test]
fn sizes_set_by_hand_survive_a_deploy_and_the_files_own_change_with_it() {
    let memory = Memory::parse("128M").unwrap();
    let by_hand = Sizing { memory: Some(memory.clone()), ..Sizing::default() };
    let app = deployed().resize("web", &by_hand, NOW).unwrap();
    let mut web = proc("web", ProcKind::Web);
    (web.memory, web.instances) = (Memory::parse("256m").unwrap(), 3);
    let app = deploy(&app, manifest(vec![web.clone()])).unwrap();
    let next = app.proc("web").unwrap();
    assert_eq!((next.memory(), next.instances(), next.rolled), (&memory, 3, 3));
    web.kind = ProcKind::Worker;
    let app = deploy(&app, manifest(vec![web])).unwrap();
    assert_eq!(app.proc("web").unwrap().sizing, Sizing::default(), "another type is another podgroup");
}

#[test]
fn only_another_cpu_or_memory_rolls_the_pods() {
    let app = deployed();
    let resize = |sizing: Sizing| app.resize("web", &sizing, NOW).unwrap().proc("web").unwrap().clone();
    assert_eq!(resize(Sizing { instances: Some(5), ..Sizing::default() }).rolled, 1);
    assert_eq!(resize(Sizing { cpu: Some(1), ..Sizing::default() }).rolled, 2);
    let same = resize(Sizing { cpu: Some(0), memory: Some(Memory::parse("64M").unwrap()), instances: None });
    assert_eq!((same.rolled, same.cpu()), (1, 0));
}

#[test]
fn operations_change_what_is_wanted_of_a_proc() {
    let app = deployed();
    let state = |app: &App| (app.proc("web").unwrap().desired, app.proc("web").unwrap().rolled);
    let stopped = app.operate("web", Operation::Stop, NOW).unwrap();
    assert_eq!(state(&stopped), (Desired::Stopped, 1));
    assert_eq!(state(&stopped.operate("web", Operation::Start, NOW).unwrap()), (Desired::Started, 1));
    assert_eq!(state(&app.operate("web", Operation::Restart, NOW).unwrap()), (Desired::Started, 2));
    let removed = app.remove_proc("web", NOW).unwrap();
    assert_eq!(state(&removed).0, Desired::Removed);
    assert_eq!(state(&removed.add_proc("web", NOW).unwrap()), (Desired::Started, 3));
    assert_eq!(
        state(&deploy(&removed, manifest(vec![proc("web", ProcKind::Web)])).unwrap()).0,
        Desired::Started
    );
}

fn pod(name: &str) -> Instance {
    let shown = serde_json::json!({"pod": name, "container_id": "", "ip": "", "node_ip": "", "is_ready": true,
        "error": ""});
    serde_json::from_value(shown).unwrap()
}

#[test]
fn a_pod_is_evicted_once() {
    let app = deployed();
    let mut app = app.evict("web", &pod("web-1"), NOW).unwrap();
    let pending =
        |app: &App| app.pending_evictions().map(|eviction| eviction.pod.clone()).collect::<Vec<_>>();
    assert_eq!(pending(&app), ["web-1"]);
    app = app.evict("web", &pod("web-2"), NOW).unwrap();
    assert_eq!(pending(&app), ["web-1", "web-2"]);
    app.applied.generation = app.generation;
    assert!(pending(&app).is_empty());
    app = app.evict("web", &pod("web-3"), NOW).unwrap();
    assert_eq!(app.running().unwrap().evictions.len(), 1, "what was done is forgotten");
}

#[test]
fn what_cannot_be_done_to_a_proc_is_refused() {
    type Change = fn(&App, &str) -> Result<App, Refusal>;
    let resize: Change = |app, proc| app.resize(proc, &Sizing::default(), NOW);
    let stop: Change = |app, proc| app.operate(proc, Operation::Stop, NOW);
    let remove: Change = |app, proc| app.remove_proc(proc, NOW);
    let add: Change = |app, proc| app.add_proc(proc, NOW);
    let evict: Change = |app, proc| app.evict(proc, &pod("web-1"), NOW);
    let app = deployed();
    let without = app.remove_proc("web", NOW).unwrap();
    let web = || "web".parse::<ProcName>().unwrap();
    let ip = || "portal-ip".parse::<ProcName>().unwrap();
    for change in [resize, stop, remove, evict] {
        assert_eq!(change(&app, "zzz"), Err(Refusal::NoSuchProc("zzz".to_owned())));
        assert_eq!(change(&app, "portal-ip"), Err(Refusal::NotDeployed(ip())));
        assert_eq!(change(&without, "web"), Err(Refusal::NotDeployed(web())));
    }
    for change in [resize, stop, remove, evict, add] {
        assert!(matches!(change(&registered(), "web"), Err(Refusal::NothingRuns(_))));
    }
    assert_eq!(add(&app, "web"), Err(Refusal::IsDeployed(web())));
    assert_eq!(add(&app, "portal-ip"), Err(Refusal::IsPortal(ip())));
}

#[test]
fn the_type_is_that_of_the_newest_deploy() {
    assert_eq!(registered().app_type(), AppType::App);
    let plain = deploy(&deployed(), manifest(vec![proc("web", ProcKind::Web)])).unwrap();
    assert_eq!(plain.app_type(), AppType::App);
    let resource = ResourceManifest {
        app: "hello".parse().unwrap(),
        giturl: plain.giturl.clone(),
        procs: Vec::new(),
        yaml: String::new(),
        ignored: Vec::new(),
    };
    let version = "2-a".parse().unwrap();
    let resource = plain.deploy(version, String::new(), LainYaml::Resource(resource), NOW).unwrap();
    assert_eq!(resource.app_type(), AppType::Resource);
    let id = AppId { app: "resource.redis.hello".parse().unwrap(), ..plain.id.clone() };
    assert_eq!(App { id, ..plain }.app_type(), AppType::ResourceInstance);
}

#[test]
fn what_an_app_uses_is_told_once() {
    let mut uses = manifest(Vec::new());
    let used = UsedService { app: "ipsvc".parse().unwrap(), services: vec!["ip".to_owned()] };
    uses.use_services = vec![used.clone(), used];
    let app = deploy(&registered(), uses).unwrap();
    assert_eq!(app.service_apps().len(), 1);
    let params = BTreeMap::new();
    let resource =
        super::super::manifest::UsedResource { app: "redis".parse().unwrap(), services: vec![], params };
    let mut uses = manifest(Vec::new());
    uses.use_resources = vec![resource];
    assert_eq!(deploy(&registered(), uses).unwrap().resources(), BTreeSet::from(["redis".parse().unwrap()]));
}
