//! The examples of the source document, sent as written there without their comments and dots.

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Project, project};

const STATEFUL: &str = include_str!("samples/stateful.json");
const STATELESS: &str = include_str!("samples/stateless.json");
const UPGRADE: &str = include_str!("samples/upgrade.json");
const PORTS: &str = include_str!("samples/ports.json");

const SERVICES: &str = "/apps/app0/microservices";
const SERVICE: &str = "/apps/app0/microservices/service0";

async fn with_app() -> Project {
    let project = project().await;
    project.app("app0", &[]).await;
    project
}

async fn put(project: &Project, below: &str, body: &'static str) -> Answer {
    let request = project.api.request(Method::PUT, &project.at(&format!("{SERVICE}{below}")));
    project.api.send(request.header("content-type", "application/json").body(body)).await
}

/// What the document's own answer to a creation has: what was sent, and where it is.
#[track_caller]
fn contains_sent(answer: &Value, sent: &str, project: &Project) {
    for (key, value) in serde_json::from_str::<Value>(sent).unwrap().as_object().unwrap() {
        assert_eq!(answer[key], *value, "{key}");
    }
    assert_eq!((&answer["appName"], &answer["projectName"]), (&json!("app0"), &json!(project.name)));
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one snapshot")]
async fn the_stateful_service_is_made() {
    let project = with_app().await;
    project.reaches_namespace().await;
    project.cluster().await.claim("ceph-name").await;
    let service = project.post_text(SERVICES, STATEFUL).await.ok();
    contains_sent(&service, STATEFUL, &project);
    assert_json_snapshot!(project.plain(service), @r#"
    {
      "appName": "app0",
      "containers": [
        {
          "args": [
            "-c",
            "echo test"
          ],
          "command": [
            "/bin/sh"
          ],
          "configs": [
            {
              "configMapName": "cm",
              "mountPath": "/mnt/conf"
            }
          ],
          "envs": [
            {
              "name": "ENV1",
              "type": "configMap",
              "value": "cm.key1"
            },
            {
              "name": "ENV2",
              "value": "test"
            }
          ],
          "image": "reg.qiniu.com/library/alpine:latest",
          "name": "container-0",
          "volumeMounts": [
            {
              "mountPath": "/mnt/test",
              "readOnly": false,
              "volumeName": "ceph-name"
            }
          ],
          "workingDir": "/workingdir"
        }
      ],
      "creationTime": "[time]",
      "instanceNumber": 1,
      "name": "service0",
      "pods": [],
      "ports": [
        {
          "port": 80,
          "protocol": "TCP"
        },
        {
          "port": 8080,
          "protocol": "UDP"
        }
      ],
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
    }
    "#);
    let running = project.reaches("app0", "service0", "running").await;
    contains_sent(&running, STATEFUL, &project);
    let status = json!({
        "phase": "running", "desire": 1, "current": 1, "updated": 1, "available": 1, "unavailable": 0,
    });
    assert_eq!(running["status"], status);
    let pods = json!([{
        "name": "app0-service0-0", "status": {"phase": "running"},
        "containerStatuses": [{"name": "container-0", "state": "running"}],
    }]);
    assert_eq!(running["pods"], pods);
    assert_eq!(project.get(SERVICES).await.ok()[0]["name"], "service0");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one snapshot")]
async fn the_stateless_service_is_made_and_goes_through_its_life() {
    let project = with_app().await;
    let service = project.post_text(SERVICES, STATELESS).await.ok();
    contains_sent(&service, STATELESS, &project);

    let upgraded = put(&project, "/upgrade", UPGRADE).await.ok();
    contains_sent(&upgraded, UPGRADE, &project);
    assert_json_snapshot!(project.plain(project.get(&format!("{SERVICE}/revisions")).await.ok()), @r#"
    [
      {
        "containers": [
          {
            "args": [
              "-c",
              "echo test"
            ],
            "command": [
              "/bin/sh"
            ],
            "configs": [
              {
                "configMapName": "cm",
                "mountPath": "/mnt/conf"
              }
            ],
            "envs": [
              {
                "name": "ENV1",
                "type": "configMap",
                "value": "cm.key1"
              },
              {
                "name": "ENV2",
                "value": "test"
              }
            ],
            "image": "reg.qiniu.com/library/alpine:latest",
            "name": "container-0",
            "volumeMounts": [],
            "workingDir": "/workingdir"
          }
        ],
        "creationTimestamp": "[time]",
        "resourceSpec": "1U1G",
        "revision": 1
      },
      {
        "containers": [
          {
            "args": [
              "-c",
              "echo test"
            ],
            "command": [
              "/bin/sh"
            ],
            "configs": [],
            "envs": [
              {
                "name": "ENV",
                "value": "test"
              }
            ],
            "image": "reg.qiniu.com/library/alpine:latest",
            "name": "container-0",
            "volumeMounts": [],
            "workingDir": "/workingdir"
          }
        ],
        "creationTimestamp": "[time]",
        "resourceSpec": "2U4G",
        "revision": 2
      }
    ]
    "#);
    let exposed = put(&project, "/ports", PORTS).await.ok();
    contains_sent(&exposed, PORTS, &project);
    project.put(&format!("{SERVICE}/scale/2")).await.empty();
    project.put(&format!("{SERVICE}/stop")).await.empty();
    project.put(&format!("{SERVICE}/start")).await.empty();
    project.put(&format!("{SERVICE}/revisions/1/rollback")).await.empty();
    let running = project.reaches("app0", "service0", "running").await;
    assert_eq!((&running["instanceNumber"], &running["resourceSpec"]), (&json!(2), &json!("1U1G")));
    contains_sent(&running, PORTS, &project);
    assert_eq!(running["containers"], service["containers"]);
    project.delete(SERVICE).await.empty();
    project.delete("/apps/app0").await.empty();
}

#[tokio::test]
async fn an_app_is_made_of_the_services() {
    let project = project().await;
    let second = STATELESS.replace("service0", "service1");
    let body = format!(r#"{{"name": "appname", "microservices": [{STATEFUL}, {second}]}}"#);
    let app = project.post_text("/apps", body).await.ok();
    assert_eq!(app["name"], "appname");
    for (index, sent) in [STATEFUL, &second].into_iter().enumerate() {
        for (key, value) in serde_json::from_str::<Value>(sent).unwrap().as_object().unwrap() {
            assert_eq!(app["microservices"][index][key], *value, "{key}");
        }
    }
    assert_eq!(project.get("/apps").await.ok()[0]["name"], "appname");
    project.delete("/apps/appname").await.empty();
}
