//! `--region` and `--regions`: which regions there are, and on which cluster.

use std::path::Path;

use clap::Parser;
use clap::error::ErrorKind;
use local::{Cli, Flags};
use serde_json::{Value, json};

use super::{api, endpoints_file, flags, refused, shared_kubeconfig, start};
use crate::support::{Api, Project, stateless};

fn write(folder: &Path, document: &Value) -> String {
    let file = folder.join("regions-as-deployed.json");
    std::fs::write(&file, document.to_string()).unwrap();
    file.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_document_says_what_each_region_offers() {
    let folder = tempfile::tempdir().unwrap();
    let big = json!({"name": "4U8G", "cpu": 4, "memory": 8192, "desc": "big"});
    let document = write(
        folder.path(),
        &json!([
            {"id": "own", "description": "with sizes of its own", "cluster": "one", "maxInstances": 3,
             "resourceSpecs": [big]},
            {"id": "off", "cluster": "one", "enabled": false},
            {"id": "plain", "cluster": "one"},
        ]),
    );
    let stack = start(&folder.path().join("data"), &["--regions", &document]).await;
    let api = api(&stack);
    assert_eq!(endpoints_file(stack.folder())["region"], "own");
    let regions = api.get("/v1/regions").await.ok();
    let expected = json!([{"id": "own", "description": "with sizes of its own"},
                          {"id": "off", "description": ""}, {"id": "plain", "description": ""}]);
    assert_eq!(regions, expected);
    let specs = api.get("/regions/own/v1/resourcespecs").await.ok();
    assert_eq!(specs, json!([{"name": "4U8G", "cpu": 4, "memory": 8192, "meomory": 8192, "desc": "big"}]));
    assert_eq!(api.get("/regions/plain/v1/resourcespecs").await.ok().as_array().unwrap().len(), 4);

    let project = Project::create(api.clone(), "own").await;
    let create = async |name: &str, members: Value| {
        let services = [stateless("web", &members)];
        project.post_json("/apps", &json!({"name": name, "microservices": services})).await
    };
    create("a", json!({"resourceSpec": "4U8G", "instanceNumber": 4})).await.refused(403, "QuotaExceeded");
    let fields = create("a", json!({"resourceSpec": "1U1G"})).await.invalid();
    assert_eq!(fields, ["microservices[0].resourceSpec"]);
    create("a", json!({"resourceSpec": "4U8G", "instanceNumber": 3})).await.ok();
    project.reaches("a", "web", "running").await;

    assert_eq!(api.get("/regions/off/v1/projects").await.ok(), json!([]));
    api.get("/regions/off/v1/resourcespecs").await.ok();
    let refused = api.put("/regions/off/v1/projects/more").await;
    refused.refused(503, "ServiceUnavailable");
    assert_eq!(refused.header("retry-after"), Some("60"));
    api.get("/regions/local/v1/projects").await.refused(404, "RegionNotFound");
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn regions_share_the_cluster_and_so_its_names() {
    let folder = tempfile::tempdir().unwrap();
    let stack = start(folder.path(), &["--region", "a", "--region", "b"]).await;
    let api = api(&stack);
    let project = Project::create(api.clone(), "a").await;
    api.put(&format!("/regions/b/v1/projects/{}", project.name)).await.refused(409, "ProjectExists");
    api.put("/regions/b/v1/projects/demo").await.refused(409, "ProjectExists");
    api.put("/regions/a/v1/projects/demo").await.ok();
    assert_lists(&api, "b", &[]).await;
    assert_lists(&api, "a", &["demo", &project.name]).await;
    stack.stop().await.unwrap();
}

/// That two files lead to one cluster cannot be seen: whoever names two says that there are two.
#[tokio::test]
async fn a_region_with_a_kubeconfig_of_its_own_has_its_own_names() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("kubeconfig");
    std::fs::copy(shared_kubeconfig(), &copy).unwrap();
    let own = format!("b={}", copy.display());
    let stack = start(&folder.path().join("data"), &["--region", "a", "--region", &own]).await;
    let api = api(&stack);
    api.put("/regions/b/v1/projects/demo").await.ok();
    assert_lists(&api, "b", &["demo"]).await;
    stack.stop().await.unwrap();
}

async fn assert_lists(api: &Api, region: &str, expected: &[&str]) {
    let listed = api.get(&format!("/regions/{region}/v1/projects")).await.ok();
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|project| project["name"].clone()).collect();
    assert_eq!(names, expected, "{region}");
}

#[tokio::test]
async fn regions_that_cannot_be_are_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let absent = folder.path().join("absent").display().to_string();
    let typo = write(folder.path(), &json!([{"id": "xq", "cluster": "one", "maxInstance": 1}]));
    let own = format!("a={absent}");
    for (more, expected) in [
        (["--regions", absent.as_str()], absent.as_str()),
        (["--regions", &typo], "maxInstance"),
        (["--region", &own], &absent),
        (["--region", "local"], "twice"),
    ] {
        let twice: &[&str] = if expected == "twice" { &["--region", "local"] } else { &[] };
        let words = refused(flags(&data, &[&more, twice].concat())).await;
        assert!(words.contains(expected) && words.lines().count() == 1, "{more:?}: {words}");
    }
    let flags = Flags { kubeconfig: Some(absent.clone().into()), ..flags(&data, &[]) };
    let words = refused(flags).await;
    assert!(words.contains(&absent) && words.lines().count() == 1, "{words}");
}

#[test]
fn a_document_and_region_flags_exclude_each_other() {
    let parse = |more: &[&str]| Cli::try_parse_from([&["cargo local"], more].concat()).map(|cli| cli.flags);
    let error = parse(&["--regions", "file", "--region", "xq"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ArgumentConflict);
    for bad in [["--region", "v1"], ["--region", "a b"], ["--rate-limit", "0"], ["--auth", "none"]] {
        assert!(parse(&bad).is_err(), "{bad:?}");
    }
    let defaults = parse(&[]).unwrap();
    assert_eq!(defaults.listen.to_string(), "127.0.0.1:9000");
    let region = &defaults.region[..];
    assert!(matches!(region, [only] if only.name.as_str() == "local" && only.kubeconfig.is_none()));
}
