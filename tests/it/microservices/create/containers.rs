//! The containers of a new service (kirk-spec 2.3).

use serde_json::{Value, json};

use super::{s1, with_app};
use crate::support::{container, stateful, stateless};

/// A stateless service whose one container has these members.
pub(super) fn of_one(members: &Value) -> Value {
    s1(&json!({"containers": container(members)}))
}

/// The same of a stateful one.
fn stateful_of_one(members: &Value) -> Value {
    stateful("s1", &json!({"containers": container(members)}))
}

fn table(
    field: &'static [&'static str],
    bodies: impl IntoIterator<Item = Value>,
) -> Vec<(Value, &'static [&'static str])> {
    bodies.into_iter().map(|body| (body, field)).collect()
}

#[tokio::test]
async fn there_are_one_to_eight_containers() {
    let project = with_app().await;
    let none = [json!([]), json!(null), json!({}), json!("x"), json!(vec![json!({"image": "a:1"}); 9])];
    project.refuses(&table(&["containers"], none.map(|list| s1(&json!({"containers": list}))))).await;
    let odd = [json!([1]), json!([null]), json!([[]])];
    project.refuses(&table(&["containers[0]"], odd.map(|list| s1(&json!({"containers": list}))))).await;
    let mut absent = s1(&json!({}));
    absent.as_object_mut().unwrap().remove("containers");
    project.refuses(&[(absent, &["containers"])]).await;

    let eight: Vec<_> = (0..8).map(|k| json!({"image": "a:1", "name": format!("c{}", 9 - k)})).collect();
    let service = project.create_service(&s1(&json!({"containers": eight}))).await.ok();
    let names: Vec<_> = service["containers"].as_array().unwrap().iter().map(|c| c["name"].clone()).collect();
    assert_eq!(json!(names), json!(["c9", "c8", "c7", "c6", "c5", "c4", "c3", "c2"]), "in the order sent");
}

#[tokio::test]
async fn a_container_without_a_name_gets_the_next_free_one() {
    let project = with_app().await;
    for (index, (given, expected)) in [
        (json!([null, "container-0"]), json!(["container-1", "container-0"])),
        (json!(["", "", null]), json!(["container-0", "container-1", "container-2"])),
        (json!(["container-1", null, null]), json!(["container-1", "container-2", "container-3"])),
        (json!(["a", null]), json!(["a", "container-1"])),
    ]
    .into_iter()
    .enumerate()
    {
        let containers: Vec<_> =
            given.as_array().unwrap().iter().map(|name| json!({"image": "a:1", "name": name})).collect();
        let body = stateless(&format!("s{index}"), &json!({"containers": containers}));
        let service = project.create_service(&body).await.ok();
        let names: Vec<_> =
            service["containers"].as_array().unwrap().iter().map(|c| c["name"].clone()).collect();
        assert_eq!(json!(names), expected, "{given}");
    }
}

#[tokio::test]
async fn names_of_containers_follow_their_grammar() {
    let project = with_app().await;
    let names = [json!("C0"), json!("a".repeat(33)), json!("-a"), json!("a-"), json!("a_b"), json!(1)];
    let bodies = names.map(|name| of_one(&json!({"name": name})));
    project.refuses(&table(&["containers[0].name"], bodies)).await;
    let twice = json!([{"image": "a:1", "name": "c"}, {"image": "a:1"}, {"image": "a:1", "name": "c"}]);
    project.refuses(&[(s1(&json!({"containers": twice})), &["containers[2].name"])]).await;
    let good = json!([{"image": "a:1", "name": "0"}, {"image": "a:1", "name": "a".repeat(32)}]);
    project.create_service(&s1(&json!({"containers": good}))).await.ok();
}

#[tokio::test]
async fn images_have_a_tag_or_a_digest() {
    let project = with_app().await;
    let digest = format!("sha256:{}", "0a".repeat(32));
    let bad = [
        json!("nginx"),
        json!("reg:5000/nginx"),
        json!("Nginx:1"),
        json!("nginx:"),
        json!("ngi nx:1"),
        json!("nginx:1\n"),
        json!(""),
        json!(null),
        json!(1),
        json!(format!("{}:1", "a".repeat(256))),
        json!("nginx@sha256:abc"),
    ];
    project
        .refuses(&table(&["containers[0].image"], bad.map(|image| of_one(&json!({"image": image})))))
        .await;
    let good = [
        "reg.qiniu.com/u-1380502626-default/demo-server:1.0".to_owned(),
        "localhost:5000/a/b:latest".to_owned(),
        format!("nginx@{digest}"),
        format!("reg:5000/nginx:1@{digest}"),
    ];
    for (index, image) in good.iter().enumerate() {
        let body =
            stateless(&format!("s{index}"), &json!({"containers": container(&json!({"image": image}))}));
        assert_eq!(project.create_service(&body).await.ok()["containers"][0]["image"], json!(image));
    }
}

#[tokio::test]
async fn command_arguments_and_directory_have_their_limits() {
    let project = with_app().await;
    let long = |count: usize| "字".repeat(count);
    let one = |members: Value| of_one(&members);
    project
        .refuses(&[
            (one(json!({"workingDir": "rel"})), &["containers[0].workingDir"]),
            (one(json!({"workingDir": format!("/{}", long(1024))})), &["containers[0].workingDir"]),
            (one(json!({"workingDir": 1})), &["containers[0].workingDir"]),
            (one(json!({"command": vec!["a"; 65]})), &["containers[0].command"]),
            (one(json!({"command": "a"})), &["containers[0].command"]),
            (one(json!({"command": ["a", long(8193)]})), &["containers[0].command[1]"]),
            (one(json!({"command": [null]})), &["containers[0].command[0]"]),
            (one(json!({"args": vec!["a"; 257]})), &["containers[0].args"]),
            (one(json!({"args": [long(8193), "a", 1]})), &["containers[0].args[0]", "containers[0].args[2]"]),
        ])
        .await;
    for (name, members, key) in [
        ("s1", json!({"workingDir": ""}), "workingDir"),
        ("s2", json!({"workingDir": "/w"}), "workingDir"),
        ("s3", json!({"workingDir": format!("/{}", long(1023))}), "workingDir"),
        ("s4", json!({"command": vec![""; 64]}), "command"),
        ("s5", json!({"args": vec!["$(A) b"; 256]}), "args"),
        ("s6", json!({"args": [long(8192)]}), "args"),
    ] {
        let body = stateless(name, &json!({"containers": container(&members)}));
        assert_eq!(project.create_service(&body).await.ok()["containers"][0][key], members[key]);
    }
}

#[tokio::test]
async fn only_stateful_services_mount_volumes() {
    let project = with_app().await;
    let mount = json!([{"volumeName": "v", "mountPath": "/m"}]);
    for mounts in [mount.clone(), json!([{}])] {
        let body = of_one(&json!({"volumeMounts": mounts}));
        project.refuses(&[(body, &["containers[0].volumeMounts"])]).await;
    }
    let body = json!({"containers": [{"image": "a:1"}, {"image": "a:1", "volumeMounts": mount}]});
    project.refuses(&[(s1(&body), &["containers[1].volumeMounts"])]).await;
    for (name, mounts) in [("s2", json!([])), ("s3", json!(null))] {
        let body = stateless(name, &json!({"containers": container(&json!({"volumeMounts": mounts}))}));
        assert_eq!(project.create_service(&body).await.ok()["containers"][0]["volumeMounts"], json!([]));
    }
    let body = stateful_of_one(&json!({"volumeMounts": mount}));
    let expected = json!([{"volumeName": "v", "readOnly": true, "mountPath": "/m"}]);
    assert_eq!(project.create_service(&body).await.ok()["containers"][0]["volumeMounts"], expected);
}

#[tokio::test]
async fn mounts_name_their_source_and_a_place_of_their_own() {
    let project = with_app().await;
    let volume = |volume: Value, path: Value| json!({"volumeName": volume, "mountPath": path});
    let config = |map: Value, path: Value| json!({"configMapName": map, "mountPath": path});
    let mut rows = Vec::new();
    for name in
        [json!("A"), json!("a.b"), json!("0a"), json!("a".repeat(65)), json!(""), json!(null), json!(1)]
    {
        let mounts = json!({"volumeMounts": [volume(name.clone(), json!("/m"))]});
        rows.push((stateful_of_one(&mounts), ["containers[0].volumeMounts[0].volumeName"].as_slice()));
        let configs = json!({"configs": [config(name, json!("/m"))]});
        rows.push((of_one(&configs), ["containers[0].configs[0].configMapName"].as_slice()));
    }
    let long = format!("/{}", "a".repeat(1024));
    for path in ["rel", "", "/", "//", "/a:b", "/a/../b", "/..", &long] {
        let mounts = json!({"volumeMounts": [volume(json!("v"), json!(path))]});
        rows.push((stateful_of_one(&mounts), ["containers[0].volumeMounts[0].mountPath"].as_slice()));
        let configs = json!({"configs": [config(json!("cm"), json!(path))]});
        rows.push((of_one(&configs), ["containers[0].configs[0].mountPath"].as_slice()));
    }
    let both = json!({
        "volumeMounts": [volume(json!("v"), json!("/mnt/x"))], "configs": [config(json!("cm"), json!("/mnt/x/"))],
    });
    rows.push((stateful_of_one(&both), &["containers[0].configs[0].mountPath"]));
    let twice = json!({"configs": [config(json!("cm"), json!("/a")), config(json!("cm"), json!("/a"))]});
    rows.push((of_one(&twice), &["containers[0].configs[1].mountPath"]));
    let read_only = json!({"volumeMounts": [{"volumeName": "v", "mountPath": "/m", "readOnly": "true"}]});
    rows.push((stateful_of_one(&read_only), &["containers[0].volumeMounts[0].readOnly"]));
    let many =
        |count: usize| (0..count).map(|k| config(json!("cm"), json!(format!("/m{k}")))).collect::<Vec<_>>();
    rows.push((of_one(&json!({"configs": many(33)})), &["containers[0].configs"]));
    project.refuses(&rows).await;

    let body = stateful_of_one(&json!({
        "volumeMounts": [volume(json!("v".repeat(64)), json!("/mnt/x/")), volume(json!("v"), json!("/a"))],
        "configs": [config(json!("cm"), json!("/mnt//")), config(json!("cm"), json!("/mnt/x/..y"))],
    }));
    let service = project.create_service(&body).await.ok();
    let paths = |list: &str| {
        let mounts = service["containers"][0][list].as_array().unwrap();
        json!(mounts.iter().map(|mount| mount["mountPath"].clone()).collect::<Vec<_>>())
    };
    assert_eq!(paths("volumeMounts"), json!(["/mnt/x", "/a"]));
    assert_eq!(paths("configs"), json!(["/mnt", "/mnt/x/..y"]));
    let body = stateless("s2", &json!({"containers": container(&json!({"configs": many(32)}))}));
    project.create_service(&body).await.ok();
}
