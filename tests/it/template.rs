//! `template.yaml` says what the code is: its routes, table, queues and environment. So does the router of `cargo lambda watch`.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value, json};

/// The functions that answer HTTP, each with its routes.
fn groups() -> Vec<(&'static str, common::http::Routes)> {
    vec![
        ("ResourceSpecsFunction", resourcespecs::routes()),
        ("ProjectsFunction", projects::routes()),
        ("MicroservicesFunction", microservices::routes()),
        ("RevisionsFunction", revisions::routes()),
        ("ReposFunction", repos::routes()),
        ("AppsFunction", apps::routes()),
        ("ProcsFunction", procs::routes()),
        ("ResourcesFunction", resources::routes()),
        ("NotifyFunction", notify::routes()),
    ]
}

fn text(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The template, each short function (`!Ref X`) as its argument.
fn template() -> Value {
    let text = text("template.yaml");
    let mut events = Parser::new_from_str(&text).map(|event| event.unwrap().0);
    let first = events.by_ref().find(|event| matches!(event, Event::MappingStart(..))).unwrap();
    value(first, &mut events)
}

fn value<'a>(event: Event<'a>, rest: &mut impl Iterator<Item = Event<'a>>) -> Value {
    if let Event::Scalar(text, ..) = event {
        return text.parse::<i64>().map_or_else(|_| json!(text), Value::from);
    }
    if matches!(event, Event::SequenceStart(..)) {
        let mut items = Vec::new();
        while let Some(event) = rest.next().filter(|event| *event != Event::SequenceEnd) {
            items.push(value(event, rest));
        }
        return items.into();
    }
    assert!(matches!(event, Event::MappingStart(..)), "{event:?}");
    let mut members = Map::new();
    while let Some(key) = rest.next().filter(|event| *event != Event::MappingEnd) {
        let key = value(key, rest);
        let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        let next = rest.next().unwrap();
        members.insert(key, value(next, rest));
    }
    members.into()
}

/// What follows this path counts for nothing (lain-spec 1.1).
const PREFIX_MATCH: &str = "/api/v1/usedstreamrouterports";

/// A path as clients may write it: with the console's alias and the last slash; `rest` stands for whatever may follow.
fn spellings(path: &str, rest: &str) -> Vec<String> {
    let alias = path.strip_prefix("/api").filter(|path| path.starts_with("/v1/")).map(str::to_owned);
    let has_slash = |path: &String| path != "/healthz" && !path.contains(".json");
    let all: Vec<String> = [path.to_owned()].into_iter().chain(alias).collect();
    let mut more: Vec<_> = all.iter().filter(|path| has_slash(path)).map(|path| format!("{path}/")).collect();
    if path == PREFIX_MATCH {
        more.extend(all.iter().map(|path| format!("{path}/{rest}")));
    }
    all.into_iter().chain(more).collect()
}

#[test]
fn each_path_goes_to_the_function_that_has_its_routes() {
    let template = template();
    for (name, routes) in groups() {
        let events = template["Resources"][name]["Properties"]["Events"].as_object().unwrap();
        let paths: BTreeSet<String> = events
            .values()
            .inspect(|event| assert_eq!(event["Properties"]["Method"], "ANY"))
            .map(|event| event["Properties"]["Path"].as_str().unwrap().to_owned())
            .filter(|path| path != "$default")
            .collect();
        let expected: BTreeSet<String> =
            routes.table().iter().flat_map(|route| spellings(route.path, "{proxy+}")).collect();
        assert_eq!(paths, expected, "{name}");
    }
    let http = groups().iter().map(|(_, routes)| routes.table().len()).sum::<usize>();
    assert_eq!(http, local::routes().table().len(), "a group is missing here");
}

/// A gateway of its own takes a path with a last slash for another one too.
#[test]
fn cargo_lambda_watch_serves_the_same_paths() {
    let manifest = format!("{}/../Cargo.toml", env!("CARGO_MANIFEST_DIR"));
    let options = ["--offline", "--locked"].map(str::to_owned);
    let mut command = cargo_metadata::MetadataCommand::new();
    let metadata = command.manifest_path(manifest).no_deps().other_options(options).exec().unwrap();
    let metadata = metadata.workspace_metadata;
    let router: BTreeMap<String, String> =
        serde_json::from_value(metadata["lambda"]["watch"]["router"].clone()).unwrap();
    let template = template();
    let mut expected = BTreeMap::new();
    for (name, routes) in groups() {
        let binary = &template["Resources"][name]["Metadata"]["BuildProperties"]["Binary"];
        let binary = binary.as_str().unwrap().to_owned();
        let paths = routes.table().iter().flat_map(|route| spellings(route.path, "{*rest}"));
        expected.extend(paths.map(|path| (path, binary.clone())));
    }
    assert_eq!(router, expected);
}

#[test]
fn each_function_package_is_a_function_that_is_built_by_itself() {
    let folder = format!("{}/../functions", env!("CARGO_MANIFEST_DIR"));
    let packages: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let template = template();
    let functions = template["Resources"].as_object().unwrap().values();
    let built: BTreeSet<String> = functions
        .filter(|resource| resource["Type"] == "AWS::Serverless::Function")
        .inspect(|function| assert_eq!(function["Metadata"]["BuildMethod"], "rust-cargolambda"))
        .map(|function| function["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(built, packages);
}

#[test]
fn the_table_is_the_codes() {
    let template = template();
    let table = &template["Resources"]["Table"]["Properties"];
    let schema = text("common/src/store/schema.rs");
    for name in ["pk", "sk", "gpk", "gsk", "ttl", "attention", "fingerprint"] {
        assert!(schema.contains(&format!("\"{name}\"")), "{name} is not in schema.rs");
    }
    let keys = |pk: &str, sk: &str| json!([{"AttributeName": pk, "KeyType": "HASH"}, {"AttributeName": sk, "KeyType": "RANGE"}]);
    assert_eq!(table["KeySchema"], keys("pk", "sk"));
    let index = &table["GlobalSecondaryIndexes"][0];
    assert_eq!((&index["IndexName"], &index["KeySchema"]), (&json!("attention"), &keys("gpk", "gsk")));
    assert_eq!(
        index["Projection"],
        json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["fingerprint"]})
    );
    assert_eq!(table["TimeToLiveSpecification"], json!({"AttributeName": "ttl", "Enabled": "true"}));
    let recovery = &table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
    assert_eq!(
        (recovery, &template["Resources"]["Table"]["DeletionPolicy"]),
        (&json!("true"), &json!("Retain"))
    );
    assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
}

#[test]
fn the_environment_is_the_codes() {
    let template = template();
    let set: BTreeSet<String> = template["Globals"]["Function"]["Environment"]["Variables"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let known: BTreeSet<String> = text("common/src/runtime/variable.rs")
        .lines()
        .filter(|line| line.starts_with("pub const "))
        .map(|line| line.split('"').nth(1).unwrap().to_owned())
        .filter(|name| name.starts_with("SLIPWAY_"))
        .collect();
    assert_eq!(set, known);
    assert_eq!(template["Globals"]["Function"]["Environment"]["Variables"]["SLIPWAY_AUTH"], "lain-sso");
}

/// A message is hidden for longer than its function may take, and ends in a dead-letter queue.
#[test]
fn the_queues_outlast_their_functions() {
    let template = template();
    let resources = &template["Resources"];
    for (queue, function) in [("Doorbells", "WorkerFunction"), ("Webhooks", "WebhooksFunction")] {
        let properties = &resources[queue]["Properties"];
        let timeout = resources[function]["Properties"]["Timeout"].as_i64().unwrap();
        assert!(properties["VisibilityTimeout"].as_i64().unwrap() >= 6 * timeout, "{queue}");
        assert_eq!(properties["RedrivePolicy"]["deadLetterTargetArn"], format!("{queue}Dead.Arn"));
        assert_eq!(resources[format!("{queue}Dead")]["Type"], "AWS::SQS::Queue");
        let event = &resources[function]["Properties"]["Events"][queue]["Properties"];
        assert_eq!(event["Queue"], format!("{queue}.Arn"));
        assert_eq!(event["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    }
    let worker = resources["WorkerFunction"]["Properties"]["Timeout"].clone();
    assert_eq!(
        template["Globals"]["Function"]["Environment"]["Variables"]["SLIPWAY_WORKER_TIMEOUT_S"],
        worker
    );
    for (function, event) in [("WorkerFunction", "Observe"), ("SweeperFunction", "Sweep")] {
        let schedule = &resources[function]["Properties"]["Events"][event];
        assert_eq!(schedule["Properties"]["ScheduleExpression"], "rate(1 minute)");
    }
}
