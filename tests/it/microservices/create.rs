//! Creating a service (kirk-cases D, kirk-spec 2.2, E6).

mod containers;
mod foreign;
mod ports;
mod variables;

use std::num::NonZeroU32;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, Functions, Project, container, project, stateful, stateless};

const SERVICES: &str = "/apps/a0/microservices";

/// A project with the empty app `a0`.
async fn with_app() -> Project {
    let project = project().await;
    project.app("a0", &[]).await;
    project
}

impl Project {
    /// Creates a service in app `a0`.
    async fn create_service(&self, body: &Value) -> Answer {
        self.post_json(SERVICES, body).await
    }

    /// Sees each of these bodies refused for exactly these fields, and nothing stored.
    async fn refuses(&self, table: &[(Value, &[&str])]) {
        let before = self.stored().await;
        for (body, fields) in table {
            assert_eq!(self.create_service(body).await.invalid(), *fields, "{body}");
        }
        assert_eq!(self.stored().await, before);
    }
}

fn s1(members: &Value) -> Value {
    stateless("s1", members)
}

#[tokio::test]
async fn what_the_vendors_sdk_sends_is_accepted() {
    let project = with_app().await;
    let body = r#"{"appName":"","projectName":"","name":"web","status":{},"pods":null,"type":"stateless","resourceSpec":"1U1G",
 "instanceNumber":2,"ports":null,"containers":[{"image":"nginx:1.13","workingDir":"","command":null,"args":null,
 "volumeMounts":null,"configs":null,"envs":null}],"creationTime":"0001-01-01T00:00:00Z"}"#;
    let service = project.post_text(SERVICES, body).await.ok();
    assert_eq!(
        project.plain(service),
        json!({
            "name": "web", "appName": "a0", "projectName": "p", "type": "stateless", "resourceSpec": "1U1G",
            "instanceNumber": 2, "ports": [], "pods": [], "creationTime": "[time]",
            "containers": [{
                "name": "container-0", "image": "nginx:1.13", "workingDir": "", "command": [], "args": [],
                "volumeMounts": [], "configs": [], "envs": [],
            }],
            "status": {
                "phase": "pending", "desire": 2, "current": 0, "updated": 0, "available": 0, "unavailable": 0,
            },
        })
    );
}

#[tokio::test]
async fn a_service_that_exists_is_not_made_again() {
    let project = with_app().await;
    let first = project.create_service(&stateless("web", &json!({}))).await.ok();
    let before = project.stored().await;
    for body in [
        stateless("web", &json!({})),
        stateful("web", &json!({})),
        stateless("web", &json!({"resourceSpec": "2U4G"})),
        // That the name is taken comes before how many instances there may be.
        stateless("web", &json!({"instanceNumber": 101})),
    ] {
        project.create_service(&body).await.refused(409, "ServiceExists");
    }
    assert_eq!(project.create_service(&stateless("web", &json!({"type": 1}))).await.invalid(), ["type"]);
    assert_eq!(project.stored().await, before);
    let now = project.get("/apps/a0/microservices/web").await.ok();
    for key in ["type", "resourceSpec", "instanceNumber", "creationTime"] {
        assert_eq!(now[key], first[key]);
    }
    project.app("a1", &[stateless("web", &json!({}))]).await;
}

#[tokio::test]
async fn names_follow_their_grammar() {
    let project = with_app().await;
    let name = |name: Value| (s1(&json!({"name": name})), ["name"].as_slice());
    let long = format!("a{}b", "-".repeat(29));
    let names = [
        json!(long),
        json!("a".repeat(31)),
        json!("Web"),
        json!("0web"),
        json!("-web"),
        json!("web-"),
        json!("we_b"),
        json!("we.b"),
        json!("we b"),
        json!("服务"),
        json!(""),
        json!(null),
        json!(1),
        json!({}),
    ];
    project.refuses(&names.map(name)).await;
    for name in ["w", "w0", "a--b", &format!("a{}b", "-".repeat(28)), &"a".repeat(30)] {
        project.create_service(&stateless(name, &json!({}))).await.ok();
        project.get(&format!("{SERVICES}/{name}")).await.ok();
    }
}

#[tokio::test]
async fn type_and_resource_spec_are_words_that_are_known() {
    let project = with_app().await;
    let mut table = Vec::new();
    for kind in [json!("Stateful"), json!("STATELESS"), json!("stateful "), json!(""), json!(null), json!(1)]
    {
        table.push((s1(&json!({"type": kind})), ["type"].as_slice()));
    }
    for spec in [
        json!("1u1g"),
        json!("9U9G"),
        json!("1U1G "),
        json!(""),
        json!(null),
        json!(1),
        json!("x".repeat(17)),
    ] {
        table.push((s1(&json!({"resourceSpec": spec})), ["resourceSpec"].as_slice()));
    }
    project.refuses(&table).await;
    for (index, spec) in ["1U1G", "1U2G", "2U2G", "2U4G"].into_iter().enumerate() {
        let body = stateless(&format!("s{index}"), &json!({"resourceSpec": spec}));
        assert_eq!(project.create_service(&body).await.ok()["resourceSpec"], spec);
    }
}

#[tokio::test]
async fn a_stateful_service_has_one_instance_and_a_stateless_one_at_least_one() {
    let project = with_app().await;
    let mut table = Vec::new();
    for count in
        [json!(0), json!(-1), json!(1.5), json!("3"), json!(2_147_483_648_u64), json!(true), json!([1])]
    {
        table.push((s1(&json!({"instanceNumber": count})), ["instanceNumber"].as_slice()));
        table.push((stateful("s1", &json!({"instanceNumber": count})), ["instanceNumber"].as_slice()));
    }
    table.push((stateful("s1", &json!({"instanceNumber": 2})), ["instanceNumber"].as_slice()));
    project.refuses(&table).await;
    let before = project.stored().await;
    for literal in ["1.0", "1e0", "1E2", "99999999999999999999", "-0"] {
        let body = s1(&json!({"instanceNumber": "?"})).to_string().replace("\"?\"", literal);
        assert_eq!(project.post_text(SERVICES, body).await.invalid(), ["instanceNumber"], "{literal}");
    }
    assert_eq!(project.stored().await, before);

    assert_eq!(project.create_service(&stateful("db", &json!({}))).await.ok()["instanceNumber"], 1);
    let one = json!({"instanceNumber": 1});
    assert_eq!(project.create_service(&stateful("db1", &one)).await.ok()["instanceNumber"], 1);
    assert_eq!(project.create_service(&s1(&json!({}))).await.ok()["instanceNumber"], 1);
    let three = stateless("s3", &json!({"instanceNumber": 3}));
    let service = project.create_service(&three).await.ok();
    assert_eq!((&service["instanceNumber"], &service["status"]["desire"]), (&json!(3), &json!(3)));
}

#[tokio::test]
async fn a_region_limits_the_instances_of_a_service() {
    let project = with_app().await;
    let before = project.stored().await;
    for count in [101, i32::MAX] {
        let body = s1(&json!({"instanceNumber": count}));
        project.create_service(&body).await.refused(403, "QuotaExceeded");
    }
    assert_eq!(project.stored().await, before);
    project.create_service(&s1(&json!({"instanceNumber": 100}))).await.ok();
    project.delete(&format!("{SERVICES}/s1")).await.empty();

    let functions = Functions::with_region(|region| region.max_instances = NonZeroU32::new(2).unwrap());
    let three = stateless("s3", &json!({"instanceNumber": 3}));
    functions.post(&project.at(SERVICES), &three).await.refused(403, "QuotaExceeded");
    let app = json!({"name": "a1", "microservices": [three]});
    functions.post(&project.at("/apps"), &app).await.refused(403, "QuotaExceeded");
    let two = stateless("s2", &json!({"instanceNumber": 2}));
    functions.post(&project.at(SERVICES), &two).await.ok();
}

#[tokio::test]
async fn of_many_at_once_one_makes_the_service() {
    let project = with_app().await;
    let body = s1(&json!({}));
    let answers = join_all((0..8).map(|_| project.create_service(&body))).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(made.len(), 1);
    for answer in refused {
        answer.refused(409, "ServiceExists");
    }
    let service = project.get("/apps/a0/microservices/s1").await.ok();
    assert_eq!(service["creationTime"], made[0].json()["creationTime"]);
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let project = with_app().await;
    let body = json!({
        "name": "-", "type": "stateless", "resourceSpec": "nope",
        "containers": [{"image": "nginx", "workingDir": "rel"}],
    });
    let mut problem = project.create_service(&body).await.refused(400, "InvalidArgument");
    problem["reqid"] = json!("[id]");
    insta::assert_json_snapshot!(problem, @r#"
    {
      "code": 400,
      "details": [
        {
          "field": "name",
          "reason": "must be 1 to 30 lower-case letters, digits or '-', start with a letter and end with a letter or digit"
        },
        {
          "field": "resourceSpec",
          "reason": "must be one of 1U1G, 1U2G, 2U2G, 2U4G"
        },
        {
          "field": "containers[0].image",
          "reason": "must include a tag or digest"
        },
        {
          "field": "containers[0].workingDir",
          "reason": "must be an absolute path"
        }
      ],
      "error": "InvalidArgument",
      "message": "name must be 1 to 30 lower-case letters, digits or '-', start with a letter and end with a letter or digit (and 3 more)",
      "reqid": "[id]"
    }
    "#);
    let three = s1(
        &json!({"type": "x", "instanceNumber": 0, "ports": [{"port": 0, "protocol": "x"}], "containers": container(&json!({"image": ""}))}),
    );
    let mut fields = project.create_service(&three).await.invalid();
    fields.sort();
    assert_eq!(
        fields,
        ["containers[0].image", "instanceNumber", "ports[0].port", "ports[0].protocol", "type"]
    );
    // Other errors have no details.
    assert!(project.get("/apps/nope").await.refused(404, "AppNotFound").get("details").is_none());
}
