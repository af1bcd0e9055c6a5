//! What goes wrong with pods, and how it shows (kirk-spec §7, kirk-cases T74 and T79).

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ResourceQuota;
use serde_json::{Value, json};

use crate::support::{Project, eventually, project, stateful, stateless};

const WEB: &str = "/apps/a0/microservices/web";

/// Waits until the first pod of the service is as `is` wants; gives the service.
async fn shows(project: &Project, path: &str, is: impl Fn(&Value) -> bool) -> Value {
    eventually("the fault shows", async || {
        let service = project.get(path).await.ok();
        if is(&service["pods"][0]) { Ok(service) } else { Err(service) }
    })
    .await
}

/// How a fault shows at the container, and at the pod in fewer characters.
struct Fault {
    image: &'static str,
    reason: &'static str,
    pod_phase: &'static str,
    says: [&'static str; 2],
}

/// A service of this image says so, is pending, and recovers with a good image.
async fn fails_and_recovers(fault: Fault) {
    let project = project().await;
    project.app("a0", &[stateless("web", &json!({"containers": [{"image": fault.image}]}))]).await;
    let web = shows(&project, WEB, |pod| pod["containerStatuses"][0]["reason"] == fault.reason).await;
    let (pod, container) = (&web["pods"][0]["status"], &web["pods"][0]["containerStatuses"][0]);
    assert_eq!((&container["name"], &container["state"]), (&json!("container-0"), &json!("waiting")));
    assert_eq!((&pod["phase"], &pod["reason"]), (&json!(fault.pod_phase), &json!(fault.reason)));
    for (message, chars_max) in [(&container["message"], 256), (&pod["message"], 64)] {
        let message = message.as_str().unwrap();
        assert!(message.chars().count() <= chars_max, "{message}");
        assert!(fault.says.iter().all(|part| message.contains(part)), "{message}");
    }
    // The Deployment may count its pod a moment after the pod is seen.
    eventually("the status counts the pod", async || {
        let status = project.get(WEB).await.ok()["status"].clone();
        let wanted = json!({"phase": "pending", "desire": 1, "current": 1, "updated": 1, "available": 0, "unavailable": 1});
        if status == wanted { Ok(()) } else { Err(status) }
    })
    .await;

    project.put_json(&format!("{WEB}/upgrade"), &json!({"containers": [{"image": "nginx:2"}]})).await.ok();
    project.reaches("a0", "web", "running").await;
    shows(&project, WEB, |pod| pod["status"] == json!({"phase": "running"})).await;
}

#[tokio::test]
async fn an_image_that_cannot_be_pulled_shows() {
    fails_and_recovers(Fault {
        image: "fault.invalid/image-pull:1",
        reason: "ImagePullBackOff",
        pod_phase: "pending",
        says: ["Back-off pulling image", "fault.invalid/image-pull:1"],
    })
    .await;
}

#[tokio::test]
async fn a_crash_loop_shows_with_the_last_exit() {
    fails_and_recovers(Fault {
        image: "fault.invalid/crash:1",
        reason: "CrashLoopBackOff",
        pod_phase: "running",
        says: ["back-off 40s", "last: Error (exit code 1)"],
    })
    .await;
}

#[tokio::test]
async fn a_container_out_of_memory_shows_as_such() {
    fails_and_recovers(Fault {
        image: "fault.invalid/oom:1",
        reason: "CrashLoopBackOff",
        pod_phase: "running",
        says: ["back-off 40s", "OOMKilled"],
    })
    .await;
}

#[tokio::test]
async fn a_pod_that_never_gets_ready_keeps_its_service_pending() {
    let project = project().await;
    let containers = json!([{"name": "good", "image": "nginx:1"}, {"name": "bad", "image": "fault.invalid/never-ready:1"}]);
    project.app("a0", &[stateless("web", &json!({"containers": containers}))]).await;
    let web = shows(&project, WEB, |pod| pod["status"]["phase"] == "running").await;
    assert_eq!((&web["status"]["phase"], &web["status"]["available"]), (&json!("pending"), &json!(0)));
    assert_eq!(
        web["pods"][0]["containerStatuses"],
        json!([{"name": "good", "state": "running"}, {"name": "bad", "state": "running"}])
    );
    project.put_json(&format!("{WEB}/upgrade"), &json!({"containers": [{"image": "nginx:2"}]})).await.ok();
    project.reaches("a0", "web", "running").await;
}

#[tokio::test]
async fn a_bad_upgrade_leaves_pods_of_the_old_revision_serving() {
    let project = project().await;
    project.app("a0", &[stateless("web", &json!({"instanceNumber": 4}))]).await;
    project.reaches("a0", "web", "running").await;
    let bad = json!({"containers": [{"image": "fault.invalid/crash:1"}]});
    project.put_json(&format!("{WEB}/upgrade"), &bad).await.ok();
    let web = eventually("the rollout is stuck", async || {
        let web = project.get(WEB).await.ok();
        if web["status"]["updated"] == 2 && web["pods"].as_array().unwrap().len() == 5 {
            Ok(web)
        } else {
            Err(web)
        }
    })
    .await;
    assert_eq!(
        web["status"],
        json!({"phase": "pending", "desire": 4, "current": 5, "updated": 2, "available": 3, "unavailable": 2})
    );
    project.put(&format!("{WEB}/revisions/1/rollback")).await.empty();
    project.reaches("a0", "web", "running").await;
}

#[tokio::test]
async fn a_missing_claim_shows_as_unschedulable_until_it_is_there() {
    let project = project().await;
    let name = "a-claim-of-such-a-long-name-that-the-message-has-to-be-cut-off";
    let mounts = json!([{"volumeName": name, "mountPath": "/data"}]);
    project
        .app("a0", &[stateful("db", &json!({"containers": [{"image": "nginx:1", "volumeMounts": mounts}]}))])
        .await;
    let db =
        shows(&project, "/apps/a0/microservices/db", |pod| pod["status"]["reason"] == "Unschedulable").await;
    let pod = &db["pods"][0];
    assert_eq!((&db["status"]["phase"], &pod["status"]["phase"]), (&json!("pending"), &json!("pending")));
    let message = pod["status"]["message"].as_str().unwrap();
    assert!(message.starts_with("0/1 nodes are available") && message.chars().count() == 64, "{message}");
    assert_eq!(pod["containerStatuses"], json!([{"name": "container-0", "state": "waiting"}]));

    project.cluster().await.claim(name).await;
    project.reaches("a0", "db", "running").await;
}

#[tokio::test]
async fn pods_that_a_quota_refuses_are_explained_by_the_status() {
    let project = project().await;
    let cluster = project.cluster().await;
    project.reaches_namespace().await;
    cluster
        .create::<ResourceQuota>(json!({"metadata": {"name": "small"}, "spec": {"hard": {"pods": "1"}}}))
        .await;
    cluster.until::<ResourceQuota>("small", "/status/hard/pods", json!("1")).await;
    project.app("a0", &[stateless("web", &json!({"instanceNumber": 2}))]).await;
    let web = eventually("the refusal shows", async || {
        let web = project.get(WEB).await.ok();
        if web["status"]["reason"].is_string() && web["status"]["available"] == 1 {
            Ok(web)
        } else {
            Err(web)
        }
    })
    .await;
    let status = &web["status"];
    assert_eq!((&status["phase"], &status["reason"]), (&json!("pending"), &json!("FailedCreate")));
    let message = status["message"].as_str().unwrap();
    assert!(message.contains("exceeded quota: small"), "{message}");
    assert_eq!(web["pods"].as_array().unwrap().len(), 1);

    project.put(&format!("{WEB}/scale/1")).await.empty();
    let web = project.reaches("a0", "web", "running").await;
    assert_eq!((web["status"].get("reason"), web["status"].get("message")), (None, None));
    assert_eq!(cluster.json::<Deployment>("a0-web").await["spec"]["replicas"], 1);
}
