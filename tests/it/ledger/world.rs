//! What the rows are about: project `p` in region `xq`, with apps in every state.

use axum::body::Body as Content;
use common::clock;
use common::domain::app::App;
use common::domain::applied::Applied;
use common::domain::name::Uid;
use common::domain::operation::{Action, Origin};
use common::domain::service::Service;
use common::domain::status::Observation;
use common::domain::subject::{ProjectId, ServiceId, Subject};
use common::store::{Accepted, Change, Completion, LeaseTaken, Mutation, Record};
use reqwest::Method;
use serde_json::{Value, json};

use super::rows::{Body, Case, Cost};
use crate::support::{Answer, Calls, Ledger, stateless};

const PROJECT: &str = "/regions/xq/v1/projects/p";

/// A ledger with something in it.
pub(super) struct World {
    pub(super) ledger: Ledger,
}

impl World {
    /// App `work` with a service for each action, others to delete, `dying` which is being deleted, and
    /// `foreign`, which is not this API's.
    pub(super) async fn new() -> Self {
        let world = Self { ledger: Ledger::open().await };
        world.ask(Method::PUT, "", "").await;
        let names = [
            "web", "still", "stopped", "started", "scaled", "upgraded", "exposed", "rolled", "deleted",
            "dying",
        ];
        let mut services = names.map(|name| stateless(name, &json!({}))).to_vec();
        services.push(stateless("db", &json!({"type": "stateful"})));
        world.app("work", &services).await;
        for (app, services) in [("one", 1), ("two", 2), ("dying", 1), ("empty", 0)] {
            world.app(app, &some_services(services)).await;
        }
        let work = |below: &str| format!("/apps/work/microservices/{below}");
        world.ask(Method::PUT, &work("still/stop"), "").await;
        world.ask(Method::PUT, &work("started/stop"), "").await;
        world.ask(Method::PUT, &work("rolled/upgrade"), r#"{"resourceSpec":"2U4G"}"#).await;
        world.ask(Method::DELETE, &work("dying"), "").await;
        world.ask(Method::DELETE, "/apps/dying", "").await;
        for name in ["web", "still"] {
            world.applied(name).await;
        }
        world.foreign().await;
        world
    }

    /// Makes an app; gives what it cost.
    pub(super) async fn app(&self, name: &str, services: &[Value]) -> Calls {
        let body = json!({"name": name, "microservices": services}).to_string();
        self.ask(Method::POST, "/apps", &body).await
    }

    /// Asks for something below the project, which succeeds; gives what it cost.
    pub(super) async fn ask(&self, method: Method, below: &str, body: &str) -> Calls {
        let (answer, calls) = self.ledger.run(method, &format!("{PROJECT}{below}"), body).await;
        assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
        calls
    }

    /// Sends a row's request, with these headers.
    pub(super) async fn send(&self, route: &str, case: &Case, headers: &[(&str, &str)]) -> (Answer, Calls) {
        let (method, path) = route.split_once(' ').unwrap();
        let mut request = Ledger::request(method.parse().unwrap(), &fill(&spelt_out(path), &case.params));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let content = match case.body {
            Body::Text(text) => Content::from(text),
            Body::Xml(text) => {
                request = request.header("content-type", "application/xml");
                Content::from(text)
            }
            Body::TooLarge => Content::from(" ".repeat(256 * 1024 + 1)),
        };
        self.ledger.send(request.body(content).unwrap()).await
    }

    /// Records that the cluster has the service as it is wanted, as the worker does.
    async fn applied(&self, service: &str) {
        let store = &self.ledger.context.store;
        let id = Subject::Service(service_id("work", service));
        let work = store.work(&id).await.unwrap().unwrap();
        let LeaseTaken::Taken(lease) = store.take_lease(&id, 0, 1).await.unwrap() else {
            panic!("the lease of {service} is held");
        };
        let applied = Applied { generation: work.unit.generation(), ..Applied::default() };
        let completion = Completion {
            unit: &work.unit,
            applied: &applied,
            observation: &Observation::Unreachable,
            seen_ms: 1,
            was_due_s: work.due_s,
            due_s: i64::from(u32::MAX),
        };
        store.complete(&lease, &completion).await.unwrap();
    }

    /// Puts an app into the table that has another kind, with a service `web`.
    async fn foreign(&self) {
        let store = &self.ledger.context.store;
        let id = project_id();
        let model = store.app(&id, &"one".parse().unwrap()).await.unwrap().unwrap();
        let kind = "lain".to_owned().into();
        let app =
            App { name: "foreign".parse().unwrap(), uid: Uid::random(), kind, services: 1, ..model.app };
        let id_of_web = service_id("foreign", "web");
        let service = Service { id: id_of_web, uid: Uid::random(), ..model.services[0].service.clone() };
        let at = clock::now();
        let origin = Origin { caller: "admin".to_owned(), request_id: "r".to_owned(), at };
        let change = Change::Project(id, Mutation::CreateApp { app, services: vec![service] });
        let accepted = Accepted { origin: &origin, action: Action::Create, due_s: at.as_second() };
        let record = Record { accepted, change: &change, replay: None };
        store.commit(&record).await.unwrap();
    }
}

/// So many services, `s0` and so on.
pub(super) fn some_services(count: usize) -> Vec<Value> {
    (0..count).map(|index| stateless(&format!("s{index}"), &json!({}))).collect()
}

/// A cost as calls.
pub(super) fn calls(cost: Cost) -> Calls {
    cost.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect()
}

/// A path of the table in the notation of the rows.
pub(super) fn abbreviated(path: &str) -> String {
    let start = |long: &str, short: &str| path.strip_prefix(long).map(|rest| format!("{short}{rest}"));
    start(&spelt_out("M"), "M")
        .or_else(|| start(&spelt_out("A"), "A"))
        .or_else(|| start(&spelt_out("B"), "B"))
        .unwrap_or_else(|| path.to_owned())
}

fn spelt_out(path: &str) -> String {
    const B: &str = "/regions/{region}/v1";
    const A: &str = "/projects/{project}/apps/{app}";
    match path.split_at(1) {
        ("M", rest) => format!("{B}{A}/microservices/{{service}}{rest}"),
        ("A", rest) => format!("{B}{A}{rest}"),
        ("B", rest) => format!("{B}{rest}"),
        _ => path.to_owned(),
    }
}

/// Puts values into the places of a path's parameters.
fn fill(path: &str, params: &str) -> String {
    let mut params = params.split_whitespace();
    let segments = path
        .split('/')
        .map(|segment| if segment.starts_with('{') { params.next().unwrap() } else { segment });
    let filled = segments.collect::<Vec<_>>().join("/");
    assert_eq!(params.next(), None, "{path} has fewer parameters");
    filled
}

fn project_id() -> ProjectId {
    ProjectId { region: "xq".parse().unwrap(), project: "p".parse().unwrap() }
}

fn service_id(app: &str, service: &str) -> ServiceId {
    let ProjectId { region, project } = project_id();
    ServiceId { region, project, app: app.parse().unwrap(), service: service.parse().unwrap() }
}
