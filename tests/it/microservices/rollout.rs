//! From a created service to running pods, and what stands in the cluster (kirk-cases E, kirk-spec §6).

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Service};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::support::{eventually, project, stateful, stateless};

#[tokio::test]
async fn a_service_is_pending_first_and_then_runs_with_all_its_pods() {
    let project = project().await;
    let app = project.app("a0", &[stateless("web", &json!({"instanceNumber": 2}))]).await;
    let created = &app["microservices"][0];
    let none = json!({"phase": "pending", "desire": 2, "current": 0, "updated": 0, "available": 0, "unavailable": 0});
    assert_eq!((&created["status"], &created["pods"]), (&none, &json!([])));

    let web = project.reaches("a0", "web", "running").await;
    let all = json!({"phase": "running", "desire": 2, "current": 2, "updated": 2, "available": 2, "unavailable": 0});
    assert_eq!(web["status"], all);
    let mut shown: Vec<_> = web["pods"].as_array().unwrap().iter().map(|pod| pod["name"].clone()).collect();
    shown.sort_by_key(Value::to_string);
    let cluster = project.cluster().await;
    assert_eq!(json!(shown), json!(cluster.pod_names("a0", "web").await));
    for pod in web["pods"].as_array().unwrap() {
        assert_eq!(pod["status"], json!({"phase": "running"}));
        assert_eq!(pod["containerStatuses"], json!([{"name": "container-0", "state": "running"}]));
    }
}

#[tokio::test]
async fn a_service_of_no_name_or_of_no_app_is_not_found() {
    let project = project().await;
    project.app("a0", &[]).await;
    project.get("/apps/a0/microservices/nope").await.refused(404, "ServiceNotFound");
    project.get("/apps/nope/microservices/web").await.refused(404, "AppNotFound");
}

#[tokio::test]
async fn a_deployment_says_whose_it_is_and_has_what_was_asked_for() {
    let project = project().await;
    let container = json!({"name": "c0", "image": "nginx:1", "workingDir": "/w", "command": ["/bin/sh"],
        "args": ["-c", "echo"], "envs": [{"name": "E", "value": "v"}]});
    project
        .app(
            "a0",
            &[stateless(
                "web",
                &json!({"instanceNumber": 2, "resourceSpec": "2U4G", "containers": [container]}),
            )],
        )
        .await;
    project.reaches("a0", "web", "running").await;
    let labels = json!({"app.kubernetes.io/managed-by": "slipway", "slipway.dev/project": project.name,
        "slipway.dev/app": "a0", "slipway.dev/service": "web", "slipway.dev/type": "stateless"});
    let selector = json!({"slipway.dev/app": "a0", "slipway.dev/service": "web"});

    let deployment = project.cluster().await.json::<Deployment>("a0-web").await;
    let (metadata, spec) = (&deployment["metadata"], &deployment["spec"]);
    assert_eq!(metadata["labels"], labels);
    let annotations = &metadata["annotations"];
    assert_eq!(annotations["slipway.dev/uid"], project.uid("a0", "web").await);
    assert_eq!(annotations["slipway.dev/revision"], "1");
    assert_eq!(annotations["slipway.dev/instance-number"], "2");
    assert_eq!((&spec["replicas"], &spec["selector"]["matchLabels"]), (&json!(2), &selector));
    let template = &spec["template"];
    assert_eq!(template["metadata"], json!({"labels": labels}), "annotations there would restart pods");
    let made = &template["spec"]["containers"][0];
    for (member, value) in [
        ("name", json!("c0")),
        ("image", json!("nginx:1")),
        ("workingDir", json!("/w")),
        ("command", json!(["/bin/sh"])),
        ("args", json!(["-c", "echo"])),
        ("env", json!([{"name": "E", "value": "v"}])),
        ("ports", Value::Null),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    for amounts in ["requests", "limits"] {
        assert_eq!(made["resources"][amounts], json!({"cpu": "2", "memory": "4Gi"}), "{amounts}");
    }
    assert!(project.cluster().await.service("a0-web").await.is_none(), "it exposes nothing");
}

#[tokio::test]
async fn a_number_may_be_a_port_of_both_transports() {
    let project = project().await;
    let ports = json!([{"port": 8001, "protocol": "TCP"}, {"port": 8001, "protocol": "UDP"}]);
    project.app("a0", &[stateless("web", &json!({"ports": ports}))]).await;
    project.reaches("a0", "web", "running").await;
    let service = project.cluster().await.json::<Service>("a0-web").await;
    let spec = &service["spec"];
    assert_eq!(
        spec["ports"],
        json!([
            {"name": "tcp-8001", "port": 8001, "targetPort": 8001, "protocol": "TCP"},
            {"name": "udp-8001", "port": 8001, "targetPort": 8001, "protocol": "UDP"},
        ])
    );
    assert_eq!(spec["selector"], json!({"slipway.dev/app": "a0", "slipway.dev/service": "web"}));
    assert_eq!((&spec["type"], spec["clusterIP"] != "None"), (&json!("ClusterIP"), true));
    assert_eq!(service["metadata"]["annotations"]["slipway.dev/uid"], project.uid("a0", "web").await);
}

#[tokio::test]
async fn a_stateful_service_runs_on_its_claim_under_its_own_name() {
    let project = project().await;
    project.reaches_namespace().await;
    let cluster = project.cluster().await;
    cluster.claim("disk").await;
    let mount = json!({"volumeName": "disk", "readOnly": false, "mountPath": "/data"});
    let ports = json!([{"port": 80, "protocol": "TCP"}, {"port": 8080, "protocol": "UDP"}]);
    let containers = json!([{"image": "nginx:1", "volumeMounts": [mount]}]);
    project.app("a0", &[stateful("db", &json!({"containers": containers, "ports": ports}))]).await;
    let db = project.reaches("a0", "db", "running").await;
    assert_eq!(db["instanceNumber"], 1);
    assert_eq!(db["pods"][0]["name"], "a0-db-0");

    let set = cluster.json::<StatefulSet>("a0-db").await;
    assert_eq!((&set["spec"]["replicas"], &set["spec"]["serviceName"]), (&json!(1), &json!("a0--db")));
    assert_eq!(set["spec"]["podManagementPolicy"], "Parallel");
    let pod = &set["spec"]["template"]["spec"];
    assert_eq!(pod["volumes"][0]["persistentVolumeClaim"], json!({"claimName": "disk"}));
    let mounted = &pod["containers"][0]["volumeMounts"][0];
    assert_eq!((&mounted["mountPath"], &mounted["name"]), (&json!("/data"), &pod["volumes"][0]["name"]));
    assert_ne!(mounted["readOnly"], true);
    cluster.until::<PersistentVolumeClaim>("disk", "/status/phase", json!("Bound")).await;

    let headless = cluster.json::<Service>("a0--db").await;
    let ports = |service: &Value| {
        let ports = service["spec"]["ports"].as_array().unwrap().iter();
        ports.map(|port| port["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (&headless["spec"]["clusterIP"], ports(&headless)),
        (&json!("None"), vec![json!("tcp-80"), json!("udp-8080")])
    );
    let address = cluster.json::<Service>("a0-db").await;
    assert_eq!(ports(&address), vec![json!("tcp-80"), json!("udp-8080")]);
}

#[tokio::test]
async fn config_maps_reach_the_pods_as_files_and_as_variables() {
    let project = project().await;
    let container = json!({"image": "nginx:1",
        "configs": [{"configMapName": "cm", "mountPath": "/etc/a"}, {"configMapName": "cm", "mountPath": "/etc/b/"}],
        "envs": [{"type": "configMap", "name": "ONE", "value": "cm.app.yaml"}, {"name": "TWO", "value": "$(ONE)"}]});
    project.app("a0", &[stateless("web", &json!({"containers": [container]}))]).await;
    project.reaches("a0", "web", "running").await;
    let deployment = project.cluster().await.json::<Deployment>("a0-web").await;
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(pod["volumes"].as_array().unwrap().len(), 1, "one volume for a map that is mounted twice");
    assert_eq!(pod["volumes"][0]["configMap"]["name"], "cm");
    let mounts = pod["containers"][0]["volumeMounts"].as_array().unwrap();
    let paths: Vec<_> = mounts.iter().map(|mount| (&mount["mountPath"], &mount["readOnly"])).collect();
    assert_eq!(paths, [(&json!("/etc/a"), &json!(true)), (&json!("/etc/b"), &json!(true))]);
    let env = json!([
        {"name": "ONE", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "app.yaml"}}},
        {"name": "TWO", "value": "$(ONE)"},
    ]);
    assert_eq!(pod["containers"][0]["env"], env);
}

#[tokio::test]
async fn a_pod_that_starts_to_crash_makes_its_service_pending() {
    let project = project().await;
    project.app("a0", &[stateless("web", &json!({"instanceNumber": 3}))]).await;
    project.reaches("a0", "web", "running").await;
    let cluster = project.cluster().await;
    let victim = cluster.pod_names("a0", "web").await.remove(0);
    let status = json!({"status": {
        "conditions": [{"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "False"}],
        "containerStatuses": [{"name": "container-0", "image": "nginx:1", "imageID": "", "ready": false, "restartCount": 1,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}}],
    }});
    let pods = cluster.objects::<Pod>();
    pods.patch_status(&victim, &PatchParams::default(), &Patch::Strategic(&status)).await.unwrap();

    // The observer's next look.
    let web = eventually("the crash shows", async || {
        let web = project.get("/apps/a0/microservices/web").await.ok();
        if web["status"]["available"] == 2 { Ok(web) } else { Err(web) }
    })
    .await;
    assert_eq!(
        web["status"],
        json!({"phase": "pending", "desire": 3, "current": 3, "updated": 3, "available": 2, "unavailable": 1})
    );
    let pod = web["pods"].as_array().unwrap().iter().find(|pod| pod["name"] == *victim).unwrap();
    assert_eq!(pod["status"]["phase"], "running");
    assert_eq!(
        pod["containerStatuses"],
        json!([{"name": "container-0", "state": "waiting", "reason": "CrashLoopBackOff", "message": "back-off 10s"}])
    );
}

#[tokio::test]
async fn a_stateful_service_in_the_middle_of_an_update_counts_its_new_pod() {
    let project = project().await;
    project.app("a0", &[stateful("db", &json!({}))]).await;
    project.reaches("a0", "db", "running").await;
    let bad = json!({"containers": [{"image": "fault.invalid/never-ready:1"}]});
    project.put_json("/apps/a0/microservices/db/upgrade", &bad).await.ok();
    // `current` counts pods, and not those of the old revision, of which there are none.
    let expected = json!({"phase": "pending", "desire": 1, "current": 1, "updated": 1, "available": 0, "unavailable": 1});
    eventually("the new pod counts", async || {
        let db = project.get("/apps/a0/microservices/db").await.ok();
        if db["status"] == expected { Ok(()) } else { Err(db) }
    })
    .await;
}
