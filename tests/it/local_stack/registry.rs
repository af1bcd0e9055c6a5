//! The stack's registry, and the tokens that it demands with `--registry-auth` (lain-spec 4.4).

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::domain::digest::sha256_hex;
use local::push::Target;
use reqwest::Method;
use serde_json::{Value, json};

use super::start;
use crate::support::console::Console;
use crate::support::{CLIENT, Mood, Sso};

const YAML: &str = "appname: regauth\nbuild: {base: a, script: [b]}\nworker:\n  cmd: x\n";

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_registry_that_demands_tokens_is_pushed_to_and_pulled_from() {
    let folder = tempfile::tempdir().unwrap();
    let stack = start(folder.path(), &["--registry-auth"]).await;
    let endpoints = stack.endpoints();
    let (api, registry) = (endpoints.api.clone().unwrap(), endpoints.registry.clone().unwrap());
    let public = std::fs::read_to_string(endpoints.registry_public_key.as_ref().unwrap()).unwrap();
    assert!(public.starts_with("-----BEGIN PUBLIC KEY-----"), "{public}");
    let http = crate::support::http();
    let get = async |url: String, token: Option<&str>| {
        let request = http.get(url);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.unwrap()
    };

    let challenge = get(format!("http://{registry}/v2/"), None).await;
    assert_eq!(challenge.status(), 401);
    let realm = challenge.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(realm.contains(&format!("{api}/api/v1/authorize/registry/")), "{realm}");
    let token = async |query: &str| -> String {
        let answer = get(format!("{api}/v1/authorize/registry/?service=registry{query}"), None).await;
        assert_eq!(answer.status(), 200);
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(body.as_object().unwrap().len(), 1, "only the token");
        body["token"].as_str().unwrap().to_owned()
    };
    let pull = token("&scope=repository:regauth:pull").await;
    let tags = format!("http://{registry}/v2/regauth/tags/list");
    assert_eq!(get(tags.clone(), None).await.status(), 401);
    assert_eq!(get(tags.clone(), Some(&pull)).await.status(), 404, "it may look, and there is nothing yet");
    let upload = format!("http://{registry}/v2/regauth/blobs/uploads/");
    let begun = http.post(&upload).bearer_auth(&pull).send().await.unwrap();
    assert_eq!(begun.status(), 401, "a token to pull is none to push");
    let push = token("&scope=repository:regauth:pull,push").await;
    assert_eq!(http.post(&upload).bearer_auth(&push).send().await.unwrap().status(), 202);

    // 109: the claims are those of the request.
    let told = claims(&pull);
    assert_eq!(told["access"], json!([{"type": "repository", "name": "regauth", "actions": ["pull"]}]));
    assert_eq!((&told["iss"], &told["aud"]), (&json!("auth server"), &json!("registry")));
    assert_eq!(claims(&token("&account=bob").await)["access"], json!([]));
    let bad = get(format!("{api}/api/v1/authorize/registry/?scope=registry:catalog:*"), None).await;
    assert_eq!((bad.status().as_u16(), bad.headers()["content-type"].to_str().unwrap()), (401, "text/plain"));
    let keys = get(format!("{api}/v2/authorize/jwks.json"), None).await.text().await.unwrap();
    let kid = serde_json::from_str::<Value>(&keys).unwrap()["keys"][0]["kid"].as_str().unwrap().to_owned();
    assert_eq!(kid.split(':').count(), 12, "{kid}");

    let key = std::fs::read(folder.path().join("registry/token.key")).unwrap();
    let target = Target::new(&registry, Some(&key)).unwrap();
    let app = "regauth".parse().unwrap();
    target.push(&app, &"1-a".parse().unwrap(), Some(YAML)).await.unwrap();
    assert!(Target::new(&registry, None).unwrap().push(&app, &"2-a".parse().unwrap(), None).await.is_err());
    assert_eq!(get(tags, Some(&pull)).await.status(), 200);
    let console = Console::new(&api);
    console.post("/repos/", &json!({"appname": "regauth"})).await.is(201, "repos");
    console.post("/apps/", &json!({"appname": "regauth"})).await.is(202, "app");
    console.send(Method::DELETE, "/apps/regauth/", None).await.is(202, "app");
    stack.stop().await.unwrap();
}

/// 109 and lain-spec 4.4: who may push is who belongs to the app, as the SSO tells by a token or by a password.
#[tokio::test]
async fn with_an_sso_the_people_of_an_app_push_its_images() {
    let sso = Sso::start().await;
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--registry-auth", "--auth", "lain-sso", "--sso-url", &sso.url];
    let client = ["--sso-client-id", CLIENT.0, "--sso-client-secret", CLIENT.1];
    let stack = start(folder.path(), &[&flags[..], &client[..]].concat()).await;
    let endpoints = stack.endpoints();
    let (api, registry) = (endpoints.api.clone().unwrap(), endpoints.registry.clone().unwrap());
    let http = crate::support::http();
    let register = http.post(format!("{api}/api/v1/repos/")).header("access-token", "alice");
    let registered = register.body(r#"{"appname":"guarded"}"#).send().await.unwrap();
    assert_eq!(registered.status(), 201);

    let ask = async |user: Option<(&str, &str)>, scope: &str| -> (u16, String) {
        let request = http.get(format!("{api}/api/v1/authorize/registry/?service=registry{scope}"));
        let request = match user {
            Some((name, password)) => request.basic_auth(name, Some(password)),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let push = |repository: &str| format!("&scope=repository:{repository}:push,pull");
    for (user, repository, status) in [
        (Some(("alice", "pw-alice")), "guarded", 200),
        (Some(("anything", "alice")), "guarded", 200),
        (Some(("alice", "pw-bob")), "guarded", 401),
        (Some(("alice", "wrong")), "guarded", 401),
        (Some(("bob", "pw-bob")), "guarded", 401),
        (None, "guarded", 401),
        (Some(("alice", "pw-alice")), "lain/centos", 401),
        (Some(("root", "pw-root")), "lain/centos", 200),
        (Some(("root", "pw-root")), "guarded", 200),
    ] {
        assert_eq!(ask(user, &push(repository)).await.0, status, "{user:?} {repository}");
    }
    let bob = Some(("bob", "pw-bob"));
    let (status, _) = ask(bob, "&scope=repository:guarded:pull").await;
    assert_eq!(status, 200);
    let token =
        |text: &str| serde_json::from_str::<Value>(text).unwrap()["token"].as_str().unwrap().to_owned();
    assert_eq!(
        claims(&token(&ask(bob, "").await.1))["access"],
        json!([]),
        "a log-in gives nothing of before"
    );

    let pusher = token(&ask(Some(("alice", "pw-alice")), &push("guarded")).await.1);
    let upload = http.post(format!("http://{registry}/v2/guarded/blobs/uploads/")).bearer_auth(&pusher);
    assert_eq!(upload.send().await.unwrap().status(), 202);
    sso.set_mood(Mood::Failing("/"));
    assert_eq!(ask(bob, "").await.0, 401, "an SSO that is down knows nobody");
    stack.stop().await.unwrap();
}

/// Images and tables outlive a restart; the registry has its port again, since names of images hold it.
#[tokio::test]
async fn images_and_apps_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let stack = start(folder.path(), &[]).await;
    let registry = stack.endpoints().registry.clone().unwrap();
    let yaml = YAML.replace("regauth", "kept");
    let target = Target::new(&registry, None).unwrap();
    target.push(&"kept".parse().unwrap(), &"1-a".parse().unwrap(), Some(&yaml)).await.unwrap();
    let console = Console::new(stack.endpoints().api.as_ref().unwrap());
    console.post("/repos/", &json!({"appname": "kept"})).await.is(201, "repos");
    stack.stop().await.unwrap();

    let stack = start(folder.path(), &[]).await;
    assert_eq!(stack.endpoints().registry, Some(registry));
    let console = Console::new(stack.endpoints().api.as_ref().unwrap());
    let version = console.get("/repos/kept/versions/").await.is(200, "version");
    assert_eq!(version["tags"], json!(["1-a"]));
    stack.stop().await.unwrap();
}

/// Each image of a version is one that a node would take: what its layers unpack to is what its configuration says.
async fn assert_images_are_whole(registry: &str, app: &str, version: &str) {
    let http = crate::support::http();
    let get = async |path: String| {
        let request = http.get(format!("http://{registry}/v2/{app}/{path}"));
        let request = request.header("accept", "application/vnd.oci.image.manifest.v1+json");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.bytes().await.unwrap()
    };
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    for tag in ["meta", "release"] {
        let manifest = read(&get(format!("manifests/{tag}-{version}")).await);
        let blob = async |descriptor: &Value| {
            let bytes = get(format!("blobs/{}", descriptor["digest"].as_str().unwrap())).await;
            assert_eq!(descriptor["size"], bytes.len());
            bytes
        };
        let config = read(&blob(&manifest["config"]).await);
        let layers = manifest["layers"].as_array().unwrap();
        assert_eq!(layers.len(), 1, "{manifest}");
        let layer = blob(&layers[0]).await;
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&layer[..]).read_to_end(&mut unpacked).unwrap();
        let digest = format!("sha256:{}", sha256_hex(&unpacked, 32));
        assert_eq!(config["rootfs"], json!({"type": "layers", "diff_ids": [digest]}), "{tag}");
    }
}

/// `cargo local push`, as people run it.
#[tokio::test]
async fn push_puts_a_version_into_the_registry() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lain.yaml");
    std::fs::write(&file, YAML.replace("regauth", "pushed")).unwrap();
    let data = folder.path().join("data");
    let command = |data: &std::path::Path| local::push::Push {
        app: "pushed".parse().unwrap(),
        lain_yaml: file.clone(),
        version: None,
        data: data.to_owned(),
    };
    let refused = command(&data).run().await.unwrap_err();
    assert!(refused.contains("no stack runs"), "{refused}");
    let stack = start(&data, &[]).await;
    let told = command(&data).run().await.unwrap();
    let version = told.split("Pushed version ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let console = Console::new(stack.endpoints().api.as_ref().unwrap());
    console.post("/repos/", &json!({"appname": "pushed"})).await.is(201, "repos");
    let versions = console.get("/repos/pushed/versions/").await.is(200, "version");
    assert_eq!(versions["tags"], json!([version]));
    assert_images_are_whole(stack.endpoints().registry.as_ref().unwrap(), "pushed", &version).await;
    let absent = local::push::Push { lain_yaml: folder.path().join("absent"), ..command(&data) };
    assert!(absent.run().await.unwrap_err().contains("cannot read"));
    stack.stop().await.unwrap();
}
