//! Apps (kirk-cases C, kirk-spec 2.1, E2 to E5, 6.6).

mod delete;
mod limits;

use futures::future::join_all;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::support::{Project, Table, api, project, stateful, stateless, timeless};

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one snapshot")]
async fn an_app_is_answered_with_its_services() {
    let project = project().await;
    let services = [stateless("web", &json!({"instanceNumber": 2})), stateful("db", &json!({}))];
    let app = project.app("a0", &services).await;
    assert_eq!(project.get("/apps/a0").await.ok()["creationTime"], app["creationTime"]);
    assert_json_snapshot!(project.plain(app), @r#"
    {
      "creationTime": "[time]",
      "microservices": [
        {
          "appName": "a0",
          "containers": [
            {
              "args": [],
              "command": [],
              "configs": [],
              "envs": [],
              "image": "nginx:1",
              "name": "container-0",
              "volumeMounts": [],
              "workingDir": ""
            }
          ],
          "creationTime": "[time]",
          "instanceNumber": 1,
          "name": "db",
          "pods": [],
          "ports": [],
          "projectName": "p",
          "resourceSpec": "1U1G",
          "status": {
            "available": 0,
            "current": 0,
            "desire": 1,
            "phase": "pending",
            "unavailable": 0,
            "updated": 0
          },
          "type": "stateful"
        },
        {
          "appName": "a0",
          "containers": [
            {
              "args": [],
              "command": [],
              "configs": [],
              "envs": [],
              "image": "nginx:1",
              "name": "container-0",
              "volumeMounts": [],
              "workingDir": ""
            }
          ],
          "creationTime": "[time]",
          "instanceNumber": 2,
          "name": "web",
          "pods": [],
          "ports": [],
          "projectName": "p",
          "resourceSpec": "1U1G",
          "status": {
            "available": 0,
            "current": 0,
            "desire": 2,
            "phase": "pending",
            "unavailable": 0,
            "updated": 0
          },
          "type": "stateless"
        }
      ],
      "name": "a0",
      "projectName": "p"
    }
    "#);
}

#[tokio::test]
async fn an_app_may_be_empty() {
    let project = project().await;
    for (name, body) in [
        ("a1", json!({"name": "a1"})),
        ("a2", json!({"name": "a2", "microservices": []})),
        (
            "a3",
            json!({"name": "a3", "microservices": null, "creationTime": "", "projectName": "x", "foo": 1}),
        ),
    ] {
        let app = project.post_json("/apps", &body).await.ok();
        let expected = json!({
            "name": name, "projectName": project.name, "creationTime": "[time]", "microservices": [],
        });
        assert_eq!(timeless(app.clone()), expected);
        assert_eq!(project.get(&format!("/apps/{name}")).await.ok(), app);
    }
}

#[tokio::test]
async fn apps_are_listed_by_name_each_with_its_services() {
    let project = project().await;
    assert_eq!(project.get("/apps").await.ok(), json!([]));
    let service = |name: &str| stateless(name, &json!({}));
    project.app("b", &[]).await;
    project.app("a10", &[service("web")]).await;
    project.app("a", &[service("a0"), service("ab"), service("a-b"), service("a")]).await;
    project.app("a2", &[]).await;
    project.app("aa", &[service("z"), service("b")]).await;
    let list = project.get("/apps").await.ok();
    assert_eq!(names(&list), ["a", "a10", "a2", "aa", "b"]);
    assert_eq!(project.get("/apps/").await.ok().as_array().unwrap().len(), 5);
    let services: Vec<_> = list.as_array().unwrap().iter().map(|app| names(&app["microservices"])).collect();
    let expected: [&[&str]; 5] = [&["a", "a-b", "a0", "ab"], &["web"], &[], &["b", "z"], &[]];
    assert_eq!(services, expected);
    assert_eq!(names(&project.get("/apps/a").await.ok()["microservices"]), ["a", "a-b", "a0", "ab"]);
}

#[tokio::test]
async fn names_of_apps_are_lower_case_letters_and_digits() {
    let project = project().await;
    let before = project.stored().await;
    for name in [
        json!("a".repeat(31)),
        json!("App1"),
        json!("1app"),
        json!("a-b"),
        json!("a_b"),
        json!("a b"),
        json!("a/b"),
        json!("应用"),
        json!("а"),
        json!(""),
        json!(null),
        json!(1),
        json!(["a"]),
    ] {
        assert_eq!(project.post_json("/apps", &json!({"name": name})).await.invalid(), ["name"], "{name}");
    }
    assert_eq!(project.post_json("/apps", &json!({})).await.invalid(), ["name"]);
    assert_eq!(project.stored().await, before);
    for name in ["a", "z9", &"a".repeat(30)] {
        project.app(name, &[]).await;
    }
}

#[tokio::test]
async fn an_app_that_exists_is_not_made_again() {
    let project = project().await;
    let before = project.app("a0", &[stateless("web", &json!({}))]).await;
    let stored = project.stored().await;
    for services in [
        json!([]),
        json!([stateless("other", &json!({}))]),
        json!([stateless("s", &json!({"instanceNumber": 101}))]),
    ] {
        let body = json!({"name": "a0", "microservices": services});
        project.post_json("/apps", &body).await.refused(409, "AppExists");
    }
    let bad = json!({"name": "a0", "microservices": [{}]});
    project.post_json("/apps", &bad).await.refused(400, "InvalidArgument");
    assert_eq!(project.stored().await, stored);
    let after = project.get("/apps/a0").await.ok();
    assert_eq!(after["creationTime"], before["creationTime"]);
    assert_eq!(names(&after["microservices"]), ["web"]);
}

#[tokio::test]
async fn an_app_is_made_with_all_of_its_services_or_not_at_all() {
    let project = project().await;
    let before = project.stored().await;
    let service = |name: &str, members: Value| stateless(name, &members);
    let cases: [(&[Value], &[&str]); 6] = [
        (&[service("s1", json!({})), service("s2", json!({"type": "x"}))], &["microservices[1].type"]),
        (
            &[service("S", json!({"ports": 1})), service("s2", json!({"containers": []}))],
            &["microservices[0].name", "microservices[0].ports", "microservices[1].containers"],
        ),
        (&[service("s1", json!({})), service("s1", json!({}))], &["microservices[1].name"]),
        (&[service("s1", json!({})), json!(1)], &["microservices[1]"]),
        (&[service("s1", json!({})), json!(null)], &["microservices[1]"]),
        (&[service("s1", json!({"instanceNumber": 0}))], &["microservices[0].instanceNumber"]),
    ];
    for (services, fields) in cases {
        let answer = project.post_json("/apps", &json!({"name": "a1", "microservices": services})).await;
        assert_eq!(answer.invalid(), fields, "{answer:?}");
    }
    for services in [json!({}), json!("s1"), json!(1)] {
        let answer = project.post_json("/apps", &json!({"name": "a1", "microservices": services})).await;
        assert_eq!(answer.invalid(), ["microservices"]);
    }
    let many = json!([service("s1", json!({})), service("s2", json!({"instanceNumber": 101}))]);
    let answer = project.post_json("/apps", &json!({"name": "a1", "microservices": many})).await;
    answer.refused(403, "QuotaExceeded");
    project.get("/apps/a1").await.refused(404, "AppNotFound");
    assert_eq!(project.stored().await, before);
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let project = project().await;
    let before = project.stored().await;
    for name in ["nope", "Bad_Name"] {
        project.get(&format!("/apps/{name}")).await.refused(404, "AppNotFound");
        project.delete(&format!("/apps/{name}")).await.refused(404, "AppNotFound");
        project.get(&format!("/apps/{name}/microservices")).await.refused(404, "AppNotFound");
    }
    assert_eq!(project.stored().await, before);

    let absent = Project::fresh(api(), "xq");
    absent.get("/apps").await.refused(404, "SpaceNotFound");
    absent.get("/apps/a0").await.refused(404, "SpaceNotFound");
    absent.delete("/apps/a0").await.refused(404, "SpaceNotFound");
    absent.post_json("/apps", &json!({"name": "a0"})).await.refused(404, "SpaceNotFound");
    // Also before anything is said of the content.
    absent.post_json("/apps", &json!({"name": 1})).await.refused(404, "SpaceNotFound");
    absent.post_text("/apps", "x".repeat(300 * 1024)).await.refused(404, "SpaceNotFound");
    let xml = absent.api.post_raw(&absent.at("/apps"), Some("text/xml"), "<a/>").await;
    xml.refused(404, "SpaceNotFound");
    assert!(absent.stored().await.is_empty());
}

#[tokio::test]
async fn of_many_at_once_one_makes_the_app() {
    let project = project().await;
    let body = json!({"name": "a0", "microservices": [stateless("web", &json!({}))]});
    let answers = join_all((0..8).map(|_| project.post_json("/apps", &body))).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(made.len(), 1);
    for answer in refused {
        answer.refused(409, "AppExists");
    }
    assert_eq!(project.get("/apps/a0").await.ok()["creationTime"], made[0].json()["creationTime"]);
}

/// What others that read the table rely on (kirk-spec 7.1).
#[tokio::test]
async fn the_table_tells_an_apps_kind_and_a_revisions_spec() {
    let project = project().await;
    project.app("a0", &[stateless("web", &json!({"resourceSpec": "2U4G"}))]).await;
    let table = Table::shared();
    assert_eq!(table.text((project.partition(), "a0"), "kind").await, "kirk");
    let revisions = project.partition().replacen('K', "R", 1) + "/a0/web";
    let definition = table.text((revisions, "01"), "definition").await;
    assert!(definition.contains("2U4G"), "{definition}");
}
