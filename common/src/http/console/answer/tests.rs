//! What clients read while they wait (lain-spec 3.9).

use jiff::SignedDuration;

use super::*;
use crate::domain::applied::Failure;
use crate::domain::console::manifest::{LainYaml, Manifest};
use crate::domain::status::{Instance, Seen, SeenObject, Trouble};
use crate::domain::subject::AppId;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const BUILD: &str = "build: {base: a, script: [b]}\n";

/// A deployed app, applied and seen with nothing running.
fn app(name: &str, sections: &str) -> ReadApp {
    let id = AppId { region: "xq".parse().unwrap(), app: name.parse().unwrap() };
    let app = App::register(id, "0123456789abcdef0123456789abcdef".parse().unwrap(), NOW);
    let LainYaml::App(manifest) = LainYaml::parse(&format!("appname: x\n{BUILD}{sections}")).unwrap() else {
        panic!("a resource")
    };
    let yaml = LainYaml::App(Manifest { app: name.parse().unwrap(), ..manifest });
    let mut app = app.deploy("1-a".parse().unwrap(), "r/x:release-1-a".to_owned(), yaml, NOW).unwrap();
    app.applied.generation = app.generation;
    ReadApp { app, observation: Some(Observation::Seen(BTreeMap::new())) }
}

/// With one group of pods: an object with this trouble, and a pod for each of these errors; ready, if it is empty.
fn seen(mut read: ReadApp, group: &str, trouble: &str, errors: &[&str]) -> ReadApp {
    let instance = |error: &&str| Instance {
        pod: "p".to_owned(),
        uid: String::new(),
        number: None,
        rolled: None,
        container_id: String::new(),
        ip: String::new(),
        node_ip: String::new(),
        is_ready: error.is_empty(),
        started: None,
        error: (*error).to_owned(),
    };
    let trouble =
        (!trouble.is_empty()).then(|| Trouble { reason: trouble.to_owned(), message: "it is so".to_owned() });
    let object = Some(SeenObject { trouble, ..SeenObject::default() });
    let seen = Seen { object, instances: errors.iter().map(instance).collect(), ..Seen::default() };
    if let Some(Observation::Seen(groups)) = &mut read.observation {
        groups.insert(group.to_owned(), seen);
    }
    read
}

/// `deployerror` and `deploystate` so long after the deploy.
fn told(read: &ReadApp, others: &BTreeMap<AppName, ReadApp>, minutes: i64) -> (String, String) {
    let domains = Domains::parse("lain.local").unwrap();
    let now = NOW + SignedDuration::from_mins(minutes);
    let shown = Views { domains: &domains, others, now }.app(read);
    let text = |member: &str| shown[member].as_str().unwrap().to_owned();
    (text("deployerror"), text("deploystate"))
}

fn error(read: &ReadApp, minutes: i64) -> String {
    told(read, &BTreeMap::new(), minutes).0
}

fn worker() -> ReadApp {
    app("hello", "worker:\n  cmd: x\n  num_instances: 2\n")
}

#[test]
fn a_failure_of_the_newest_deploy_is_told_unless_it_passes_by_itself() {
    for (reason, state, is_told) in [
        ("Invalid", "failed", true),
        ("Terminating", "deploying", false),
        ("NamespaceTerminating", "deploying", false),
    ] {
        let mut read = worker();
        read.app.applied.generation -= 1;
        let generation = read.app.generation;
        read.app.applied.failure =
            Some(Failure { generation, reason: reason.to_owned(), message: "it is bad".to_owned() });
        let (error, shown) = told(&read, &BTreeMap::new(), 0);
        assert_eq!((error.contains("it is bad"), shown.as_str()), (is_told, state), "{reason}");
        read.app.generation += 1;
        assert_eq!(
            told(&read, &BTreeMap::new(), 0),
            (String::new(), "deploying".to_owned()),
            "an older one's"
        );
    }
}

#[test]
fn trouble_of_pods_is_told_first_and_then_that_of_what_keeps_them() {
    for (trouble, errors, wanted) in [
        ("", vec!["", ""], ""),
        ("", vec!["", "ImagePullBackOff: no such image"], "ImagePullBackOff: no such image"),
        ("FailedCreate", vec![""], "FailedCreate: it is so"),
        ("FailedCreate", vec!["CrashLoopBackOff: x"], "CrashLoopBackOff: x"),
    ] {
        assert_eq!(error(&seen(worker(), "worker", trouble, &errors), 0), wanted, "{trouble} {errors:?}");
    }
}

fn group<'a>(read: &'a mut ReadApp, name: &str) -> &'a mut Seen {
    let Some(Observation::Seen(groups)) = &mut read.observation else { panic!("it was seen") };
    groups.get_mut(name).unwrap()
}

#[test]
fn pods_of_an_older_roll_tell_nothing_of_the_newest() {
    let mut read = seen(worker(), "worker", "", &["", "CrashLoopBackOff: old"]);
    for (rolled, wanted) in [(0, ("", "deploying")), (1, ("CrashLoopBackOff: old", "failed"))] {
        group(&mut read, "worker").instances.iter_mut().for_each(|each| each.rolled = Some(rolled));
        let (error, state) = told(&read, &BTreeMap::new(), 0);
        assert_eq!((error.as_str(), state.as_str()), wanted, "{rolled}");
    }
    let ready = seen(worker(), "worker", "", &["", ""]);
    assert_eq!(told(&ready, &BTreeMap::new(), 0).1, "deployed");
}

#[test]
fn trouble_that_was_there_before_the_newest_change_is_not_told() {
    let mut read = seen(worker(), "worker", "ProgressDeadlineExceeded", &[]);
    for (generation, is_told) in [(1, true), (2, false)] {
        let object = group(&mut read, "worker").object.as_mut().unwrap();
        (object.observed_generation, object.generation) = (1, generation);
        assert_eq!(!error(&read, 0).is_empty(), is_told, "{generation}");
    }
}

#[test]
fn a_job_that_was_done_needs_no_pods() {
    let read = app("hello", "oneshot.migrate:\n  cmd: x\n");
    let mut read = seen(read, "migrate-r1n1", "", &[]);
    assert_eq!(told(&read, &BTreeMap::new(), 0).1, "deploying");
    group(&mut read, "migrate-r1n1").object.as_mut().unwrap().available = 1;
    let (error, state) = told(&read, &BTreeMap::new(), 11);
    assert_eq!((error.as_str(), state.as_str()), ("", "deployed"));
}

#[test]
fn silence_ends_after_ten_minutes() {
    let (ready, half) = (seen(worker(), "worker", "", &["", ""]), seen(worker(), "worker", "", &[""]));
    let mut unreachable = worker();
    unreachable.observation = Some(Observation::Unreachable);
    let mut waiting = worker();
    waiting.app.applied.generation -= 1;
    for (read, wanted) in [
        (&ready, ""),
        (&half, "ProgressDeadlineExceeded: worker has 1 of 2"),
        (&worker(), "ProgressDeadlineExceeded: worker has 0 of 2"),
        (&unreachable, "ClusterUnreachable"),
        (&waiting, "Pending"),
    ] {
        assert_eq!(error(read, 10), "", "{wanted}");
        let late = error(read, 11);
        assert!(late.starts_with(wanted) && late.is_empty() == wanted.is_empty(), "{wanted}: {late}");
    }
}

/// What a pod of before ran with is not known any more.
#[test]
fn a_pod_of_before_has_no_variables() {
    let domains = Domains::parse("lain.local").unwrap();
    for (rolled, is_known) in [(None, true), (Some(1), true), (Some(0), false)] {
        let mut read = seen(worker(), "worker", "", &[""]);
        group(&mut read, "worker").instances[0].rolled = rolled;
        let shown = Views { domains: &domains, others: &BTreeMap::new(), now: NOW }.app(&read);
        let envs = shown["procs"][0]["pods"][0]["envs"].as_array().unwrap();
        assert_eq!(!envs.is_empty(), is_known, "{rolled:?}");
    }
}

#[test]
fn an_app_without_procs_is_no_success() {
    assert!(error(&app("hello", ""), 0).starts_with("NothingToRun"));
}

#[test]
fn what_keeps_portals_and_instances_from_running_is_their_clients_error() {
    let portal = "portal.p:\n  service_name: ip\n  cmd: x\n  port: 80\n";
    let service = app("ipsvc", &format!("web:\n  cmd: x\n{portal}"));
    let client = app("hello", "worker:\n  cmd: x\nuse_services: {ipsvc: [ip]}\n");
    let client = seen(client, "worker", "", &[""]);
    let others = BTreeMap::from([(service.app.name().clone(), service)]);
    assert_eq!(told(&client, &others, 0).0, "");
    let bad = seen(client.clone(), "ipsvc-p", "", &["ErrImagePull: x"]);
    assert_eq!(told(&bad, &others, 0).0, "ErrImagePull: x");

    let instance = app("resource.redis.hello", "worker.redis:\n  cmd: x\n");
    let instance = seen(instance, "redis", "", &["CrashLoopBackOff: x"]);
    let client = app("hello", "worker:\n  cmd: x\nuse_resources: {redis: {services: []}}\n");
    let others = BTreeMap::from([(instance.app.name().clone(), instance)]);
    assert_eq!(told(&client, &others, 0).0, "CrashLoopBackOff: x");
}
