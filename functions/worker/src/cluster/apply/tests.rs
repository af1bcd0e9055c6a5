//! What is asked of the API server, and what is never done to it.

use common::domain::workload::Namespace;
use serde_json::json;

use super::super::fake::{Fake, Sample};
use super::*;
use crate::render::render;

mod kinds;

const DEPLOYMENT: &str = "/namespaces/demo/deployments/app0-web";
const SERVICE: &str = "/namespaces/demo/services/app0-web";

fn sample() -> Sample {
    Sample::default().with_instances(2).with_ports(&[80])
}

fn workload() -> Workload {
    sample().workload()
}

fn demo() -> Namespace {
    workload().namespace
}

/// A server with the project's namespace.
fn server() -> Fake {
    let fake = Fake::default();
    fake.put("/namespaces/demo", json!(crate::render::namespace(&demo())));
    fake
}

async fn apply(
    fake: &Fake,
    workload: &Workload,
    known: &BTreeMap<String, AppliedObject>,
) -> Result<Report, ClusterError> {
    fake.cluster().apply(workload, &render(workload), known, Mode::OnlyChanged).await
}

/// A server on which the workload was applied, and what is known of it.
async fn applied() -> (Fake, BTreeMap<String, AppliedObject>) {
    let fake = server();
    let report = apply(&fake, &workload(), &BTreeMap::new()).await.unwrap();
    fake.take_calls();
    (fake, report.objects)
}

#[tokio::test]
async fn the_first_apply_makes_the_namespace_and_overwrites_nothing() {
    let fake = Fake::default();
    let report = apply(&fake, &workload(), &BTreeMap::new()).await.unwrap();
    insta::assert_snapshot!(fake.take_calls().join("\n"), @r"
    GET /namespaces/demo/services/app0-web
    GET /namespaces/demo/deployments/app0-web
    GET /namespaces/demo
    POST /namespaces
    PATCH /namespaces/demo/services/app0-web dry-run
    PATCH /namespaces/demo/deployments/app0-web dry-run
    PATCH /namespaces/demo/services/app0-web
    PATCH /namespaces/demo/deployments/app0-web
    ");
    assert_eq!(report.objects.keys().collect::<Vec<_>>(), ["Deployment/app0-web", "Service/app0-web"]);
    assert!(report.template_changed);
    assert_eq!(report.object_generation(), Some(1));
    assert_eq!(report.seen["app0-web"].owner.as_deref(), Some(workload().owner.as_str()));
}

#[tokio::test]
async fn unchanged_objects_cost_no_call() {
    let (fake, known) = applied().await;
    let report = apply(&fake, &workload(), &known).await.unwrap();
    assert_eq!(fake.take_calls(), Vec::<String>::new());
    assert_eq!(report, Report { objects: known, template_changed: false, seen: BTreeMap::new() });
}

#[tokio::test]
async fn a_changed_object_costs_two_calls() {
    let (fake, known) = applied().await;
    let scaled = sample().with_instances(3).workload();
    let report = apply(&fake, &scaled, &known).await.unwrap();
    assert_eq!(
        fake.take_calls(),
        [format!("PATCH {DEPLOYMENT} dry-run force uid"), format!("PATCH {DEPLOYMENT} force uid")]
    );
    assert_eq!((report.object_generation(), report.template_changed), (Some(2), false));
    assert_eq!(report.objects["Service/app0-web"], known["Service/app0-web"]);
    assert_eq!(report.objects["Deployment/app0-web"].uid, known["Deployment/app0-web"].uid);
}

#[tokio::test]
async fn reasserting_sends_all() {
    let (fake, known) = applied().await;
    fake.state().objects.get_mut(DEPLOYMENT).unwrap()["spec"]["replicas"] = json!(9);
    let workload = workload();
    let objects = render(&workload);
    let report = fake.cluster().apply(&workload, &objects, &known, Mode::Reassert).await.unwrap();
    assert_eq!(fake.take_calls().len(), 4);
    assert_eq!(report.objects, known);
    assert_eq!(fake.state().objects[DEPLOYMENT]["spec"]["replicas"], 2);
}

#[tokio::test]
async fn somebody_elses_object_stops_everything() {
    for annotations in [json!({}), json!({"slipway.dev/uid": "f".repeat(32)})] {
        let fake = server();
        let foreign = json!({"metadata": {"name": "app0-web", "uid": "theirs", "annotations": annotations}});
        fake.put(DEPLOYMENT, foreign.clone());
        let error = apply(&fake, &workload(), &BTreeMap::new()).await.unwrap_err();
        assert_eq!((error.reason(), error.is_transient()), ("NameConflict", false));
        assert!(fake.take_calls().iter().all(|call| call.starts_with("GET ")));
        assert_eq!(fake.state().objects[DEPLOYMENT], foreign);
    }
}

#[tokio::test]
async fn an_object_in_the_place_of_a_known_one_is_not_touched() {
    let (fake, known) = applied().await;
    let foreign = json!({"metadata": {"name": "app0-web", "uid": "theirs"}});
    fake.put(DEPLOYMENT, foreign.clone());
    let changed = sample().with_instances(3).with_ports(&[]).workload();
    let error = apply(&fake, &changed, &known).await.unwrap_err();
    assert_eq!(error.reason(), "NameConflict");
    assert_eq!(fake.state().objects[DEPLOYMENT], foreign);
}

#[tokio::test]
async fn a_refused_rehearsal_changes_nothing() {
    let (fake, known) = applied().await;
    let before = fake.state().objects.clone();
    fake.state().refusals.insert(format!("PATCH {DEPLOYMENT} dry-run force uid"), 422);
    let changed = sample().with_instances(3).with_ports(&[81]).workload();
    let error = apply(&fake, &changed, &known).await.unwrap_err();
    assert_eq!((error.reason(), error.is_transient()), ("Invalid", false));
    assert_eq!(fake.state().objects, before);
    let calls = fake.take_calls();
    assert!(calls.iter().all(|call| call.starts_with("GET ") || call.contains("dry-run")), "{calls:?}");
}

#[tokio::test]
async fn an_object_that_is_gone_is_made_again() {
    let (fake, known) = applied().await;
    fake.state().objects.remove(DEPLOYMENT);
    let report = apply(&fake, &sample().stopped().workload(), &known).await.unwrap();
    assert_ne!(report.objects["Deployment/app0-web"].uid, known["Deployment/app0-web"].uid);
    assert!(report.template_changed, "its pods are new");
    assert_eq!(fake.state().objects[DEPLOYMENT]["spec"]["replicas"], 0);
}

#[tokio::test]
async fn an_object_of_ours_that_is_not_known_is_taken_up() {
    let (fake, known) = applied().await;
    let report = apply(&fake, &workload(), &BTreeMap::new()).await.unwrap();
    assert_eq!(report.objects, known);
    assert!(fake.take_calls().contains(&format!("PATCH {SERVICE} force uid")));
}

#[tokio::test]
async fn an_object_that_is_being_deleted_is_waited_for() {
    let (fake, known) = applied().await;
    fake.state().objects.get_mut(DEPLOYMENT).unwrap()["metadata"]["deletionTimestamp"] =
        json!("2026-01-01T00:00:00Z");
    let error = apply(&fake, &sample().stopped().workload(), &known).await.unwrap_err();
    assert_eq!((error.reason(), error.is_transient()), ("Terminating", true));
}

#[tokio::test]
async fn another_writer_at_the_same_moment_is_no_refusal() {
    let (fake, known) = applied().await;
    fake.state().refusals.insert(format!("PATCH {DEPLOYMENT} force uid"), 409);
    let error = apply(&fake, &sample().stopped().workload(), &known).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn somebody_elses_namespace_is_not_taken_over() {
    let fake = Fake::default();
    let foreign = json!({"metadata": {"name": "demo", "labels": {"team": "theirs"}}});
    fake.put("/namespaces/demo", foreign.clone());
    let error = fake.cluster().ensure_namespace(&demo()).await.unwrap_err();
    assert_eq!(error.reason(), "NameConflict");
    assert_eq!(fake.take_calls(), ["GET /namespaces/demo"]);
    assert_eq!(fake.state().objects["/namespaces/demo"], foreign);
}

#[tokio::test]
async fn nothing_is_made_in_somebody_elses_namespace() {
    let (fake, known) = applied().await;
    let foreign = json!({"metadata": {"name": "demo", "labels": {"team": "theirs"}}});
    fake.state().objects = BTreeMap::from([("/namespaces/demo".to_owned(), foreign)]);
    let before = fake.state().objects.clone();
    let changed = sample().with_instances(3).workload();
    for (workload, known) in [(workload(), BTreeMap::new()), (changed, known)] {
        let error = apply(&fake, &workload, &known).await.unwrap_err();
        assert_eq!((error.reason(), error.is_transient()), ("NameConflict", false));
        assert_eq!(fake.state().objects, before);
    }
}

#[tokio::test]
async fn labels_of_our_namespace_are_completed_and_an_administrators_stay() {
    let fake = Fake::default();
    let labels = json!({"app.kubernetes.io/managed-by": "slipway", "pod-security.kubernetes.io/enforce": "restricted"});
    fake.put("/namespaces/demo", json!({"metadata": {"name": "demo", "labels": labels}}));
    for calls in [vec!["GET /namespaces/demo", "PATCH /namespaces/demo force"], vec!["GET /namespaces/demo"]]
    {
        fake.cluster().ensure_namespace(&demo()).await.unwrap();
        assert_eq!(fake.take_calls(), calls);
    }
    let labels = fake.state().objects["/namespaces/demo"]["metadata"]["labels"].clone();
    assert_eq!(labels["pod-security.kubernetes.io/enforce"], "restricted");
    assert_eq!(labels["slipway.dev/project"], "demo");
}
