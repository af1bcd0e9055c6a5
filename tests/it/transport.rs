//! Bodies, their types and sizes, and headers (kirk-cases A, kirk-spec 1.2, 1.3).

use std::num::NonZeroU32;

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Functions, Project, api, container, project, stateful, stateless};

const KIB: usize = 1024;
const SERVICES: &str = "/apps/a0/microservices";
const WEB: &str = "/apps/a0/microservices/web";

/// A project with app `a0` and service `web`.
async fn with_web() -> Project {
    let project = project().await;
    project.app("a0", &[stateless("web", &json!({}))]).await;
    project
}

/// A request for service `name` of exactly so many bytes.
fn of_size(name: &str, bytes: usize) -> String {
    let body = stateless(name, &json!({})).to_string();
    format!("{body}{}", " ".repeat(bytes - body.len()))
}

#[tokio::test]
async fn json_is_read_whatever_the_vendors_clients_call_it() {
    let project = with_web().await;
    for (index, content_type) in [
        None,
        Some("application/json"),
        Some("application/json; charset=utf-8"),
        Some("Application/JSON;x=y"),
        Some("application/merge-patch+json"),
        Some("application/vnd.example+json; v=1"),
        Some("application/x-www-form-urlencoded"),
        Some("text/plain; charset=utf-8"),
    ]
    .into_iter()
    .enumerate()
    {
        let body = stateless(&format!("s{index}"), &json!({})).to_string();
        project.api.post_raw(&project.at(SERVICES), content_type, body).await.ok();
    }
}

#[tokio::test]
async fn other_media_types_are_refused() {
    let project = with_web().await;
    let before = project.stored().await;
    for content_type in
        ["application/xml", "text/html", "multipart/form-data; boundary=x", "json", "+json", "ä"]
    {
        for below in ["/apps", SERVICES] {
            let body = stateless("s1", &json!({})).to_string();
            let answer = project.api.post_raw(&project.at(below), Some(content_type), body).await;
            answer.refused(415, "UnsupportedMediaType");
        }
        for below in ["/upgrade", "/ports"] {
            let path = project.at(&format!("{WEB}{below}"));
            let request = project.api.request(Method::PUT, &path).header("content-type", content_type);
            project.api.send(request.body("{}")).await.refused(415, "UnsupportedMediaType");
        }
        // What is not there has no type.
        let answer = project.api.post_raw(&project.at(SERVICES), Some(content_type), "").await;
        assert_eq!(answer.invalid(), [""]);
    }
    assert_eq!(project.stored().await, before);
}

#[tokio::test]
async fn a_body_is_one_strict_json_object() {
    let project = with_web().await;
    let before = project.stored().await;
    let good = stateless("s1", &json!({})).to_string();
    let inside = good.strip_suffix('}').unwrap();
    let deep = format!("{inside},\"x\":{}{}}}", "[".repeat(200), "]".repeat(200));
    let bodies: [(&str, Vec<u8>); 23] = [
        ("nothing", b"".into()),
        ("white space", b" \n".into()),
        ("null", b"null".into()),
        ("an array", b"[]".into()),
        ("a string", b"\"x\"".into()),
        ("a number", b"1".into()),
        ("half an object", b"{\"name\":".into()),
        ("an array of one", format!("[{good}]").into()),
        ("a byte order mark", format!("\u{feff}{good}").into()),
        ("a second value", format!("{good}{{}}").into()),
        ("trailing text", format!("{good}x").into()),
        ("a trailing comma", format!("{inside},}}").into()),
        ("a comment", format!("{inside} /* c */}}").into()),
        ("a comment at the end", format!("{good} // c").into()),
        ("a key without quotes", format!("{inside},revision:1}}").into()),
        ("single quotes", good.replace('"', "'").into()),
        ("a key twice", format!("{inside},\"name\":\"s1\"}}").into()),
        ("a key twice, deeper", format!("{inside},\"x\":[{{\"y\":1,\"y\":1}}]}}").into()),
        ("a NUL in a string", format!("{inside},\"x\":\"a\\u0000b\"}}").into()),
        ("a NUL in a key", format!("{inside},\"\\u0000\":1}}").into()),
        ("a lone surrogate", format!("{inside},\"x\":\"\\ud800\"}}").into()),
        ("no UTF-8", [inside.as_bytes(), b",\"x\":\"\xff\"}"].concat()),
        ("deep nesting", deep.into()),
    ];
    for (what, body) in bodies {
        let answer = project.post_text(SERVICES, body).await;
        assert_eq!(answer.invalid(), [""], "{what}: {answer:?}");
    }
    assert_eq!(project.stored().await, before);
    project.post_text(SERVICES, format!("\r\n\t {good}\n")).await.ok();
}

#[tokio::test]
async fn a_body_has_at_most_256_kib() {
    let project = with_web().await;
    let before = project.stored().await;
    for bytes in [256 * KIB + 1, 300 * KIB] {
        project.post_text(SERVICES, of_size("s1", bytes)).await.refused(413, "RequestTooLarge");
        project.post_text("/apps", of_size("a1", bytes)).await.refused(413, "RequestTooLarge");
        // Its size is looked at before its type.
        let answer =
            project.api.post_raw(&project.at("/apps"), Some("text/html"), of_size("a1", bytes)).await;
        answer.refused(413, "RequestTooLarge");
    }
    assert_eq!(project.stored().await, before);
    project.post_text(SERVICES, of_size("s1", 256 * KIB)).await.ok();
}

#[tokio::test]
async fn a_service_is_at_most_64_kib_as_stored() {
    let project = with_web().await;
    let args = |last: usize| {
        let mut args = vec!["a".repeat(8000); 8];
        args.push("a".repeat(last));
        container(&json!({"args": args}))
    };
    let stored = |answer: &Value| {
        json!({"resourceSpec": answer["resourceSpec"], "containers": answer["containers"]}).to_string().len()
    };
    let small = project.post_json(SERVICES, &stateless("s1", &json!({"containers": args(0)}))).await.ok();
    let rest = 64 * KIB - stored(&small);
    let exact = stateless("s2", &json!({"containers": args(rest)}));
    assert_eq!(stored(&project.post_json(SERVICES, &exact).await.ok()), 64 * KIB);

    let before = project.stored().await;
    let over = stateless("s3", &json!({"containers": args(rest + 1)}));
    assert_eq!(project.post_json(SERVICES, &over).await.invalid(), [""]);
    let app = json!({"name": "a1", "microservices": [over]});
    assert_eq!(project.post_json("/apps", &app).await.invalid(), ["microservices[0]"]);
    assert_eq!(project.stored().await, before);
}

#[tokio::test]
async fn keys_are_told_apart_by_case() {
    let project = with_web().await;
    let mut body = stateless("s1", &json!({"Ports": 1, "instancenumber": 7}));
    assert_eq!(project.post_json(SERVICES, &body).await.ok()["instanceNumber"], 1);
    body["Name"] = body.as_object_mut().unwrap().remove("name").unwrap();
    assert_eq!(project.post_json(SERVICES, &body).await.invalid(), ["name"]);
}

#[tokio::test]
async fn null_is_as_good_as_absent() {
    let project = with_web().await;
    let null = json!({
        "instanceNumber": null, "ports": null, "status": null, "pods": null, "gpuSpec": null, "appName": null,
        "projectName": null, "creationTime": null, "containers": container(&json!({
            "name": null, "workingDir": null, "command": null, "args": null, "volumeMounts": null,
            "configs": null, "envs": [{"name": "A", "type": null, "value": null}],
        })),
    });
    let absent = json!({"containers": container(&json!({"envs": [{"name": "A"}]}))});
    let mut answers = Vec::new();
    for (name, members) in [("s1", null), ("s2", absent)] {
        let mut answer = project.post_json(SERVICES, &stateless(name, &members)).await.ok();
        answer.as_object_mut().unwrap().retain(|key, _| !["name", "creationTime"].contains(&key.as_str()));
        answers.push(answer);
    }
    assert_eq!(answers[0], answers[1]);
    let app = project.post_json("/apps", &json!({"name": "a1", "microservices": null})).await.ok();
    assert_eq!(app["microservices"], json!([]));
    let mount = json!({"volumeName": "v", "mountPath": "/m", "readOnly": null});
    let body = stateful("s3", &json!({"containers": container(&json!({"volumeMounts": [mount]}))}));
    let stateful = project.post_json(SERVICES, &body).await.ok();
    assert_eq!(stateful["containers"][0]["volumeMounts"][0]["readOnly"], true);
}

#[tokio::test]
async fn operations_without_a_body_ignore_what_is_sent() {
    let project = with_web().await;
    let get = project.api.request(Method::GET, &project.at(WEB)).header("content-type", "text/html");
    project.api.send(get.body("{")).await.ok();
    for (method, below, content_type, body) in [
        (Method::PUT, "/stop", "application/json", "null"),
        (Method::PUT, "/start", "application/x-www-form-urlencoded", ""),
        (Method::PUT, "/stop", "application/xml", "<a/>"),
        (Method::PUT, "/start", "application/json", "{"),
        (Method::PUT, "/scale/2", "application/json", "null"),
        (Method::PUT, "/revisions/1/rollback", "multipart/form-data", "x"),
        (Method::DELETE, "", "application/xml", "<a/>"),
    ] {
        let request = project.api.request(method, &project.at(&format!("{WEB}{below}")));
        project.api.send(request.header("content-type", content_type).body(body)).await.empty();
    }
    let put = project.api.request(Method::PUT, &project.path).header("content-type", "application/xml");
    project.api.send(put.body("<a/>")).await.ok();
}

#[tokio::test]
async fn a_callers_request_id_is_echoed_if_it_is_one() {
    let send = async |path: &str, id: Option<&[u8]>| {
        let mut request = api().request(Method::GET, path);
        if let Some(id) = id {
            request = request.header("x-reqid", id);
        }
        // That the body of an error has the header's id is checked of every answer.
        api().send(request).await.header("x-reqid").unwrap().to_owned()
    };
    let longest = "x".repeat(64);
    for id in ["a", "abc-DEF_123", &longest] {
        for path in ["/v1/regions", "/nowhere", "/regions/mars/v1/resourcespecs"] {
            assert_eq!(send(path, Some(id.as_bytes())).await, id);
        }
    }
    let longer = "x".repeat(65);
    let mut made = std::collections::HashSet::new();
    for id in ["", "a b", "a.b", "a,b", "ä", "a/b", &longer] {
        let id = Some(id.as_bytes());
        made.insert(send("/nowhere", id).await);
        made.insert(send("/v1/regions", None).await);
    }
    assert_eq!(made.len(), 14, "each request has its own: {made:?}");
    let is_good = |id: &String| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    };
    assert!(made.iter().all(is_good), "{made:?}");
}

/// The bucket is asked before anything is awaited, so that all but the first come too early.
#[tokio::test]
async fn changes_over_the_rate_limit_are_refused_and_reads_are_not() {
    let project = project().await;
    let functions = Functions::with(|settings| settings.rate_limit = NonZeroU32::new(1));
    // 429 comes before the project is looked for.
    let missing = Project::fresh(api(), "xq").at("/apps");
    let body = json!({"name": "a1"});
    let answers = join_all((0..20).map(|_| functions.post(&missing, &body))).await;
    let (refused, passed): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status.as_u16() == 429);
    assert!(!refused.is_empty() && !passed.is_empty());
    for answer in refused {
        answer.refused(429, "TooManyRequests");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    for answer in passed {
        answer.refused(404, "SpaceNotFound");
    }
    for answer in join_all((0..20).map(|_| functions.get(&project.path))).await {
        answer.ok();
    }
    let mars = (0..20).map(|_| functions.put("/regions/mars/v1/projects/p"));
    for answer in join_all(mars).await {
        answer.refused(404, "RegionNotFound");
    }
}
