//! What an app becomes in the cluster (lain-spec §6), on a real API server with the worker's own rights.

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, ResourceQuota, Service};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde_json::{Value, json};

use crate::support::console::{App, V1, V2, console};
use crate::support::{Cluster, Object, eventually};

mod files;

/// An app of these sections that is ready.
async fn ready(name: &str, sections: &str) -> App {
    let app = console().registered(name).await;
    app.push(V1, sections).await;
    app.deploy().await;
    app.is_ready().await;
    app
}

async fn object<K: Object>(app: &App, name: &str) -> Value {
    let object = app.cluster().await.json::<K>(name).await;
    assert!(object.is_object(), "no {name} of {}", app.name);
    object
}

#[tokio::test]
async fn a_web_proc_is_reached_by_its_service_and_from_outside() {
    let app =
        ready("front", "web:\n  cmd: x\n  port: 8080\n  num_instances: 2\n  healthcheck: /ping\n").await;
    let web = object::<Deployment>(&app, "web").await;
    let labels = &web["metadata"]["labels"];
    for (key, value) in [
        ("app.kubernetes.io/managed-by", "slipway"),
        ("slipway.dev/app", app.name.as_str()),
        ("slipway.dev/proc", "web"),
        ("slipway.dev/proc-type", "web"),
        ("slipway.dev/revision", "1"),
        ("slipway.dev/meta-version", V1),
    ] {
        assert_eq!(labels[key], value, "{key}");
    }
    let container = &web["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/ping");
    assert!(container["livenessProbe"].is_null());
    let service = object::<Service>(&app, "web").await;
    assert_eq!(service["spec"]["ports"][0]["port"], 8080);
    let ingress = object::<Ingress>(&app, "web").await;
    let hosts: Vec<_> =
        ingress["spec"]["rules"].as_array().unwrap().iter().map(|rule| &rule["host"]).collect();
    assert_eq!(hosts, [&json!(format!("{}.lain.local", app.name))], "LAIN's own names are not the ingress's");
    let budget = object::<PodDisruptionBudget>(&app, "web").await;
    assert_eq!(budget["spec"]["maxUnavailable"], 1);
    let policy = object::<NetworkPolicy>(&app, "slipway").await;
    assert_eq!(policy["spec"]["policyTypes"], json!(["Ingress"]));

    app.push(V2, "worker:\n  cmd: x\n").await;
    app.console.put(&app.at(""), &json!({})).await.is(202, "app");
    let cluster = app.cluster().await;
    eventually("all of web is gone", async || {
        let ingress = cluster.objects::<Ingress>().get_opt("web").await.unwrap().is_some();
        let budget = cluster.objects::<PodDisruptionBudget>().get_opt("web").await.unwrap().is_some();
        let service = cluster.service("web").await.is_some();
        if ingress || budget || service { Err("something is there") } else { Ok(()) }
    })
    .await;
}

#[tokio::test]
async fn volumes_outlive_the_app() {
    let app = ready("store", "web:\n  cmd: x\n  volumes: [/data]\n  num_instances: 2\n  port: 80\n").await;
    let set = object::<StatefulSet>(&app, "web").await;
    assert_eq!(set["spec"]["ordinals"]["start"], 1);
    assert_eq!(set["spec"]["podManagementPolicy"], "Parallel");
    let shown = app.view().await;
    let pods: Vec<_> =
        shown["procs"][0]["pods"].as_array().unwrap().iter().map(|pod| &pod["containername"]).collect();
    assert_eq!(pods, ["web-1", "web-2"], "by their number");
    let envs = shown["procs"][0]["pods"][1]["envs"].as_array().unwrap();
    assert!(envs.contains(&json!("DEPLOYD_POD_INSTANCE_NO=2")), "{envs:?}");
    let claims = async || {
        let list = app
            .cluster()
            .await
            .objects::<PersistentVolumeClaim>()
            .list(&kube::api::ListParams::default())
            .await;
        list.unwrap().items.len()
    };
    assert_eq!(claims().await, 2);
    app.console.delete(&app.at("")).await.is(202, "app");
    let cluster = app.cluster().await;
    eventually("the set is gone", async || {
        cluster.stateful_set("web").await.map_or(Ok(()), |_| Err("it is there"))
    })
    .await;
    assert_eq!(claims().await, 2, "they hold people's data");
}

#[tokio::test]
async fn shared_cloud_volumes_are_one_claim() {
    let app = ready(
        "cloud",
        "worker:\n  cmd: x\n  cloud_volumes: {type: single, dirs: [/a, /b]}\n  num_instances: 2\n",
    )
    .await;
    let claim = object::<PersistentVolumeClaim>(&app, "worker-cloud").await;
    assert_eq!(claim["spec"]["accessModes"], json!(["ReadWriteMany"]));
    object::<Deployment>(&app, "worker").await;
}

#[tokio::test]
async fn a_oneshot_runs_once_for_each_deploy() {
    let app = ready("once", "oneshot.migrate:\n  cmd: x\nworker:\n  cmd: x\n").await;
    let jobs = async || {
        let list =
            app.cluster().await.objects::<Job>().list(&kube::api::ListParams::default()).await.unwrap();
        list.items.iter().map(|job| job.metadata.name.clone().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(jobs().await, ["migrate-r1n1"]);
    let shown = app.view().await;
    let migrate = &shown["procs"][0];
    assert_eq!((&migrate["proctype"], &migrate["pods"][0]["status"]), (&json!("oneshot"), &json!("True")));
    let one = json!({"operation": "restart", "instance": 1});
    let refused = app.console.patch(&app.at("procs/migrate/"), &one).await;
    assert_eq!(refused.is(400, "proc")["procname"], "migrate");
    app.console.put(&app.at(""), &json!({})).await.is(202, "app");
    eventually("the new job is the only one", async || {
        let jobs = jobs().await;
        if jobs == ["migrate-r2n1"] { Ok(()) } else { Err(format!("{jobs:?}")) }
    })
    .await;
}

/// Kubernetes lets nobody change a set's claims, or a Service with an address into one without.
#[tokio::test]
async fn volumes_come_and_go_with_the_versions() {
    let app = ready("grow", "worker:\n  cmd: x\n  port: 80\n").await;
    for (version, volumes) in [(V2, "[/data]"), ("1435900001-a", "[/data, /more]"), ("1435900002-a", "[]")] {
        app.push(version, &format!("worker:\n  cmd: x\n  port: 80\n  volumes: {volumes}\n")).await;
        app.console.put(&app.at(""), &json!({"meta_version": version})).await.is(202, "app");
        let shown = app.is_ready().await;
        assert_eq!(shown["metaversion"], version);
    }
}

#[tokio::test]
async fn a_oneshot_can_be_stopped_and_started() {
    let app = ready("pause", "oneshot.migrate:\n  cmd: x\nworker:\n  cmd: x\n").await;
    for operation in ["stop", "start"] {
        app.console.patch(&app.at("procs/migrate/"), &json!({"operation": operation})).await.is(202, "proc");
        let cluster = app.cluster().await;
        eventually("the worker has done it", async || {
            let job = cluster.objects::<Job>().get_opt("migrate-r1n1").await.unwrap();
            let suspended = job.and_then(|job| job.spec?.suspend);
            let error = app.view().await["deployerror"].clone();
            if suspended == Some(operation == "stop") && error == "" {
                Ok(())
            } else {
                Err(format!("{suspended:?} {error}"))
            }
        })
        .await;
        assert_eq!(app.view().await["deployerror"], "");
    }
}

#[tokio::test]
async fn any_name_that_lain_takes_runs() {
    let app = App { name: format!("Big-{}", "x".repeat(100)), ..console().fresh("unused") };
    app.console.post("/repos/", &json!({"appname": app.name})).await.is(201, "repos");
    let proc = format!("Worker{}", "y".repeat(50));
    let yaml = app.yaml(&format!("worker.{proc}:\n  cmd: x\n  port: 80\n  volumes: [/d]\n"));
    let put = async |path: &str| app.console.send(reqwest::Method::PUT, &app.at(path), Some(&yaml)).await;
    assert!(put("versions/1-a/").await.refused(400, "app").contains("image must be given"));
    put("versions/1-a/?image=nginx:1").await.is(202, "app");
    let ready = app.is_ready().await;
    assert_eq!(ready["procs"][0]["procname"], proc.as_str());
}

/// What others made in the namespace is not ours.
#[tokio::test]
async fn somebody_elses_object_is_never_touched() {
    let app = ready("guest", "worker:\n  cmd: x\n").await;
    let cluster = app.cluster().await;
    let theirs =
        json!({"metadata": {"name": "web"}, "spec": {"ports": [{"port": 1}], "selector": {"a": "b"}}});
    let services = cluster.objects::<Service>();
    services
        .create(&kube::api::PostParams::default(), &serde_json::from_value(theirs).unwrap())
        .await
        .unwrap();
    app.push(V2, "web:\n  cmd: x\n  port: 80\n").await;
    app.console.put(&app.at(""), &json!({})).await.is(202, "app");
    let shown = app.until("the conflict is told", |app| app["deployerror"] != "").await;
    assert!(shown["deployerror"].as_str().unwrap().contains("belongs to somebody else"), "{shown}");
    app.console.delete(&app.at("")).await.is(202, "app");
    eventually("our own are gone", async || {
        cluster.deployment("worker").await.map_or(Ok(()), |_| Err("it is there"))
    })
    .await;
    assert_eq!(cluster.service("web").await.unwrap().spec.unwrap().ports.unwrap()[0].port, 1);
}

/// Of a set, Kubernetes tells it in events only.
#[tokio::test]
async fn pods_that_the_cluster_does_not_make_are_told() {
    let app = ready("full", "worker:\n  cmd: x\n").await;
    let quota = json!({"metadata": {"name": "full"}, "spec": {"hard": {"pods": "1"}}});
    let quotas = app.cluster().await.objects::<ResourceQuota>();
    quotas.create(&kube::api::PostParams::default(), &serde_json::from_value(quota).unwrap()).await.unwrap();
    app.push(V2, "worker:\n  cmd: x\nworker.db:\n  cmd: x\n  stateful: true\n").await;
    app.console.put(&app.at(""), &json!({})).await.is(202, "app");
    let told = |app: &Value| app["procs"][1]["lasterror"] != "";
    let shown = app.until("the quota is told", told).await;
    let error = shown["procs"][1]["lasterror"].as_str().unwrap();
    assert!(error.starts_with("FailedCreate: ") && error.contains("StatefulSet db"), "{error}");
    assert_eq!(shown["deploystate"], "failed");
}

/// As after another version of Slipway that made them otherwise.
#[tokio::test]
async fn what_cannot_be_changed_is_replaced() {
    let app = ready("fixed", "worker:\n  cmd: x\n  port: 80\n  volumes: [/data]\n").await;
    let cluster = app.cluster().await;
    let (mut set, mut service) =
        (object::<StatefulSet>(&app, "worker").await, object::<Service>(&app, "worker--pods").await);
    set["spec"]["serviceName"] = json!("other");
    for member in ["clusterIP", "clusterIPs"] {
        service["spec"].as_object_mut().unwrap().remove(member);
    }
    replace::<StatefulSet>(&cluster, set).await;
    replace::<Service>(&cluster, service).await;
    app.console.put(&app.at(""), &json!({})).await.is(202, "app");
    eventually("both are as wanted", async || {
        let set = cluster.stateful_set("worker").await.and_then(|set| set.spec?.service_name);
        let address = cluster.service("worker--pods").await.and_then(|service| service.spec?.cluster_ip);
        let is_so = set.as_deref() == Some("worker--pods") && address.as_deref() == Some("None");
        if is_so { Ok(()) } else { Err(format!("{set:?} {address:?}")) }
    })
    .await;
    assert_eq!(app.is_ready().await["deployerror"], "");
}

/// Puts an object in the place of the one of its name, whose pods stay.
async fn replace<K: Object>(cluster: &Cluster, mut object: Value) {
    let api = cluster.objects::<K>();
    let name = object["metadata"]["name"].as_str().unwrap().to_owned();
    for member in ["uid", "resourceVersion", "managedFields", "creationTimestamp", "generation"] {
        object["metadata"].as_object_mut().unwrap().remove(member);
    }
    object["status"] = Value::Null;
    api.delete(&name, &kube::api::DeleteParams::orphan()).await.unwrap();
    cluster.gone::<K>(&name).await;
    cluster.create::<K>(object).await;
}
