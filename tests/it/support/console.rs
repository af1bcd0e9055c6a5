//! The console as a client sees it, and apps that only one test uses.

use std::sync::atomic::{AtomicU32, Ordering};

use local::push::{Target, archive};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::cluster::Cluster;
use super::stack::endpoints;
use super::wait::eventually;

/// The versions of the fixtures (lain-cases): the second one is newer.
pub(crate) const V1: &str = "1435893486-ead17ccee6d904f8e01f339e9e96c00812c70756";
pub(crate) const V2: &str = "1435900000-0123456789abcdef0123456789abcdef01234567";

/// What every `lain.yaml` must have besides its name.
const BUILD: &str = "build:\n  base: golang:1.8\n  script: [go build]\n";

/// An answer, of which the console's common rules hold.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// What was asked, for the messages of failed assertions.
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    #[track_caller]
    pub(crate) fn new(request: String, status: u16, headers: HeaderMap, text: String) -> Self {
        let reply = Self { request, status, headers, text };
        assert_eq!(reply.headers["access-control-allow-origin"], "*", "{}: {reply:?}", reply.request);
        assert!(
            reply.text.is_ascii() || reply.json()["msg"].as_str().is_some_and(str::is_ascii),
            "{reply:?}"
        );
        reply
    }

    /// The answer of the functions in process.
    pub(crate) async fn of(request: String, response: axum::response::Response) -> Self {
        let (parts, body) = response.into_parts();
        let text = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        Self::new(request, parts.status.as_u16(), parts.headers, text)
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The member of this name, in an answer with this status that has exactly three.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, key: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.headers["content-type"], "application/json", "{self:?}");
        let json = self.json();
        let members: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected = vec![key, "msg", "url"];
        expected.sort_unstable();
        assert_eq!(members, expected, "{self:?}");
        assert!(json["msg"].is_string() && json["url"].is_string(), "{self:?}");
        json[key].clone()
    }

    /// As [`Self::is`], where the member must be null.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, key: &str) -> String {
        assert_eq!(self.is(status, key), Value::Null, "{self:?}");
        self.json()["msg"].as_str().unwrap().to_owned()
    }
}

/// A client of the console.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    base: String,
    http: reqwest::Client,
}

/// The shared stack's console.
pub(crate) fn console() -> Console {
    Console::new(endpoints().api.as_ref().expect("the shared stack serves"))
}

impl Console {
    pub(crate) fn new(base: &str) -> Self {
        Self { base: base.to_owned(), http: super::http() }
    }

    /// Sends a request to a path below `/api/v1`, or to one from the root.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<&str>) -> Reply {
        let path = if path.starts_with("//") { path[1..].to_owned() } else { format!("/api/v1{path}") };
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.body(body.to_owned());
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        Reply::new(format!("{method} {path} {}", body.unwrap_or_default()), status, headers, text)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, Some(&body.to_string())).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PUT, path, Some(&body.to_string())).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PATCH, path, Some(&body.to_string())).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    /// An app of a name that nobody else uses, registered. `F1` of lain-cases.
    pub(crate) async fn registered(&self, name: &str) -> App {
        let app = self.fresh(name);
        self.post("/repos/", &json!({"appname": app.name})).await.is(201, "repos");
        app
    }

    /// An app of a name that nobody else uses, not registered.
    pub(crate) fn fresh(&self, name: &str) -> App {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{name}-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        App { console: self.clone(), name }
    }
}

/// An app.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) console: Console,
    pub(crate) name: String,
}

impl App {
    /// `/apps/<app>` with something below it.
    pub(crate) fn at(&self, below: &str) -> String {
        format!("/apps/{}/{below}", self.name)
    }

    /// `/repos/<app>` with something below it.
    pub(crate) fn repo(&self, below: &str) -> String {
        format!("/repos/{}/{below}", self.name)
    }

    /// A whole `lain.yaml` of the app, with these sections.
    pub(crate) fn yaml(&self, sections: &str) -> String {
        let name = &self.name;
        format!("appname: {name}\ngiturl: https://gitlab.x.com/t/{name}.git\n{BUILD}{sections}")
    }

    /// Pushes the images of a version with these sections in its `lain.yaml`.
    pub(crate) async fn push(&self, version: &str, sections: &str) {
        self.push_text(version, &self.yaml(sections)).await;
    }

    /// Pushes the images of a version with this `lain.yaml`.
    pub(crate) async fn push_text(&self, version: &str, yaml: &str) {
        let registry = endpoints().registry.as_ref().expect("the shared stack has a registry");
        let target = Target::new(registry, None).unwrap();
        let (app, version) = (self.name.parse().unwrap(), version.parse().unwrap());
        target.push(&app, &version, Some(yaml)).await.unwrap();
    }

    /// Pushes an image of this tag that holds nothing.
    pub(crate) async fn push_tag(&self, tag: &str) {
        self.push_image(tag, &archive("empty", "").unwrap()).await;
    }

    /// Pushes an image of this tag and layer.
    pub(crate) async fn push_image(&self, tag: &str, layer: &[u8]) {
        let registry = endpoints().registry.as_ref().expect("the shared stack has a registry");
        Target::new(registry, None).unwrap().image(&self.name.parse().unwrap(), tag, layer).await.unwrap();
    }

    /// Deploys the newest version for the first time; gives the view of the app.
    pub(crate) async fn deploy(&self) -> Value {
        self.console.post("/apps/", &json!({"appname": self.name})).await.is(202, "app")
    }

    /// The view of the app.
    pub(crate) async fn view(&self) -> Value {
        self.console.get(&self.at("")).await.is(200, "app")
    }

    /// Waits until the app is deployed and all pods of its procs are ready; gives its view.
    pub(crate) async fn is_ready(&self) -> Value {
        self.until("all pods are ready", |app| {
            let procs = app["procs"].as_array().unwrap();
            let is_ready = |proc: &Value| {
                let pods = proc["pods"].as_array().unwrap();
                let ready = pods.iter().filter(|pod| pod["status"] == "True").count();
                ready == pods.len() && Some(u64::try_from(ready).unwrap()) == proc["numinstances"].as_u64()
            };
            app["deploystate"] == "deployed" && procs.iter().all(is_ready)
        })
        .await
    }

    /// Waits until the view of the app is so.
    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        eventually(&format!("{what} of {}", self.name), async || {
            let app = self.view().await;
            if is_so(&app) { Ok(app) } else { Err(app.to_string()) }
        })
        .await
    }

    /// The view of a proc.
    pub(crate) async fn proc(&self, name: &str) -> Value {
        self.console.get(&self.at(&format!("procs/{name}/"))).await.is(200, "proc")
    }

    /// The namespace of the app.
    pub(crate) async fn cluster(&self) -> Cluster {
        let app = self.name.parse().unwrap();
        Cluster::of(&common::domain::console::workload::namespace(&app).name).await
    }
}

/// The sections of the fixtures' first version.
pub(crate) const SECTIONS: &str = "web:\n  cmd: ./hello -v\n  port: 8080\n  memory: 64m\n  num_instances: 2\n\
     worker.mailer:\n  cmd: [./m]\n";
/// Those of the second one.
pub(crate) const NEWER_SECTIONS: &str = "web:\n  cmd: ./hello -v\n  port: 8080\n  memory: 64m\n  num_instances: 2\n\
     worker.sync:\n  cmd: [./s]\n";

/// An app with two versions in the registry: `F2`.
pub(crate) async fn pushed(name: &str) -> App {
    let app = console().registered(name).await;
    app.push(V1, SECTIONS).await;
    app.push(V2, NEWER_SECTIONS).await;
    app
}

/// An app that runs at its first version, with a newer one in the registry: `F3`.
pub(crate) async fn running(name: &str) -> App {
    let app = console().registered(name).await;
    app.push(V1, SECTIONS).await;
    app.deploy().await;
    app.is_ready().await;
    app.push(V2, NEWER_SECTIONS).await;
    app
}
