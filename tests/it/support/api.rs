//! The API as a client sees it, and a project for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use k8s_openapi::api::core::v1::Namespace;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::answer::{Answer, timeless};
use super::cluster::Cluster;
use super::stack::endpoints;
use super::wait::eventually;

/// A client of a base URL.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(crate) base: String,
    http: reqwest::Client,
}

/// The shared stack's API.
pub(crate) fn api() -> Api {
    Api::new(endpoints().api.clone().expect("the shared stack serves"))
}

impl Api {
    pub(crate) fn new(base: String) -> Self {
        Self { base, http: super::http() }
    }

    /// A request to be finished by the caller and sent with [`Self::send`].
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// Sends a request.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().unwrap();
        let asked = format!("{} {}", request.method(), request.url());
        let response = self.http.execute(request).await.unwrap_or_else(|error| panic!("{asked}: {error}"));
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        Answer::new(asked, status, headers, text)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// PUT without a body.
    pub(crate) async fn put(&self, path: &str) -> Answer {
        self.send(self.request(Method::PUT, path)).await
    }

    pub(crate) async fn put_json(&self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::PUT, path).header("content-type", "application/json");
        self.send(request.body(body.to_string())).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        self.send(request.body(body.to_string())).await
    }

    /// POST of these bytes, under this type or none.
    pub(crate) async fn post_raw(
        &self,
        path: &str,
        content_type: Option<&str>,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let mut request = self.request(Method::POST, path).body(body);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        self.send(request).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }
}

/// A project that only one test uses, and its namespace.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) api: Api,
    pub(crate) name: String,
    /// `/regions/<region>/v1/projects/<project>`.
    pub(crate) path: String,
}

/// A new project in region `xq` of the shared stack.
pub(crate) async fn project() -> Project {
    Project::create(api(), "xq").await
}

impl Project {
    /// A new project in this region.
    pub(crate) async fn create(api: Api, region: &str) -> Self {
        let project = Self::fresh(api, region);
        project.put("").await.ok();
        project
    }

    /// A project of a name that nobody else uses, not yet made.
    pub(crate) fn fresh(api: Api, region: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let path = format!("/regions/{region}/v1/projects/{name}");
        Self { api, name, path }
    }

    /// The path of something below the project.
    pub(crate) fn at(&self, below: &str) -> String {
        format!("{}{below}", self.path)
    }

    pub(crate) async fn get(&self, below: &str) -> Answer {
        self.api.get(&self.at(below)).await
    }

    pub(crate) async fn put(&self, below: &str) -> Answer {
        self.api.put(&self.at(below)).await
    }

    pub(crate) async fn put_json(&self, below: &str, body: &Value) -> Answer {
        self.api.put_json(&self.at(below), body).await
    }

    pub(crate) async fn post_json(&self, below: &str, body: &Value) -> Answer {
        self.api.post_json(&self.at(below), body).await
    }

    /// POST of a JSON text as written.
    pub(crate) async fn post_text(&self, below: &str, body: impl Into<reqwest::Body>) -> Answer {
        self.api.post_raw(&self.at(below), Some("application/json"), body).await
    }

    pub(crate) async fn delete(&self, below: &str) -> Answer {
        self.api.delete(&self.at(below)).await
    }

    /// Creates an app with these services.
    pub(crate) async fn app(&self, name: &str, services: &[Value]) -> Value {
        self.post_json("/apps", &json!({"name": name, "microservices": services})).await.ok()
    }

    /// Waits until the service is in this phase; gives the service.
    pub(crate) async fn reaches(&self, app: &str, service: &str, phase: &str) -> Value {
        let path = format!("/apps/{app}/microservices/{service}");
        eventually(&format!("{path} is {phase}"), async || {
            let service = self.get(&path).await.ok();
            if service["status"]["phase"] == phase { Ok(service) } else { Err(service.to_string()) }
        })
        .await
    }

    /// An answer without what differs from run to run, the project's name among it: it becomes `p`.
    #[track_caller]
    pub(crate) fn plain(&self, answer: Value) -> Value {
        let (name, plain) = (format!(r#""projectName":"{}""#, self.name), r#""projectName":"p""#);
        serde_json::from_str(&timeless(answer).to_string().replace(&name, plain)).unwrap()
    }

    /// The project's namespace, once it is there.
    pub(crate) async fn reaches_namespace(&self) -> Namespace {
        let namespaces = kube::Api::<Namespace>::all(self.cluster().await.client);
        eventually("the namespace is there", async || {
            namespaces.get_opt(&self.name).await.unwrap().ok_or("none")
        })
        .await
    }

    /// The project's namespace, as an administrator sees it.
    pub(crate) async fn cluster(&self) -> Cluster {
        Cluster::of(&self.name).await
    }
}

/// A stateless service of one container, with these members replaced.
pub(crate) fn stateless(name: &str, members: &Value) -> Value {
    merged(
        json!({"name": name, "type": "stateless", "resourceSpec": "1U1G", "containers": [{"image": "nginx:1"}]}),
        members,
    )
}

/// A stateful service of one container, with these members replaced.
pub(crate) fn stateful(name: &str, members: &Value) -> Value {
    merged(stateless(name, &json!({"type": "stateful"})), members)
}

/// The list of one container, with these members replaced.
pub(crate) fn container(members: &Value) -> Value {
    json!([merged(json!({"image": "nginx:1"}), members)])
}

fn merged(mut body: Value, members: &Value) -> Value {
    for (key, value) in members.as_object().expect("an object") {
        body[key] = value.clone();
    }
    body
}
