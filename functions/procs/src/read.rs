//! Procs, one and all.

use axum::extract::State;
use axum::http::StatusCode;
use common::domain::console::app::Desired;
use common::domain::status::instance;
use common::domain::{Error, Result};
use common::http::console::answer::Views;
use common::http::console::{Apps, Envelope, url};
use common::http::{Context, Scope};
use serde_json::{Value, json};

use super::{instances, no_such_proc};

/// The procs of a deployed app, its portals left out.
pub(super) async fn list(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let read = scope.admitted(&context).await?;
    let app = read.app.name().as_str();
    if read.app.deployment.is_none() {
        return Ok(Envelope::not_deployed("procs", app));
    }
    let others = Apps::new();
    let views = Views::new(&context, &others);
    Envelope::ok("procs", &views.procs(&read), url::procs(app))
}

/// A proc of a deployed app, deployed itself or not.
pub(super) async fn get(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let read = scope.admitted(&context).await?;
    let (app, name) = (read.app.name().as_str(), scope.param("proc"));
    if read.app.deployment.is_none() {
        return Ok(Envelope::not_deployed("proc", app));
    }
    let others = Apps::new();
    let views = Views::new(&context, &others);
    let Some(proc) = read.app.proc(name) else {
        let Some(template) = views.template(&read, name) else {
            return Ok(no_such_proc(StatusCode::NOT_FOUND, app, name));
        };
        let msg = "the app is a resource: it runs as an instance for each app that uses it";
        return Ok(Envelope::ok("proc", &template, url::proc(app, name))?.saying(msg));
    };
    let answer = Envelope::ok("proc", &views.proc(&read, proc), url::proc(app, name))?;
    match proc.desired {
        Desired::Removed => Ok(answer.saying(format!("proc {name} is not deployed"))),
        Desired::Started | Desired::Stopped if proc.is_portal() => {
            Ok(answer.saying(format!("{name} is a portal: it runs with each client of the app")))
        }
        Desired::Started | Desired::Stopped => Ok(answer),
    }
}

/// What is known of the past of an instance: since when it runs. Kubernetes keeps its events for an hour, and we none.
pub(super) async fn histories(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let read = scope.admitted(&context).await?;
    let (app, name, number) = (read.app.name(), scope.param("proc"), scope.param("instance"));
    let index: usize = number.parse().map_err(|_| Error::invalid("instance", "must be a number"))?;
    let url = url::histories(app.as_str(), name, number);
    let Some(proc) = read.app.proc(name) else { return Envelope::ok("proc", &json!([]), url) };
    let instance = instance(instances(&read, name), index);
    let started = instance.and_then(|instance| Some((instance, instance.started?)));
    let history = started.map(|(instance, started)| {
        let others = Apps::new();
        let shown = Views::new(&context, &others).proc(&read, proc);
        let image = shown["image"].as_str().unwrap_or_default();
        let image = image.rsplit_once('/').map_or(image, |(_, image)| image);
        json!({
            "status": "running", "time": started.as_second(), "action": "start", "image": image,
            "node": instance.node_ip,
        })
    });
    let value = json!({"Name": proc.podgroup(app), "Instance": number, "StatusHistory": history.into_iter().collect::<Vec<_>>()});
    Envelope::ok("proc", &value, url)
}

/// The ports of the cluster's edge that are in use.
pub(super) async fn stream_ports(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let used = context.store.stream_ports(&scope.region.cluster).await?;
    let shown: Vec<Value> = used
        .iter()
        .map(|used| {
            json!({
                "srcport": used.port.source, "dstport": used.port.target,
                "proto": used.port.protocol.as_lowercase(),
                "NameSpace": used.app, "ProcName": used.podgroup,
            })
        })
        .collect();
    Envelope::ok("streamrouter", &shown, url::stream_ports())
}
