//! Deploying: a first time, another version, and what is refused before anything is stored.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::console::{SECTIONS, V1, V2, console, pushed, running};

/// 41, 42.
#[tokio::test]
async fn the_newest_version_runs() {
    let app = pushed("deploy").await;
    let accepted = app.deploy().await;
    assert_eq!(
        (&accepted["appname"], &accepted["metaversion"], &accepted["apptype"], &accepted["deployerror"]),
        (&json!(app.name), &json!(V2), &json!("app"), &json!(""))
    );
    let ready = app.is_ready().await;
    let procs = ready["procs"].as_array().unwrap();
    let names: Vec<_> = procs.iter().map(|proc| proc["procname"].as_str().unwrap()).collect();
    assert_eq!(names, ["web", "sync"]);
    let web = &procs[0];
    for (member, value) in [
        ("numinstances", json!(2)),
        ("memory", json!("64 MB")),
        ("ports", json!([{"portnumber": 8080, "porttype": "tcp"}])),
        ("cmd", json!(["./hello", "-v"])),
        ("entrypoint", Value::Null),
        ("persistentdirs", json!(["/lain/logs"])),
        ("httpsonly", json!(false)),
        ("mountpoints", json!([format!("{}.lain.local", app.name), format!("{}.lain", app.name)])),
        ("dnssearchs", json!([format!("{}.lain", app.name)])),
        ("lasterror", json!("")),
    ] {
        assert_eq!(web[member], value, "{member}");
    }
    assert_eq!(procs[1]["httpsonly"], true);
    let pod = &web["pods"][0];
    assert_eq!(pod["status"], "True");
    assert_eq!(pod["containerport"], 8080);
    assert!(pod["containerid"].as_str().is_some_and(|id| id.len() == 64), "{pod}");
    assert!(pod["envs"].as_array().unwrap().contains(&json!(format!("LAIN_APPNAME={}", app.name))));
}

/// B3 of the answers: 409 shows the app.
#[tokio::test]
async fn a_second_first_deploy_shows_the_app() {
    let app = pushed("twice").await;
    app.deploy().await;
    let shown = app.console.post("/apps/", &json!({"appname": app.name})).await.is(409, "app");
    assert_eq!(shown["metaversion"], V2);
}

#[tokio::test]
async fn what_asks_for_no_app_is_refused() {
    for body in ["", "x", "[]", "{}", r#"{"appname":1}"#] {
        console().send(Method::POST, "/apps/", Some(body)).await.refused(400, "app");
    }
}

/// 39 and the versions that cannot be deployed.
#[tokio::test]
async fn without_images_nothing_is_deployed() {
    let app = console().registered("bare").await;
    let deploy = async || app.console.post("/apps/", &json!({"appname": app.name})).await;
    deploy().await.refused(500, "app");
    app.push_tag("latest").await;
    assert!(deploy().await.refused(400, "app").contains("meta-"));
    app.push_tag(&format!("meta-{V1}")).await;
    assert!(deploy().await.refused(400, "app").contains(&format!("release-{V1}")));
    app.push_tag(&format!("release-{V1}")).await;
    assert!(deploy().await.refused(406, "app").contains("no file lain.yaml"));
    app.console.get(&app.at("")).await.refused(404, "app");
    app.push(V2, SECTIONS).await;
    app.deploy().await;
}

/// 44, B9, B17: whatever is wrong with the file, nothing is stored and all else goes on.
#[tokio::test]
async fn a_file_that_is_not_good_is_refused_with_its_line_and_stored_nowhere() {
    let app = console().registered("badyaml").await;
    let other = app.yaml(SECTIONS).replace(&app.name, "another");
    for (index, (yaml, message)) in [
        (app.yaml("web.admin:\n  cmd: x\n"), "web.admin (line 6) must have mountpoint"),
        (app.yaml("web:\n  memory: 64x\n"), "web.memory (line 7)"),
        (app.yaml("web: [\n"), "is not YAML"),
        (other, "is of the app another"),
        (String::new(), "must not be empty"),
    ]
    .into_iter()
    .enumerate()
    {
        app.push_text(&format!("{index}-a"), &yaml).await;
        let reply = app.console.post("/apps/", &json!({"appname": app.name})).await;
        assert!(reply.refused(406, "app").contains(message), "{message}: {reply:?}");
        app.console.get(&app.at("")).await.refused(404, "app");
        app.console.get("/apps/").await.is(200, "apps");
    }
    app.push(V1, SECTIONS).await;
    app.deploy().await;
}

/// LAIN passes over what it does not know; here that is told.
#[tokio::test]
async fn what_the_file_has_besides_is_told_and_counts_for_nothing() {
    let app = console().registered("slip").await;
    app.push(V1, "web:\n  num_instanses: 2\n").await;
    let reply = app.console.post("/apps/", &json!({"appname": app.name})).await;
    assert_eq!(reply.is(202, "app")["procs"][0]["numinstances"], 1);
    assert!(reply.json()["msg"].as_str().unwrap().contains("web.num_instanses (line 7)"), "{reply:?}");
}

/// 51, 52, 54, 56, 57.
#[tokio::test]
async fn an_update_brings_the_new_procs_and_removes_the_old_ones() {
    let app = running("update").await;
    let console = &app.console;
    let put = async |body: Value| console.put(&app.at(""), &body).await;
    for wanted in ["1-x".to_owned(), format!("meta-{V1}"), String::new()] {
        let shown = put(json!({"meta_version": wanted})).await.is(400, "app");
        assert_eq!(shown["metaversion"], V1, "{wanted}");
    }
    put(json!({"meta_version": 5})).await.is(400, "app");
    let accepted = put(json!({"meta_version": V2})).await.is(202, "app");
    assert_eq!(accepted["metaversion"], V2);
    app.is_ready().await;
    console.get(&app.at("procs/mailer/")).await.refused(404, "proc");
    let cluster = app.cluster().await;
    crate::support::eventually("the old proc is gone", async || {
        cluster.deployment("mailer").await.map_or(Ok(()), |_| Err("it is there"))
    })
    .await;
    assert!(cluster.deployment("sync").await.is_some());

    let evil = app.yaml(SECTIONS).replace("/t/", "/evil/");
    app.push_text("1435900001-a", &evil).await;
    let refusal = put(json!({})).await.refused(406, "app");
    assert!(refusal.contains("bound to the repository"), "{refusal}");
    let detail = console.get(&app.repo("details/")).await.is(200, "detail");
    assert_eq!(detail["meta_version"], V2);

    let fresh = console.registered("update").await;
    console.put(&fresh.at(""), &json!({})).await.refused(404, "app");
}

/// 3.3: each PUT rolls every instance, also to the same version; a body that is none counts as empty.
#[tokio::test]
async fn an_update_to_the_same_version_makes_new_pods() {
    let app = console().registered("again").await;
    app.push(V1, SECTIONS).await;
    app.deploy().await;
    let before = app.is_ready().await;
    let names = |app: &Value| -> Vec<String> {
        let pods = app["procs"][0]["pods"].as_array().unwrap();
        pods.iter().map(|pod| pod["containername"].as_str().unwrap().to_owned()).collect()
    };
    let old = names(&before);
    app.console.send(Method::PUT, &app.at(""), Some("garbage")).await.is(202, "app");
    app.until("the pods are new", |app| {
        let new = names(app);
        new.len() == 2 && new.iter().all(|name| !old.contains(name))
    })
    .await;
}

/// 61 and 3.5: undeployed at once, registered still, and deployable again.
#[tokio::test]
async fn an_undeployed_app_stays_registered_and_leaves_nothing_running() {
    let app = running("undeploy").await;
    let reply = app.console.delete(&app.at("")).await;
    assert_eq!(
        reply.is(202, "app"),
        json!({"appname": app.name, "url": format!("/api/v1/repos/{}/", app.name)})
    );
    assert_eq!(reply.json()["url"], "/api/v1/apps/");
    app.console.get(&app.at("")).await.refused(404, "app");
    app.console.delete(&app.at("")).await.refused(404, "app");
    app.console.get(&app.repo("")).await.is(200, "repo");
    let cluster = app.cluster().await;
    crate::support::eventually("nothing runs", async || {
        let deployment = cluster.deployment("web").await.is_some();
        let service = cluster.service("web").await.is_some();
        if deployment || service { Err("something does") } else { Ok(()) }
    })
    .await;
    let detail = app.console.get(&app.repo("details/")).await.is(200, "detail");
    assert_eq!(detail["giturl"], "");
    app.deploy().await;
    app.is_ready().await;
}

/// Configuration: some apps are never undeployed.
#[tokio::test]
async fn a_protected_app_is_shown_and_not_undeployed() {
    let console = console();
    let reply = console.post("/repos/", &json!({"appname": "webrouter"})).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let yaml = "appname: webrouter\nbuild: {base: a, script: [b]}\nworker:\n  cmd: x\n";
    let path = "/apps/webrouter/versions/1-a/";
    console.send(Method::PUT, path, Some(yaml)).await.is(202, "app");
    let shown = console.delete("/apps/webrouter/").await.is(403, "app");
    assert_eq!(shown["appname"], "webrouter");
    console.get("/apps/webrouter/").await.is(200, "app");
}

/// Ours: a `lain.yaml` in the request, for those without meta images.
#[tokio::test]
async fn a_file_in_the_request_is_deployed_without_a_registry() {
    let app = console().registered("inline").await;
    let path = app.at(&format!("versions/{V1}/"));
    let bad = app.console.send(Method::PUT, &path, Some("appname: [")).await;
    bad.refused(406, "app");
    app.console
        .send(Method::PUT, &app.at("versions/x/"), Some(&app.yaml(SECTIONS)))
        .await
        .refused(400, "app");
    let accepted = app.console.send(Method::PUT, &path, Some(&app.yaml(SECTIONS))).await.is(202, "app");
    assert_eq!(accepted["metaversion"], V1);
    app.is_ready().await;
    let body = json!({"lain_yaml": app.yaml(SECTIONS), "image": "nginx:1.27"});
    let accepted = app.console.put(&app.at(&format!("versions/{V2}/")), &body).await.is(202, "app");
    assert_eq!(accepted["procs"][0]["image"], "nginx:1.27");
    let bad = json!({"lain_yaml": app.yaml(SECTIONS), "image": "Not An Image"});
    app.console.put(&path, &bad).await.refused(400, "app");
}

/// 46.
#[tokio::test]
async fn missing_secret_files_stop_a_deploy_unless_it_is_said_that_they_may_be_missing() {
    let app = console().registered("secret").await;
    let sections = "web:\n  cmd: x\n  secret_files: [conf/key]\n";
    app.push(V1, sections).await;
    let refusal = app.console.post("/apps/", &json!({"appname": app.name})).await.refused(406, "app");
    assert!(refusal.contains("/lain/app/conf/key"), "{refusal}");
    app.push(V2, &format!("{sections}  secret_files_bypass: true\n")).await;
    app.deploy().await;
    app.is_ready().await;
}

/// Two deploys at once: each is done, or told that the app changes.
#[tokio::test]
async fn concurrent_deploys_of_one_app_leave_one_of_them() {
    let app = running("race").await;
    let put = async |version: &str| app.console.put(&app.at(""), &json!({"meta_version": version})).await;
    let replies =
        futures::future::join_all((0..6).map(|index| put(if index % 2 == 0 { V1 } else { V2 }))).await;
    assert!(replies.iter().all(|reply| matches!(reply.status, 202 | 409)), "{replies:?}");
    assert!(replies.iter().any(|reply| reply.status == 202), "{replies:?}");
    let ready = app.is_ready().await;
    let accepted = replies.iter().filter(|reply| reply.status == 202).count();
    assert_eq!(ready["revision"], 1 + accepted, "every accepted one is a revision");
}
