//! Races for the same items: with other mutations, with other workers, with what the emulator never answers.

use common::clock;
use common::domain::applied::Applied;
use common::domain::service::Service;
use common::domain::status::{Groups, Observation};
use common::domain::subject::{AppId, Subject};
use common::domain::unit::Unit;
use common::store::{Completion, Finished, Lease, LeaseTaken, Store, Work};
use reqwest::Method;
use serde_json::json;

use crate::support::{Ledger, stateless};

const PROJECT: &str = "/regions/xq/v1/projects/p";
const WEB: &str = "/regions/xq/v1/projects/p/apps/a0/microservices/web";

/// App `a0` with service `web`, which nobody works on.
async fn accepted() -> Ledger {
    let ledger = Ledger::open().await;
    let app = json!({"name": "a0", "microservices": [stateless("web", &json!({}))]}).to_string();
    ledger.run(Method::PUT, PROJECT, "").await.0.ok();
    ledger.run(Method::POST, &format!("{PROJECT}/apps"), &app).await.0.ok();
    ledger
}

fn web() -> Subject {
    serde_json::from_str(r#"{"region": "xq", "project": "p", "app": "a0", "service": "web"}"#).unwrap()
}

/// The service of a job.
fn service(work: &Work) -> &Service {
    match &work.unit {
        Unit::Service { service, .. } => service,
        Unit::App { .. } => panic!("it is a service"),
    }
}

async fn purge(store: &Store, lease: &Lease, work: &Work) -> Finished {
    match &work.unit {
        Unit::Service { service, app } => store.purge(lease, service, app.as_ref()).await.unwrap(),
        Unit::App { .. } => panic!("it is a service"),
    }
}

async fn work(store: &Store) -> Work {
    store.work(&web()).await.unwrap().unwrap()
}

/// A lease that ends at once.
async fn lease(store: &Store) -> Lease {
    let now_s = clock::now().as_second();
    match store.take_lease(&web(), now_s, now_s - 1).await.unwrap() {
        LeaseTaken::Taken(lease) => lease,
        LeaseTaken::Held { until_s } => panic!("somebody has the lease until {until_s}"),
    }
}

async fn complete(store: &Store, lease: &Lease, work: &Work) -> Finished {
    let completion = Completion {
        unit: &work.unit,
        applied: &Applied { generation: work.unit.generation(), ..work.unit.applied().clone() },
        observation: &Observation::Seen(Groups::default()),
        seen_ms: clock::now().as_millisecond(),
        was_due_s: work.due_s,
        due_s: clock::now().as_second() + 60,
    };
    store.complete(lease, &completion).await.unwrap()
}

#[tokio::test]
async fn an_app_deleted_while_its_last_service_goes_is_not_left_behind() {
    let ledger = accepted().await;
    let store = &ledger.context.store;
    ledger.run(Method::DELETE, WEB, "").await.0.empty();
    let lease = lease(store).await;
    let before = work(store).await;
    ledger.run(Method::DELETE, &format!("{PROJECT}/apps/a0"), "").await.0.empty();
    assert_eq!(purge(store, &lease, &before).await, Finished::Moved, "the app is to go now");
    let now = work(store).await;
    assert_eq!(purge(store, &lease, &now).await, Finished::Settled);
    ledger.run(Method::POST, &format!("{PROJECT}/apps"), r#"{"name":"a0"}"#).await.0.ok();
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_records_nothing() {
    let ledger = accepted().await;
    let store = &ledger.context.store;
    let slow = lease(store).await;
    let seen_by_slow = work(store).await;
    let quick = lease(store).await;
    assert_eq!(quick.attempts, 2, "the first one has not ended well");
    assert_eq!(complete(store, &slow, &seen_by_slow).await, Finished::LostLease);
    assert_eq!(work(store).await.unit.applied().generation, 0);
    assert_eq!(complete(store, &quick, &seen_by_slow).await, Finished::Settled);
    assert_eq!(work(store).await.unit.applied().generation, 1);
}

#[tokio::test]
async fn a_worker_learns_that_the_generation_has_moved() {
    let ledger = accepted().await;
    let store = &ledger.context.store;
    let lease = lease(store).await;
    let before = work(store).await;
    ledger.run(Method::PUT, &format!("{WEB}/scale/3"), "").await.0.empty();
    assert_eq!(complete(store, &lease, &before).await, Finished::Moved);
    let unit = work(store).await.unit;
    assert_eq!((unit.applied().generation, unit.generation()), (1, 2), "what was applied is on record");
}

/// As a service app's job makes its clients due, whose portals follow it.
#[tokio::test]
async fn what_is_made_due_while_a_job_is_under_way_stays_due() {
    let ledger = Ledger::open().await;
    let store = &ledger.context.store;
    let yaml = "appname: hello\nbuild: {}\nworker:\n  cmd: x\n";
    ledger.console(Method::POST, "/api/v1/repos", r#"{"appname":"hello"}"#).await.0.is(201, "repos");
    ledger.console(Method::PUT, "/api/v1/apps/hello/versions/1-a", yaml).await.0.is(202, "app");
    let id = AppId { region: "xq".parse().unwrap(), app: "hello".parse().unwrap() };
    let subject = Subject::App(id.clone());
    let work = async || store.work(&subject).await.unwrap().unwrap();
    let LeaseTaken::Taken(lease) = store.take_lease(&subject, 0, 60).await.unwrap() else { panic!("held") };
    let before = work().await;
    store.make_due(&id, 5).await.unwrap();
    assert_eq!(complete(store, &lease, &before).await, Finished::Moved);
    let now = work().await;
    assert_eq!((now.unit.is_applied(), now.due_s), (true, Some(5)));
    let LeaseTaken::Taken(lease) = store.take_lease(&subject, 0, 60).await.unwrap() else { panic!("held") };
    assert_eq!(complete(store, &lease, &now).await, Finished::Settled);
    assert_ne!(work().await.due_s, Some(5));
}

#[tokio::test]
async fn an_end_that_meets_other_transactions_is_tried_again() {
    let ledger = accepted().await;
    let store = &ledger.context.store;
    let lease = lease(store).await;
    let work = work(store).await;
    ledger.conflict(3);
    assert_eq!(complete(store, &lease, &work).await, Finished::Settled);
}

#[tokio::test]
async fn a_mutation_that_meets_other_transactions_is_tried_four_times() {
    let ledger = accepted().await;
    ledger.conflict(3);
    ledger.run(Method::PUT, &format!("{WEB}/scale/3"), "").await.0.empty();
    ledger.conflict(4);
    let refused = ledger.run(Method::PUT, &format!("{WEB}/scale/4"), "").await.0;
    refused.refused(409, "OperationConflict");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(service(&work(&ledger.context.store).await).shape.instances(), 3, "nothing is half done");
}

#[tokio::test]
async fn a_lease_or_a_look_that_meets_a_transaction_fails_nothing() {
    let ledger = accepted().await;
    let store = &ledger.context.store;
    let now_s = clock::now().as_second();
    ledger.conflict(1);
    let taken = store.take_lease(&web(), now_s, now_s + 60).await.unwrap();
    assert!(matches!(taken, LeaseTaken::Held { .. }), "{taken:?}");
    ledger.conflict(1);
    store.observe(&web(), &Observation::Unreachable, clock::now().as_millisecond()).await.unwrap();
}
