//! What is deleted, and what never is.

use serde_json::{Value, json};

use super::super::fake::{Fake, Sample};
use super::*;

const UID: &str = "0123456789abcdef0123456789abcdef";
const DEPLOYMENT: &str = "/namespaces/demo/deployments/app0-web";
const SERVICE: &str = "/namespaces/demo/services/app0-web";
const POD: &str = "/namespaces/demo/pods/app0-web-x-y";

fn workload() -> Workload {
    Sample::default().workload()
}

/// An object of the owner's.
fn object(name: &str, uid: &str, owner: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "demo", "uid": uid, "annotations": {"slipway.dev/uid": owner}}})
}

fn known(keys: &[(&str, &str)]) -> BTreeMap<String, AppliedObject> {
    let applied =
        |uid: &str| AppliedObject { uid: uid.to_owned(), hash: String::new(), template_hash: String::new() };
    keys.iter().map(|(key, uid)| ((*key).to_owned(), applied(uid))).collect()
}

#[tokio::test]
async fn what_is_known_and_not_wanted_is_deleted() {
    let fake = Fake::default();
    fake.put(SERVICE, object("app0-web", "s", UID));
    fake.put(DEPLOYMENT, object("app0-web", "d", UID));
    let wanted = crate::render::render(&workload());
    let known = known(&[
        ("Service/app0-web", "s"),
        ("Deployment/app0-web", "d"),
        ("Newer/one", "i"),
        ("PersistentVolumeClaim/data", "v"),
    ]);
    fake.cluster().prune(&workload(), &wanted, &known, false).await.unwrap();
    assert_eq!(fake.take_calls(), [format!("DELETE {SERVICE}")]);
    assert_eq!(fake.state().objects.keys().collect::<Vec<_>>(), [DEPLOYMENT]);
}

#[tokio::test]
async fn what_is_gone_or_another_one_is_left() {
    let fake = Fake::default();
    fake.put(SERVICE, object("app0-web", "another", UID));
    let known = known(&[("Service/app0-web", "s"), ("Service/app0--web", "gone")]);
    fake.cluster().prune(&workload(), &[], &known, false).await.unwrap();
    assert_eq!(fake.state().objects.len(), 1);
}

#[tokio::test]
async fn a_sweep_deletes_what_was_lost_and_is_ours() {
    let fake = Fake::default();
    fake.put(SERVICE, object("app0-web", "s", UID));
    fake.put("/namespaces/demo/statefulsets/app0-web", object("app0-web", "f", &"f".repeat(32)));
    fake.put(DEPLOYMENT, object("app0-web", "d", UID));
    let wanted = crate::render::render(&workload());
    // Known by mistake: the annotation of what stands there says that it is not ours.
    let known = known(&[("StatefulSet/app0-web", "f")]);
    fake.cluster().prune(&workload(), &wanted, &known, true).await.unwrap();
    let left: Vec<_> = fake.state().objects.keys().cloned().collect();
    assert_eq!(left, [DEPLOYMENT, "/namespaces/demo/statefulsets/app0-web"]);
}

#[tokio::test]
async fn a_service_is_gone_when_its_pods_are() {
    let fake = Fake::default();
    fake.put(DEPLOYMENT, object("app0-web", "d", UID));
    fake.put(SERVICE, object("app0-web", "s", UID));
    let mut pod = object("app0-web-x-y", "p", "");
    pod["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x", "uid": "r", "controller": true}]);
    fake.put(POD, pod);
    let known = known(&[("Service/app0-web", "s")]);
    let cluster = fake.cluster();
    assert!(!cluster.delete_all(&workload(), &known).await.unwrap());
    assert_eq!(fake.state().objects.keys().collect::<Vec<_>>(), [POD]);
    assert!(!cluster.delete_all(&workload(), &known).await.unwrap(), "the pod is still there");
    fake.put(POD, object("app0-web-x-y", "p", ""));
    assert!(
        cluster.delete_all(&workload(), &known).await.unwrap(),
        "a pod that somebody made by hand may stay"
    );
}

#[tokio::test]
async fn another_owners_workload_and_its_pods_do_not_keep_a_service() {
    let fake = Fake::default();
    let theirs = object("app0-web", "d", &"f".repeat(32));
    fake.put(DEPLOYMENT, theirs.clone());
    fake.put(POD, object("app0-web-x-y", "p", ""));
    assert!(fake.cluster().delete_all(&workload(), &BTreeMap::new()).await.unwrap());
    assert_eq!(fake.state().objects[DEPLOYMENT], theirs);
}

/// The next pod of a set has the name of the one that was deleted.
#[tokio::test]
async fn only_the_very_pod_is_evicted() {
    let eviction =
        |uid: &str| Eviction { pod: "app0-web-x-y".to_owned(), uid: uid.to_owned(), generation: 1 };
    let fake = Fake::default();
    fake.put(POD, object("app0-web-x-y", "new", UID));
    for (uid, stays) in [("old", true), ("new", false), ("new", false)] {
        fake.cluster().evict(&workload(), &eviction(uid)).await.unwrap();
        assert_eq!(fake.state().objects.contains_key(POD), stays, "{uid}");
    }
}
