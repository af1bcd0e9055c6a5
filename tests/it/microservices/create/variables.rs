//! The environment variables of a new service's containers (kirk-spec 2.3).

use k8s_openapi::api::core::v1::{ConfigMapKeySelector, EnvVar};
use serde_json::{Value, json};

use super::containers::of_one;
use super::with_app;
use crate::support::{container, eventually, stateless};

/// So many variables.
fn variables(count: usize) -> Vec<Value> {
    (0..count).map(|k| json!({"name": format!("A{k}"), "value": ""})).collect()
}

#[tokio::test]
async fn variables_without_a_good_name_or_value_are_refused() {
    let project = with_app().await;
    let env = |env: Value| of_one(&json!({"envs": [env]}));
    let mut rows = Vec::new();
    for name in [
        json!("1A"),
        json!("A=B"),
        json!("A B"),
        json!(""),
        json!("."),
        json!("..A"),
        json!(null),
        json!(1),
        json!("A".repeat(1025)),
    ] {
        rows.push((env(json!({"name": name})), ["containers[0].envs[0].name"].as_slice()));
    }
    for kind in [json!("configmap"), json!("manual"), json!("secret"), json!(1), json!(false)] {
        let body = env(json!({"name": "A", "type": kind, "value": "cm.k"}));
        rows.push((body, ["containers[0].envs[0].type"].as_slice()));
    }
    for value in [
        json!("cm"),
        json!(".k"),
        json!("cm."),
        json!("cm.."),
        json!("cm...k"),
        json!("Cm.k"),
        json!(""),
        json!(null),
        json!(1),
    ] {
        let body = env(json!({"name": "A", "type": "configMap", "value": value}));
        rows.push((body, ["containers[0].envs[0].value"].as_slice()));
    }
    for value in [json!("字".repeat(1025)), json!(1), json!(true)] {
        rows.push((env(json!({"name": "A", "value": value})), ["containers[0].envs[0].value"].as_slice()));
    }
    let twice =
        json!({"envs": [{"name": "A"}, {"name": "a"}, {"name": "A", "type": "configMap", "value": "cm.k"}]});
    rows.push((of_one(&twice), &["containers[0].envs[2].name"]));
    rows.push((of_one(&json!({"envs": variables(257)})), &["containers[0].envs"]));
    rows.push((env(json!("A=B")), &["containers[0].envs[0]"]));
    project.refuses(&rows).await;
}

#[tokio::test]
async fn variables_have_a_literal_value_or_a_key_of_a_map() {
    let project = with_app().await;
    let envs = json!([
        {"name": "Z"},
        {"name": "A.B-c", "value": "$(Z) 字"},
        {"name": "_a", "type": null, "value": "cm.k"},
        {"name": "-b", "type": "", "value": "字".repeat(1024)},
        {"name": "A".repeat(1024), "type": "configMap", "value": "cm.app.yaml"},
        {"name": ".c", "type": "configMap", "value": "cm..k"},
    ]);
    let expected = json!([
        {"name": "Z", "value": ""},
        {"name": "A.B-c", "value": "$(Z) 字"},
        {"name": "_a", "value": "cm.k"},
        {"name": "-b", "value": "字".repeat(1024)},
        {"name": "A".repeat(1024), "type": "configMap", "value": "cm.app.yaml"},
        {"name": ".c", "type": "configMap", "value": "cm..k"},
    ]);
    let service = project.create_service(&of_one(&json!({"envs": envs}))).await.ok();
    assert_eq!(service["containers"][0]["envs"], expected, "in the order sent, literals without a type");
    let body = stateless("s2", &json!({"containers": container(&json!({"envs": variables(256)}))}));
    assert_eq!(project.create_service(&body).await.ok()["containers"][0]["envs"], json!(variables(256)));
}

#[tokio::test]
async fn a_key_of_a_map_is_split_off_at_the_first_dot() {
    let project = with_app().await;
    let env = json!({"name": "CONFIG", "type": "configMap", "value": "cm.app.yaml"});
    project.create_service(&of_one(&json!({"envs": [env]}))).await.ok();
    let cluster = project.cluster().await;
    let deployment =
        eventually("the Deployment is there", async || cluster.deployment("a0-s1").await.ok_or("none")).await;
    let pod = deployment.spec.unwrap().template.spec.unwrap();
    let env: &EnvVar = &pod.containers[0].env.as_ref().unwrap()[0];
    let key = env.value_from.as_ref().unwrap().config_map_key_ref.as_ref().unwrap();
    let expected =
        ConfigMapKeySelector { name: "cm".to_owned(), key: "app.yaml".to_owned(), optional: key.optional };
    assert_eq!((key, env.value.as_ref()), (&expected, None));
    assert_ne!(key.optional, Some(true), "a pod waits for it");
}
