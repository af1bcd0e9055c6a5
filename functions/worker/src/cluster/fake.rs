//! A small API server behind kube's own client: it keeps objects, and does to them what the tests need of the real one.
//! What the real one does was tried on it; `tests` tries again on a real one.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};

use http::{Method, Request, Response};
use http_body_util::BodyExt as _;
use kube::client::Body;
use serde_json::{Value, json};

use common::domain::Timestamp;
use common::domain::region::Region;
use common::domain::service::{Desired, Instances, NewService, Service, Shape};
use common::domain::workload::Workload;

use super::Cluster;

/// A service `web` of app `app0` in project `demo`.
pub(crate) struct Sample(Service);

impl Default for Sample {
    fn default() -> Self {
        Self::new("web", Shape::Stateless { instances: Instances::ONE })
    }
}

impl Sample {
    fn new(name: &str, shape: Shape) -> Self {
        let definition = json!({"resourceSpec": "1U1G", "containers": []});
        let new = NewService {
            name: name.parse().unwrap(),
            shape,
            definition: serde_json::from_value(definition).unwrap(),
            ports: Vec::new(),
        };
        let id = json!({"region": "xq", "project": "demo", "app": "app0", "service": name});
        let uid = "0123456789abcdef0123456789abcdef".parse().unwrap();
        Self(new.into_service(serde_json::from_value(id).unwrap(), uid, Timestamp::UNIX_EPOCH))
    }

    pub(crate) fn stateful(name: &str) -> Self {
        Self::new(name, Shape::Stateful)
    }

    pub(crate) fn with_instances(mut self, number: u64) -> Self {
        self.0.shape = Shape::Stateless { instances: Instances::try_from(number).unwrap() };
        self
    }

    pub(crate) fn with_ports(mut self, ports: &[u16]) -> Self {
        let ports: Vec<_> = ports.iter().map(|port| json!({"port": port, "protocol": "TCP"})).collect();
        self.0.ports = serde_json::from_value(json!(ports)).unwrap();
        self
    }

    pub(crate) fn stopped(mut self) -> Self {
        self.0.desired = Desired::Stopped;
        self
    }

    pub(crate) fn workload(&self) -> Workload {
        let region = Region::with_defaults("xq".parse().unwrap(), "one".to_owned(), None);
        self.0.workload(&region).unwrap()
    }
}

type Answer = (u16, Value);

/// The server. Clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Fake(Arc<Mutex<State>>);

#[derive(Default)]
pub(crate) struct State {
    /// By path, without the leading `/api/v1` or `/apis/apps/v1` and the like.
    pub(crate) objects: BTreeMap<String, Value>,
    /// What was asked: method, path, and what matters of the query.
    pub(crate) calls: Vec<String>,
    /// The answer to a call, instead of the ordinary one.
    pub(crate) refusals: BTreeMap<String, u16>,
    /// Objects, by path, whose `spec` nobody may change.
    pub(crate) immutable: BTreeSet<String>,
    /// How many objects come in one page of a list, if not all.
    pub(crate) page: Option<usize>,
    uids: u32,
}

impl Fake {
    pub(crate) fn cluster(&self) -> Cluster {
        let fake = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let fake = fake.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
                let query = parts.uri.query().unwrap_or_default();
                let (status, answer) = fake.state().answer(&parts.method, parts.uri.path(), query, body);
                let response =
                    Response::builder().status(status).body(Body::from(answer.to_string().into_bytes()));
                Ok::<_, Infallible>(response.unwrap())
            }
        });
        Cluster::new(kube::Client::new(service, "default"))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Puts an object there, as somebody else would.
    pub(crate) fn put(&self, path: &str, object: Value) {
        self.state().objects.insert(path.to_owned(), object);
    }

    /// What was asked since the last time.
    pub(crate) fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }
}

impl State {
    fn answer(&mut self, method: &Method, path: &str, query: &str, body: Value) -> Answer {
        let group_less = |path: &str| match path.strip_prefix("/apis/") {
            Some(grouped) => grouped.splitn(3, '/').nth(2).map(|path| format!("/{path}")),
            None => path.strip_prefix("/api/v1").map(str::to_owned),
        };
        let path = group_less(path).unwrap();
        let flag =
            |name: &str, word: &str| if query.contains(name) { format!(" {word}") } else { String::new() };
        let uid = body.pointer("/metadata/uid").map_or("", |_| " uid");
        let orphan = if body["propagationPolicy"] == "Orphan" { " orphan" } else { "" };
        let (dry, force) = (flag("dryRun=All", "dry-run"), flag("force=true", "force"));
        let call = format!("{method} {path}{dry}{force}{uid}{orphan}");
        self.calls.push(call.clone());
        if let Some(status) = self.refusals.get(&call) {
            return failure(*status, &path);
        }
        match *method {
            Method::GET if is_list(&path) => self.list(&path, query),
            Method::GET => {
                self.objects.get(&path).map_or_else(|| failure(404, &path), |object| (200, object.clone()))
            }
            Method::PATCH => self.patch(&path, query, body),
            Method::POST => self.create(&path, body),
            Method::DELETE => self.delete(&path, &body),
            _ => failure(405, &path),
        }
    }

    fn list(&self, path: &str, query: &str) -> Answer {
        let (namespace, plural) = path.rsplit_once('/').unwrap();
        let named = |object_path: &str| {
            let (collection, _) = object_path.rsplit_once('/').unwrap();
            collection.ends_with(&format!("/{plural}")) && object_path.starts_with(namespace)
        };
        let all: Vec<_> =
            self.objects.iter().filter(|(path, _)| named(path)).map(|(_, object)| object).collect();
        let first = query.split("continue=").nth(1).map_or(0, |rest| rest.parse().unwrap());
        let next = first + self.page.unwrap_or(all.len());
        let more = (next < all.len()).then(|| next.to_string());
        let items: Vec<_> = all.into_iter().skip(first).take(next - first).collect();
        (200, json!({"metadata": {"continue": more}, "items": items}))
    }

    fn patch(&mut self, path: &str, query: &str, mut body: Value) -> Answer {
        let present = self.objects.get(path);
        let wanted_uid = body.pointer("/metadata/uid");
        match (present, wanted_uid) {
            (None, Some(_)) => return failure(409, path),
            (Some(present), Some(uid)) if present["metadata"]["uid"] != *uid => return failure(409, path),
            (Some(_), None) if !query.contains("force=true") => return failure(409, path),
            (Some(present), _) if self.immutable.contains(path) && present["spec"] != body["spec"] => {
                let (code, mut status) = failure(422, path);
                status["details"]["causes"] = json!([{"reason": "FieldValueForbidden", "field": "spec"}]);
                return (code, status);
            }
            (None | Some(_), None | Some(_)) => {}
        }
        let namespace = path.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        if !self.objects.contains_key(&namespace) {
            return failure(404, &namespace);
        }
        let old = present.cloned().unwrap_or_default();
        self.uids += 1;
        let uid =
            old.pointer("/metadata/uid").cloned().unwrap_or_else(|| json!(format!("uid-{}", self.uids)));
        body["metadata"]["uid"] = uid;
        let generation = old.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default();
        body["metadata"]["generation"] = json!(generation + i64::from(old["spec"] != body["spec"]));
        body["metadata"]["deletionTimestamp"] = old["metadata"]["deletionTimestamp"].clone();
        if !query.contains("dryRun=All") {
            self.objects.insert(path.to_owned(), body.clone());
        }
        (200, body)
    }

    fn create(&mut self, path: &str, body: Value) -> Answer {
        let path = format!("{path}/{}", body["metadata"]["name"].as_str().unwrap());
        if self.objects.contains_key(&path) {
            return failure(409, &path);
        }
        self.objects.insert(path, body.clone());
        (201, body)
    }

    fn delete(&mut self, path: &str, options: &Value) -> Answer {
        match self.objects.get(path) {
            None => failure(404, path),
            Some(object) if object["metadata"]["uid"] != options["preconditions"]["uid"] => {
                failure(409, path)
            }
            Some(_) => (200, self.objects.remove(path).unwrap_or_default()),
        }
    }
}

/// `/pods`, `/namespaces/demo/pods`; not `/namespaces/demo` or `/namespaces/demo/pods/a`.
fn is_list(path: &str) -> bool {
    matches!(path.matches('/').count(), 1 | 3)
}

fn failure(code: u16, path: &str) -> Answer {
    let kind = if path.matches('/').count() == 2 { "namespaces" } else { "others" };
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason(code),
        "message": format!("{path} was refused"), "details": {"kind": kind},
    });
    (code, status)
}

fn reason(code: u16) -> &'static str {
    match code {
        404 => "NotFound",
        409 => "Conflict",
        422 => "Invalid",
        _ => "InternalError",
    }
}
