//! Secret files, of a folder.

use std::path::PathBuf;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Secret;
use serde_json::json;

use super::object;
use crate::support::console::{App, V1, console};
use crate::support::{eventually, shared_data};

/// Where the file `conf/key` of the app's proc `web` is kept.
fn key(app: &App) -> PathBuf {
    let folder = shared_data().join(format!("secrets/{0}/{0}.web.web/lain/app/conf", app.name));
    std::fs::create_dir_all(&folder).unwrap();
    folder.join("key")
}

#[tokio::test]
async fn secret_files_are_mounted_and_a_change_reaches_the_next_deploy() {
    let app = console().registered("files").await;
    let key = key(&app);
    std::fs::write(&key, "one").unwrap();
    app.push(V1, "web:\n  cmd: x\n  secret_files: [conf/key]\n").await;
    app.deploy().await;
    app.is_ready().await;
    let secret = object::<Secret>(&app, "web-files").await;
    let data = secret["data"].as_object().unwrap();
    assert_eq!(data.values().collect::<Vec<_>>(), ["b25l"]);
    let web = object::<Deployment>(&app, "web").await;
    let mounts = &web["spec"]["template"]["spec"]["containers"][0]["volumeMounts"];
    let mount =
        mounts.as_array().unwrap().iter().find(|mount| mount["mountPath"] == "/lain/app/conf/key").unwrap();
    assert_eq!((&mount["readOnly"], &mount["subPath"]), (&json!(true), &json!(data.keys().next().unwrap())));
    std::fs::write(&key, "two").unwrap();
    app.console.patch(&app.at("procs/web/"), &json!({"operation": "restart"})).await.is(202, "proc");
    app.is_ready().await;
    let kept = object::<Secret>(&app, "web-files").await;
    assert_eq!(kept["data"], secret["data"], "a restart is no deploy");
    app.console.put(&app.at(""), &json!({})).await.is(202, "app");
    eventually("the secret is the new one", async || {
        let secret = object::<Secret>(&app, "web-files").await;
        if secret["data"].as_object().unwrap().values().any(|value| value == "dHdv") {
            Ok(())
        } else {
            Err("old")
        }
    })
    .await;
    app.is_ready().await;
}

/// What the deploy saw may be gone when the worker looks.
#[tokio::test]
async fn a_file_that_has_gone_is_told_and_nothing_else_is_changed() {
    let app = console().registered("gone").await;
    let key = key(&app);
    std::fs::write(&key, "one").unwrap();
    app.push(V1, "web:\n  cmd: x\n  secret_files: [conf/key]\nworker:\n  cmd: x\n").await;
    app.deploy().await;
    app.is_ready().await;
    let uid = object::<Deployment>(&app, "worker").await["metadata"]["uid"].clone();
    app.console.delete(&app.at("procs/web/")).await.is(202, "proc");
    let cluster = app.cluster().await;
    eventually("web is gone", async || {
        let secret = cluster.objects::<Secret>().get_opt("web-files").await.unwrap();
        if cluster.deployment("web").await.is_some() || secret.is_some() {
            Err("it is there")
        } else {
            Ok(())
        }
    })
    .await;
    std::fs::remove_file(&key).unwrap();
    app.console.post(&app.at("procs/"), &json!({"procname": "web"})).await.is(201, "proc");
    let shown = app.until("the missing file is told", |app| app["deployerror"] != "").await;
    let expected =
        format!("SecretFiles: secret files of {}.web.web are missing: /lain/app/conf/key", app.name);
    assert_eq!((&shown["deployerror"], &shown["deploystate"]), (&json!(expected), &json!("failed")));
    assert_eq!(object::<Deployment>(&app, "worker").await["metadata"]["uid"], uid);
    std::fs::write(&key, "two").unwrap();
    app.console.put(&app.at(""), &json!({})).await.is(202, "app");
    assert_eq!(app.is_ready().await["deployerror"], "");
}
