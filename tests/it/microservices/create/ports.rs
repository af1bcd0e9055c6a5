//! The ports of a new service, and members that are not offered (kirk-spec 1.2, 2.2, 6.3).

use k8s_openapi::api::core::v1::Service;
use serde_json::{Value, json};

use super::{s1, with_app};
use crate::support::{eventually, stateless};

fn port(port: impl Into<Value>, protocol: impl Into<Value>) -> Value {
    json!({"port": port.into(), "protocol": protocol.into()})
}

#[tokio::test]
async fn ports_are_numbers_with_tcp_or_udp() {
    let project = with_app().await;
    let mut table = vec![
        (s1(&json!({"ports": [port(80, "TCP"), port(80, "TCP")]})), ["ports[1]"].as_slice()),
        (s1(&json!({"ports": [port(80, "tcp"), port(80, "TCP")]})), ["ports[1]"].as_slice()),
        (s1(&json!({"ports": [port(1, "TCP"), port(80, "udp"), port(80, "UDP")]})), ["ports[2]"].as_slice()),
        (s1(&json!({"ports": [{"protocol": "TCP"}]})), ["ports[0].port"].as_slice()),
        (s1(&json!({"ports": [{"port": 80}]})), ["ports[0].protocol"].as_slice()),
        (s1(&json!({"ports": [80]})), ["ports[0]"].as_slice()),
        (s1(&json!({"ports": [null]})), ["ports[0]"].as_slice()),
        (s1(&json!({"ports": {}})), ["ports"].as_slice()),
        (s1(&json!({"ports": (1..=65).map(|n| port(n, "TCP")).collect::<Vec<_>>()})), ["ports"].as_slice()),
    ];
    for number in [json!(0), json!(-1), json!(65536), json!("80"), json!(80.0), json!(80.5), json!(null)] {
        table.push((s1(&json!({"ports": [port(number, "TCP")]})), ["ports[0].port"].as_slice()));
    }
    for protocol in [json!("SCTP"), json!("HTTP"), json!(""), json!(6), json!(null)] {
        table.push((s1(&json!({"ports": [port(80, protocol)]})), ["ports[0].protocol"].as_slice()));
    }
    project.refuses(&table).await;

    let many: Vec<_> = (1..=64).rev().map(|n| port(65535 - n, "UDP")).collect();
    let service = project.create_service(&stateless("many", &json!({"ports": many}))).await.ok();
    assert_eq!(service["ports"], json!(many), "in the order sent");
    let mixed = json!([port(65535, "tcp"), port(1, "Udp"), port(1, "TCP")]);
    let service = project.create_service(&stateless("mixed", &json!({"ports": mixed}))).await.ok();
    assert_eq!(service["ports"], json!([port(65535, "TCP"), port(1, "UDP"), port(1, "TCP")]));
}

#[tokio::test]
async fn one_number_may_be_open_over_both_transports() {
    let project = with_app().await;
    project.create_service(&s1(&json!({"ports": [port(8001, "TCP"), port(8001, "UDP")]}))).await.ok();
    let cluster = project.cluster().await;
    let service: Service =
        eventually("the Service is there", async || cluster.service("a0-s1").await.ok_or("none")).await;
    let ports: Vec<_> =
        service.spec.unwrap().ports.unwrap().into_iter().map(|port| port.name.unwrap()).collect();
    assert_eq!(ports, ["tcp-8001", "udp-8001"]);
}

/// They would change the workload if they were ignored like other unknown members (kirk-spec 1.2).
#[tokio::test]
async fn members_that_are_not_offered_are_refused_and_others_are_ignored() {
    let project = with_app().await;
    let with = |key: &str, value: Value| {
        let mut port = port(80, "TCP");
        port[key] = value;
        s1(&json!({"ports": [port]}))
    };
    project
        .refuses(&[
            (s1(&json!({"gpuSpec": {}})), &["gpuSpec"]),
            (s1(&json!({"gpuSpec": "x"})), &["gpuSpec"]),
            (with("servicePort", json!(81)), &["ports[0].servicePort"]),
            (with("servicePort", json!(-1)), &["ports[0].servicePort"]),
            (with("servicePort", json!("80")), &["ports[0].servicePort"]),
            (with("albs", json!(["x"])), &["ports[0].albs"]),
            (with("albs", json!("x")), &["ports[0].albs"]),
            (
                s1(&json!({"ports": [{"port": 80, "protocol": "X", "servicePort": "80", "albs": [1]}]})),
                &["ports[0].protocol", "ports[0].servicePort", "ports[0].albs"],
            ),
        ])
        .await;
    let body = s1(&json!({
        "foo": 1, "appName": "zzz", "projectName": "zzz", "gpuSpec": null, "creationTime": "x", "pods": [{"name": "x"}],
        "status": {"phase": "running", "desire": 9},
        "ports": [{"port": 80, "protocol": "TCP", "servicePort": 80, "albs": [], "foo": 1},
                  {"port": 81, "protocol": "TCP", "servicePort": 0, "albs": null}],
        "containers": [{"image": "nginx:1", "foo": {}, "envs": [{"name": "A", "foo": 1}]}],
    }));
    let service = project.create_service(&body).await.ok();
    assert!(
        service["creationTime"] != "x" && service.get("foo").is_none() && service.get("gpuSpec").is_none()
    );
    assert_eq!((&service["appName"], &service["projectName"]), (&json!("a0"), &json!(project.name)));
    assert_eq!((&service["status"]["phase"], &service["status"]["desire"]), (&json!("pending"), &json!(1)));
    assert_eq!(service["pods"], json!([]));
    assert_eq!(service["ports"], json!([port(80, "TCP"), port(81, "TCP")]));
    assert_eq!(service["containers"][0]["envs"], json!([{"name": "A", "value": ""}]));
    assert!(service["containers"][0].get("foo").is_none());
}
