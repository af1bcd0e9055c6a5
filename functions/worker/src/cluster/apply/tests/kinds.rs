//! Objects that cannot be changed like others: sets with claims, jobs, volume claims, namespaces of another sort.

use common::domain::workload::{Claim, Controller};

use super::*;

const SET: &str = "/namespaces/demo/statefulsets/app0-db";
const JOB: &str = "/namespaces/demo/jobs/app0-db";
const CLAIM: &str = "/namespaces/demo/persistentvolumeclaims/data";

fn claim(name: &str, size_gi: u32) -> Claim {
    Claim { name: name.to_owned(), is_shared: true, storage_class: None, size_gi }
}

/// A set whose pods have this claim each.
fn set(name: &str, size_gi: u32) -> Workload {
    let mut workload = Sample::stateful("db").workload();
    if let Controller::StatefulSet(set) = &mut workload.groups[0].controller {
        set.claims = vec![claim(name, size_gi)];
    }
    workload
}

/// A job of this image, paused or not.
fn job(image: &str, replicas: u32) -> Workload {
    let mut workload = Sample::stateful("db").workload();
    let group = &mut workload.groups[0];
    group.controller = Controller::Job { completions: 1 };
    group.services = Vec::new();
    group.replicas = replicas;
    group.pod_annotations.insert("image".to_owned(), image.to_owned());
    workload
}

/// A server on which that was applied, and what is known of it.
async fn with(workload: &Workload) -> (Fake, BTreeMap<String, AppliedObject>) {
    let fake = server();
    let report = apply(&fake, workload, &BTreeMap::new()).await.unwrap();
    fake.take_calls();
    (fake, report.objects)
}

#[tokio::test]
async fn a_set_that_cannot_be_changed_makes_room_for_a_new_one() {
    for (claim, orphan) in [("data", " orphan"), ("more", "")] {
        let (fake, known) = with(&set("data", 1)).await;
        fake.state().immutable.insert(SET.to_owned());
        let changed = set(claim, 2);
        let report = apply(&fake, &changed, &known).await.unwrap();
        let calls = [
            format!("PATCH {SET} dry-run force uid"),
            format!("GET {SET}"),
            format!("DELETE {SET}{orphan}"),
            format!("GET {SET}"),
            format!("PATCH {SET}"),
        ];
        assert_eq!(fake.take_calls(), calls, "pods stay where they have the new one's volumes");
        assert_ne!(report.objects["StatefulSet/app0-db"].uid, known["StatefulSet/app0-db"].uid);
        assert!(report.template_changed);
        let settled = apply(&fake, &changed, &report.objects).await.unwrap();
        assert_eq!((settled.objects, fake.take_calls()), (report.objects, Vec::new()));
    }
}

#[tokio::test]
async fn a_service_that_cannot_be_changed_makes_room_for_a_new_one() {
    let (fake, known) = applied().await;
    fake.state().immutable.insert(SERVICE.to_owned());
    let report = apply(&fake, &sample().with_ports(&[81]).workload(), &known).await.unwrap();
    assert!(fake.take_calls().contains(&format!("DELETE {SERVICE}")));
    assert_ne!(report.objects["Service/app0-web"].uid, known["Service/app0-web"].uid);
}

/// As after a worker that was stopped before it could record what it did.
#[tokio::test]
async fn a_job_of_ours_that_is_not_known_stays_as_it_is() {
    let (fake, known) = with(&job("one", 1)).await;
    fake.state().immutable.insert(JOB.to_owned());
    let before = fake.state().objects.clone();
    let report = apply(&fake, &job("two", 1), &BTreeMap::new()).await.unwrap();
    assert_eq!(report.objects["Job/app0-db"].uid, known["Job/app0-db"].uid);
    assert_eq!(fake.state().objects, before);
}

#[tokio::test]
async fn no_room_is_made_before_all_is_rehearsed() {
    let (fake, known) = with(&set("data", 1)).await;
    fake.state().immutable.insert(SET.to_owned());
    let mut changed = set("data", 2);
    changed.groups[0].services[0].name = "other".to_owned();
    fake.state().refusals.insert("PATCH /namespaces/demo/services/other dry-run".to_owned(), 422);
    let error = apply(&fake, &changed, &known).await.unwrap_err();
    assert_eq!((error.reason(), error.is_transient()), ("Invalid", false));
    assert!(fake.take_calls().iter().all(|call| !call.starts_with("DELETE")));
}

#[tokio::test]
async fn a_deployment_that_cannot_be_changed_is_a_failure() {
    let (fake, known) = applied().await;
    fake.state().immutable.insert(DEPLOYMENT.to_owned());
    let error = apply(&fake, &sample().stopped().workload(), &known).await.unwrap_err();
    assert_eq!((error.reason(), error.is_transient()), ("Invalid", false));
    assert!(fake.take_calls().iter().all(|call| !call.starts_with("DELETE")));
}

#[tokio::test]
async fn a_job_is_paused_and_its_template_stays() {
    let (fake, known) = with(&job("one", 1)).await;
    let report = apply(&fake, &job("one", 0), &known).await.unwrap();
    assert_eq!(fake.state().objects[JOB]["spec"]["suspend"], true);
    fake.take_calls();
    // As after another setting of the region: the job has run, and is not to run again.
    for mode in [Mode::OnlyChanged, Mode::Reassert] {
        let workload = job("two", 1);
        let objects = render(&workload);
        let kept = fake.cluster().apply(&workload, &objects, &report.objects, mode).await.unwrap();
        assert_eq!((kept.objects, fake.take_calls()), (report.objects.clone(), Vec::new()), "{mode:?}");
    }
}

#[tokio::test]
async fn a_job_that_somebody_has_removed_is_not_done_again() {
    let (fake, known) = with(&job("one", 1)).await;
    fake.state().objects.remove(JOB);
    let workload = job("one", 1);
    let objects = render(&workload);
    let report = fake.cluster().apply(&workload, &objects, &known, Mode::Reassert).await.unwrap();
    assert_eq!((report.objects, fake.take_calls()), (known, Vec::new()));
}

/// Most of a claim cannot be changed, and what it holds is people's.
#[tokio::test]
async fn a_claim_is_made_and_never_changed() {
    let shared = |size_gi| {
        let mut workload = workload();
        workload.groups[0].claims = vec![claim("data", size_gi)];
        workload
    };
    let (fake, known) = with(&shared(1)).await;
    let before = fake.state().objects[CLAIM].clone();
    for known in [known.clone(), BTreeMap::new()] {
        let report = apply(&fake, &shared(2), &known).await.unwrap();
        assert_eq!(report.objects["PersistentVolumeClaim/data"].uid, before["metadata"]["uid"]);
        assert_eq!(fake.state().objects[CLAIM], before);
        assert!(fake.take_calls().iter().all(|call| !call.starts_with(&format!("PATCH {CLAIM}"))));
    }
    fake.state().objects.remove(CLAIM);
    apply(&fake, &shared(3), &known).await.unwrap();
    assert_eq!(fake.state().objects[CLAIM]["spec"]["resources"]["requests"]["storage"], "3Gi");
}

#[tokio::test]
async fn a_namespace_of_another_subject_is_not_taken_over() {
    let ours = |key: &str, value: &str| json!({"app.kubernetes.io/managed-by": "slipway", key: value});
    let app = |name: &str| Namespace {
        name: name.to_owned(),
        labels: serde_json::from_value(ours("slipway.dev/app", "hello")).unwrap(),
    };
    for (labels, wanted) in [
        // A project may be called like an app's namespace.
        (ours("slipway.dev/project", "lain-hello"), app("lain-hello")),
        (ours("slipway.dev/app", "other"), app("lain-hello")),
        (ours("slipway.dev/app", "hello"), Namespace { name: "lain-hello".to_owned(), ..demo() }),
    ] {
        let fake = Fake::default();
        fake.put("/namespaces/lain-hello", json!({"metadata": {"name": "lain-hello", "labels": labels}}));
        let error = fake.cluster().ensure_namespace(&wanted).await.unwrap_err();
        assert_eq!((error.reason(), error.is_transient()), ("NameConflict", false), "{labels}");
        assert_eq!(fake.take_calls(), ["GET /namespaces/lain-hello"]);
    }
}
