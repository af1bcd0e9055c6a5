use super::*;
use crate::domain::applied::Failure;
use crate::domain::name::Uid;
use crate::domain::service::{Instances, NewService, Shape};

/// Three instances, applied, of which the observation has seen the newest object.
fn service(desired: Desired) -> Service {
    let definition =
        serde_json::from_value(serde_json::json!({"resourceSpec": "1U1G", "containers": []})).unwrap();
    let shape = Shape::Stateless { instances: Instances::try_from(3).unwrap() };
    let new = NewService { name: "web".parse().unwrap(), shape, definition, ports: vec![] };
    let id = serde_json::from_str(r#"{"region":"xq","project":"p","app":"a","service":"web"}"#).unwrap();
    let mut service = new.into_service(id, uid(), jiff::Timestamp::UNIX_EPOCH);
    service.desired = desired;
    service.applied.generation = 1;
    service.applied.object_generation = 1;
    service.applied.template_object_generation = 1;
    service
}

fn uid() -> Uid {
    "0123456789abcdef0123456789abcdef".parse().unwrap()
}

fn object(replicas: u32, updated: u32, available: u32) -> SeenObject {
    SeenObject {
        owner: Some(uid().to_string()),
        generation: 1,
        observed_generation: 1,
        replicas,
        updated,
        available,
        unavailable: replicas.saturating_sub(available),
        trouble: None,
    }
}

fn seen(object: Option<SeenObject>, live_pods: u32) -> Observation {
    let seen = Seen { object, live_pods, ..Seen::default() };
    Observation::Seen(Groups::from([("a-web".to_owned(), seen)]))
}

#[track_caller]
fn check(service: &Service, observation: Option<&Observation>, phase: Phase, counts: [u32; 5]) -> Status {
    let status = Status::of(service, observation);
    let Status { desire, current, updated, available, unavailable, .. } = status;
    assert_eq!((status.phase, [desire, current, updated, available, unavailable]), (phase, counts));
    status
}

#[test]
fn a_fully_rolled_out_service_runs() {
    let service = service(Desired::Started);
    check(&service, Some(&seen(Some(object(3, 3, 3)), 3)), Phase::Running, [3, 3, 3, 3, 0]);
}

#[test]
fn a_service_that_is_not_wholly_available_is_pending() {
    let service = service(Desired::Started);
    check(&service, Some(&seen(Some(object(3, 3, 2)), 3)), Phase::Pending, [3, 3, 3, 2, 1]);
    check(&service, Some(&seen(Some(object(4, 3, 4)), 4)), Phase::Pending, [3, 4, 3, 4, 0]);
}

#[test]
fn an_unreachable_cluster_is_unknown_and_keeps_what_is_desired() {
    let service = service(Desired::Started);
    check(&service, Some(&Observation::Unreachable), Phase::Unknown, [3, 0, 0, 0, 0]);
}

#[test]
fn a_new_service_is_pending_until_something_is_seen() {
    let mut service = service(Desired::Started);
    service.applied.generation = 0;
    check(&service, None, Phase::Pending, [3, 0, 0, 0, 0]);
    check(&service, Some(&seen(None, 0)), Phase::Pending, [3, 0, 0, 0, 0]);
}

#[test]
fn a_workload_that_was_removed_behind_our_back_is_unknown() {
    check(&service(Desired::Started), Some(&seen(None, 0)), Phase::Unknown, [3, 0, 0, 0, 0]);
}

#[test]
fn an_accepted_change_is_pending_at_once() {
    let running = service(Desired::Started);
    let observation = seen(Some(object(3, 3, 3)), 3);
    let scaled = Service { generation: 2, ..running.clone() };
    check(&scaled, Some(&observation), Phase::Pending, [3, 3, 3, 3, 0]);
    let upgraded = Service { generation: 2, template_generation: 2, ..running };
    check(&upgraded, Some(&observation), Phase::Pending, [3, 3, 0, 3, 0]);
}

#[test]
fn an_observation_from_before_the_last_apply_does_not_count_as_running() {
    let mut upgraded = service(Desired::Started);
    upgraded.applied.object_generation = 2;
    upgraded.applied.template_object_generation = 2;
    check(&upgraded, Some(&seen(Some(object(3, 3, 3)), 3)), Phase::Pending, [3, 3, 0, 3, 0]);
    let unobserved = SeenObject { generation: 2, ..object(3, 3, 3) };
    check(&upgraded, Some(&seen(Some(unobserved), 3)), Phase::Pending, [3, 3, 0, 3, 0]);
}

#[test]
fn a_service_is_stopped_when_no_pod_is_left() {
    let service = service(Desired::Stopped);
    check(&service, Some(&seen(Some(object(0, 0, 0)), 1)), Phase::Pending, [3, 0, 0, 0, 0]);
    check(&service, Some(&seen(Some(object(0, 0, 0)), 0)), Phase::Stopped, [3, 0, 0, 0, 0]);
}

#[test]
fn a_foreign_object_of_the_name_is_unknown() {
    let service = service(Desired::Started);
    let foreign = SeenObject { owner: None, ..object(3, 3, 3) };
    check(&service, Some(&seen(Some(foreign), 3)), Phase::Unknown, [3, 0, 0, 0, 0]);
}

#[test]
fn a_failure_explains_the_generation_that_it_concerns() {
    let mut service = service(Desired::Started);
    service.generation = 2;
    let failure = |reason: &str, generation| {
        Some(Failure { generation, reason: reason.to_owned(), message: "why".to_owned() })
    };
    service.applied.failure = failure("Forbidden", 2);
    let observation = seen(Some(object(3, 3, 3)), 3);
    let status = check(&service, Some(&observation), Phase::Pending, [3, 3, 3, 3, 0]);
    assert_eq!((status.reason.as_str(), status.message.as_str()), ("Forbidden", "why"));
    service.applied.failure = failure("Forbidden", 1);
    assert_eq!(Status::of(&service, Some(&observation)).reason, "");
    service.applied.failure = failure(NAME_CONFLICT, 2);
    check(&service, Some(&seen(None, 0)), Phase::Unknown, [3, 0, 0, 0, 0]);
}

#[test]
fn the_conditions_of_the_object_are_passed_on() {
    let service = service(Desired::Started);
    let trouble = Trouble { reason: "FailedCreate".to_owned(), message: "exceeded quota".to_owned() };
    let refused = SeenObject { trouble: Some(trouble), ..object(0, 0, 0) };
    let status = check(&service, Some(&seen(Some(refused), 0)), Phase::Pending, [3, 0, 0, 0, 0]);
    assert_eq!(status.reason, "FailedCreate");
}
