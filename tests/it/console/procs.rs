//! Procs: look, scale, operate, remove, bring back.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::console::{V2, console, pushed, running};
use crate::support::eventually;

/// 67.
#[tokio::test]
async fn procs_are_told_with_and_without_the_last_slash() {
    let app = running("procs").await;
    let procs = app.console.get(&app.at("procs")).await.is(200, "procs");
    let names: Vec<_> = procs.as_array().unwrap().iter().map(|proc| &proc["procname"]).collect();
    assert_eq!(names, ["web", "mailer"]);
    for path in ["procs/web", "procs/web/"] {
        let reply = app.console.get(&app.at(path)).await;
        assert_eq!(reply.is(200, "proc")["procname"], "web");
        assert_eq!(reply.json()["url"], format!("/api/v1/apps/{}/procs/web/", app.name));
    }
    app.console.get(&app.at("procs/zzz/")).await.refused(404, "proc");
    let history = app.console.get(&app.at("procs/web/instance/1/histories/")).await.is(200, "proc");
    assert_eq!(history["Name"], format!("{}.web.web", app.name));
    assert_eq!(app.console.get(&app.at("procs/zzz/instance/1/histories/")).await.is(200, "proc"), json!([]));
    app.console.get(&app.at("procs/web/instance/x/histories/")).await.refused(400, "proc");
}

#[tokio::test]
async fn an_app_that_is_not_deployed_has_no_procs() {
    let app = console().registered("noprocs").await;
    app.console.get(&app.at("procs/")).await.refused(404, "procs");
    app.console.get(&app.at("procs/web/")).await.refused(404, "proc");
    app.console.post(&app.at("procs/"), &json!({"procname": "web"})).await.refused(404, "proc");
    app.console.patch(&app.at("procs/web/"), &json!({"cpu": 1})).await.refused(404, "proc");
    // LAIN reads the body first.
    app.console.send(Method::PATCH, &app.at("procs/web/"), Some("garbage")).await.refused(400, "proc");
    app.console.delete(&app.at("procs/web/")).await.refused(404, "proc");
}

/// 69, 71: removed at once, gone from the cluster, brought back by POST or by the next deploy.
#[tokio::test]
async fn a_proc_is_removed_and_brought_back() {
    let app = running("remove").await;
    let path = app.at("procs/mailer/");
    let removed = app.console.delete(&path).await;
    assert_eq!(removed.is(202, "proc")["pods"], json!([]));
    assert_eq!(removed.json()["url"], format!("/api/v1/apps/{}/procs/", app.name));
    let shown = app.proc("mailer").await;
    assert_eq!((&shown["pods"], &shown["memory"]), (&json!([]), &json!("32m")));
    assert_eq!(app.console.delete(&path).await.is(400, "proc")["procname"], "mailer");
    app.console.patch(&path, &json!({"cpu": 1})).await.is(400, "proc");
    app.console.delete(&app.at("procs/zzz/")).await.refused(404, "proc");
    let cluster = app.cluster().await;
    eventually("its pods are gone", async || {
        cluster.deployment("mailer").await.map_or(Ok(()), |_| Err("it is there"))
    })
    .await;

    let create = async |body: Value| app.console.post(&app.at("procs/"), &body).await;
    assert_eq!(create(json!({"procname": "web"})).await.is(409, "proc")["procname"], "web");
    create(json!({"procname": "zzz"})).await.refused(400, "proc");
    create(json!({})).await.refused(400, "proc");
    let created = create(json!({"procname": "mailer"})).await;
    assert_eq!(created.is(201, "proc")["procname"], "mailer");
    assert_eq!(created.json()["url"], format!("/api/v1/apps/{}/procs/mailer/", app.name));
    app.is_ready().await;
    app.console.delete(&path).await.is(202, "proc");
    app.console.put(&app.at(""), &json!({"meta_version": crate::support::console::V1})).await.is(202, "app");
    app.is_ready().await;
}

/// 74, and what lain-cli's `scale -c -m -n` sends: two requests, one after the other.
#[tokio::test]
async fn a_proc_is_scaled_and_its_sizes_outlast_a_deploy() {
    let app = running("scale").await;
    let path = app.at("procs/web/");
    let before = app.proc("web").await["pods"][0]["containername"].clone();
    let sized = app.console.patch(&path, &json!({"cpu": 1, "memory": "128M"})).await.is(202, "proc");
    assert_eq!((&sized["cpu"], &sized["memory"]), (&json!(1), &json!("128 MB")));
    app.console.patch(&path, &json!({"num_instances": 3})).await.is(202, "proc");
    let web = eventually("three new pods are ready", async || {
        let web = app.proc("web").await;
        let pods = web["pods"].as_array().unwrap();
        let new = pods.iter().filter(|pod| pod["status"] == "True" && pod["containername"] != before).count();
        if new == 3 && pods.len() == 3 { Ok(web) } else { Err(web.to_string()) }
    })
    .await;
    assert_eq!((&web["cpu"], &web["memory"], &web["numinstances"]), (&json!(1), &json!("128 MB"), &json!(3)));
    let deployment = app.cluster().await.deployment("web").await.unwrap();
    let resources = deployment.spec.unwrap().template.spec.unwrap().containers[0].resources.clone().unwrap();
    assert_eq!(resources.limits.unwrap()["memory"].0, "128Mi");

    app.console.put(&app.at(""), &json!({"meta_version": V2})).await.is(202, "app");
    let web = &app.is_ready().await["procs"][0];
    assert_eq!((&web["memory"], &web["numinstances"]), (&json!("128 MB"), &json!(3)));
    app.console.patch(&path, &json!({"num_instances": 0})).await.is(202, "proc");
    app.until("no pods of web", |app| app["procs"][0]["pods"] == json!([])).await;
}

/// 81: what was not set by hand follows the file.
#[tokio::test]
async fn without_sizes_by_hand_the_file_rules() {
    let app = running("bigger").await;
    app.push("1435900001-a", "web:\n  cmd: x\n  memory: 256m\n  num_instances: 1\n").await;
    app.console.put(&app.at(""), &json!({})).await.is(202, "app");
    let web = &app.is_ready().await["procs"][0];
    assert_eq!((&web["memory"], &web["numinstances"]), (&json!("256 MB"), &json!(1)));
}

/// 76, 77, 79.
#[tokio::test]
async fn a_scale_that_cannot_be_is_refused() {
    let app = running("badscale").await;
    let path = app.at("procs/web/");
    for body in [
        "{}",
        r#"{"num_instances":"2"}"#,
        r#"{"num_instances":-1}"#,
        r#"{"num_instances":true}"#,
        r#"{"num_instances":1.5}"#,
        r#"{"num_instances":3000000000}"#,
        r#"{"num_instances":101}"#,
        r#"{"cpu":1.5}"#,
        r#"{"cpu":-1}"#,
        r#"{"memory":64}"#,
        r#"{"memory":"64X"}"#,
        r#"{"memory":"1K"}"#,
        r#"{"num_instances":2,"cpu":1}"#,
        r#"{"num_instances":2,"memory":"64M"}"#,
        r#"{"canary_proc":{}}"#,
        r#"{"operation":"zap"}"#,
        r#"{"operation":5}"#,
        r#"{"operation":"stop","instance":"1"}"#,
        "[1]",
        "garbage",
        "",
    ] {
        let reply = app.console.send(Method::PATCH, &path, Some(body)).await;
        reply.refused(400, "proc");
        let of_proc = format!("/api/v1{path}");
        let url = if body.starts_with('{') { of_proc.as_str() } else { "/api/v1/docs/" };
        assert_eq!(reply.json()["url"], url, "{body}");
    }
    app.console.patch(&app.at("procs/zzz/"), &json!({"cpu": 1})).await.refused(404, "proc");
    app.console.patch(&app.at("procs/zzz/"), &json!({})).await.refused(400, "proc");
    let web = app.proc("web").await;
    assert_eq!((&web["cpu"], &web["memory"], &web["numinstances"]), (&json!(0), &json!("64 MB"), &json!(2)));
}

/// 82.
#[tokio::test]
async fn procs_are_stopped_started_and_restarted() {
    let app = running("operate").await;
    let path = app.at("procs/web/");
    let operate = async |body: Value| app.console.patch(&path, &body).await;
    let pods = async || -> Vec<String> {
        let web = app.proc("web").await;
        let pods = web["pods"].as_array().unwrap().iter();
        pods.filter(|pod| pod["status"] == "True").map(|pod| pod["containername"].to_string()).collect()
    };
    operate(json!({"operation": "stop", "instance": 9})).await.refused(404, "proc");
    app.console.patch(&app.at("procs/zzz/"), &json!({"operation": "stop"})).await.refused(404, "proc");

    let before = pods().await;
    let reply = operate(json!({"operation": "restart"})).await;
    assert_eq!(reply.is(202, "proc")["pods"], json!([]));
    assert_eq!(reply.json()["url"], format!("/api/v1/apps/{}/procs/", app.name));
    let restarted = eventually("all pods are new", async || {
        let now = pods().await;
        if now.len() == 2 && now.iter().all(|pod| !before.contains(pod)) {
            Ok(now)
        } else {
            Err(format!("{now:?}"))
        }
    })
    .await;
    operate(json!({"operation": "restart", "instance": 1})).await.is(202, "proc");
    eventually("one pod is new", async || {
        let now = pods().await;
        let old = now.iter().filter(|pod| restarted.contains(pod)).count();
        if now.len() == 2 && old == 1 { Ok(()) } else { Err(format!("{now:?}")) }
    })
    .await;

    operate(json!({"operation": "stop"})).await.is(202, "proc");
    app.until("no pods of web", |app| app["procs"][0]["pods"] == json!([])).await;
    assert_eq!(app.proc("web").await["numinstances"], 2, "the number is kept");
    operate(json!({"operation": "start", "instance": 0})).await.is(202, "proc");
    app.is_ready().await;
    let text = app.console.get(&format!("/oplogs/{}/", app.name)).await.is(200, "oplog");
    let entries: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    let told: Vec<_> = entries.as_array().unwrap().iter().map(|entry| &entry["fields"]["op"]).collect();
    assert_eq!(told, ["START", "STOP", "RESTART", "RESTART", "DEPLOY", "REPOSIT"]);
}

/// A deploy of an app with a new version in the registry does not ask for the procs of the old one.
#[tokio::test]
async fn a_proc_can_be_scaled_while_a_deploy_is_under_way() {
    let app = pushed("busy").await;
    app.deploy().await;
    app.console.patch(&app.at("procs/web/"), &json!({"num_instances": 3})).await.is(202, "proc");
    app.console.patch(&app.at("procs/sync/"), &json!({"memory": "64M"})).await.is(202, "proc");
    let ready = app.is_ready().await;
    assert_eq!(ready["procs"][0]["numinstances"], 3);
    assert_eq!(ready["procs"][1]["memory"], "64 MB");
}
