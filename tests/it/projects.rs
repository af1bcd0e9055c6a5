//! Projects and their namespaces (kirk-spec 6.7).

use futures::future::join_all;
use insta::assert_json_snapshot;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use kube::api::{ListParams, PostParams};
use serde_json::json;

use crate::support::{Project, api, eventually, project, stateless, timeless};

#[tokio::test]
async fn a_project_is_made_once_and_stays_as_it_is() {
    let project = Project::fresh(api(), "xq");
    project.get("").await.refused(404, "SpaceNotFound");
    let first = project.put("").await.ok();
    assert_eq!(first["name"], project.name.as_str());
    assert_eq!(project.get("").await.ok(), first);
    project.app("a0", &[]).await;
    for path in ["", "/", "?x=1"] {
        assert_eq!(project.put(path).await.ok(), first);
    }
    assert_eq!(project.get("").await.ok(), first);
    assert_eq!(project.get("/apps/a0").await.ok()["projectName"], project.name.as_str());

    let named = api().put("/regions/xq/v1/projects/named").await.ok();
    assert_json_snapshot!(timeless(named), @r#"
    {
      "creationTime": "[time]",
      "name": "named"
    }
    "#);
}

#[tokio::test]
async fn of_many_at_once_one_makes_the_project() {
    let project = Project::fresh(api(), "xq");
    let answers = join_all((0..8).map(|_| project.put(""))).await;
    let first = project.get("").await.ok();
    for answer in answers {
        assert_eq!(answer.ok(), first);
    }
}

#[tokio::test]
async fn names_that_no_project_may_have_are_refused() {
    for name in [
        "Project",
        "p_q",
        "p.q",
        "-p",
        "p-",
        "%E5%BA%94",
        "p%2Fq",
        "p%20",
        &"p".repeat(31),
        "default",
        "kube-system",
        "kube-public",
        "kube-node-lease",
        "kube-anything",
        "slipway-system",
    ] {
        let path = format!("/regions/xq/v1/projects/{name}");
        assert_eq!(api().put(&path).await.invalid(), ["project"], "{name}");
        api().get(&path).await.refused(404, "SpaceNotFound");
    }
    for name in ["0", "42", "u-1380502626-default", "p--q", "kube", &"p".repeat(30)] {
        assert_eq!(api().put(&format!("/regions/xq/v1/projects/{name}")).await.ok()["name"], name);
    }
}

#[tokio::test]
async fn a_regions_projects_are_listed_by_name() {
    let (here, there) = (project().await, Project::create(api(), "nb").await);
    for name in ["lista", "list-a", "list0", "list-0", "list"] {
        api().put(&format!("/regions/xq/v1/projects/{name}")).await.ok();
    }
    let list = api().get("/regions/xq/v1/projects").await.ok();
    let names: Vec<&str> =
        list.as_array().unwrap().iter().map(|project| project["name"].as_str().unwrap()).collect();
    assert!(names.is_sorted(), "{names:?}");
    let ours: Vec<_> = names.iter().filter(|name| name.starts_with("list")).collect();
    assert_eq!(ours, [&"list", &"list-0", &"list-a", &"list0", &"lista"]);
    assert!(names.contains(&here.name.as_str()) && !names.contains(&there.name.as_str()));
    let entry = list.as_array().unwrap().iter().find(|project| project["name"] == here.name.as_str());
    assert_eq!(entry, Some(&here.get("").await.ok()));
    let list = api().get("/regions/nb/v1/projects/").await.ok();
    assert!(list.as_array().unwrap().contains(&there.get("").await.ok()));
}

/// Both regions are on one cluster, where the namespace can be only one's.
#[tokio::test]
async fn two_regions_of_a_cluster_do_not_share_a_project() {
    let project = project().await;
    let elsewhere = format!("/regions/nb/v1/projects/{}", project.name);
    api().put(&elsewhere).await.refused(409, "ProjectExists");
    api().get(&elsewhere).await.refused(404, "SpaceNotFound");
    let list = api().get("/regions/nb/v1/projects").await.ok();
    assert!(list.as_array().unwrap().iter().all(|listed| listed["name"] != project.name.as_str()));
    project.put("").await.ok();
}

#[tokio::test]
async fn a_project_gets_a_namespace_of_its_name() {
    let project = project().await;
    let namespace = project.reaches_namespace().await;
    let expected = json!({
        "app.kubernetes.io/managed-by": "slipway",
        "kubernetes.io/metadata.name": project.name,
        "pod-security.kubernetes.io/enforce": "baseline",
        "slipway.dev/project": project.name,
    });
    assert_eq!(json!(namespace.metadata.labels), expected);
}

#[tokio::test]
async fn a_namespace_of_others_is_not_taken_over() {
    let project = Project::fresh(api(), "xq");
    let cluster = project.cluster().await;
    let namespaces = Api::<Namespace>::all(cluster.client.clone());
    let foreign = json!({"metadata": {"name": project.name, "labels": {"team": "others"}}});
    let foreign: Namespace = serde_json::from_value(foreign).unwrap();
    namespaces.create(&PostParams::default(), &foreign).await.unwrap();

    project.put("").await.ok();
    project.app("a0", &[stateless("web", &json!({"ports": [{"port": 80, "protocol": "TCP"}]}))]).await;
    let service = eventually("the service says what is wrong", async || {
        let service = project.get("/apps/a0/microservices/web").await.ok();
        if service["status"]["reason"] == "NameConflict" { Ok(service) } else { Err(service) }
    })
    .await;
    assert_eq!(service["status"]["phase"], "unknown", "{service}");
    assert_eq!(service["status"]["desire"], 1);
    assert_eq!(service["pods"], json!([]));

    let namespace = namespaces.get(&project.name).await.unwrap();
    let labels = json!({"kubernetes.io/metadata.name": project.name, "team": "others"});
    assert_eq!(json!(namespace.metadata.labels), labels);
    assert_eq!(cluster.deployment("a0-web").await, None);
    assert_eq!(cluster.service("a0-web").await, None);
    let deployments = cluster.objects::<Deployment>().list(&ListParams::default()).await.unwrap();
    assert!(deployments.items.is_empty(), "{deployments:?}");
}
