//! Procs, one and all.

use axum::extract::State;
use axum::http::StatusCode;
use common::domain::console::app::Desired;
use common::domain::service::Protocol;
use common::domain::{Error, Result};
use common::http::console::answer::Views;
use common::http::console::{Apps, Envelope, url};
use common::http::{Context, Scope};
use serde_json::{Value, json};

use super::{no_such_proc, not_deployed};

/// The procs of a deployed app, its portals left out.
pub(super) async fn list(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let read = scope.admitted(&context).await?;
    let app = read.app.name().as_str();
    if read.app.deployment.is_none() {
        return Ok(not_deployed("procs", app));
    }
    let views = Views { domains: &context.console.domains, others: &Apps::new() };
    Envelope::ok("procs", &views.procs(&read), url::procs(app))
}

/// A proc of a deployed app, deployed itself or not.
pub(super) async fn get(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let read = scope.admitted(&context).await?;
    let (app, name) = (read.app.name().as_str(), scope.param("proc"));
    if read.app.deployment.is_none() {
        return Ok(not_deployed("proc", app));
    }
    let Some(proc) = read.app.proc(name) else { return Ok(no_such_proc(StatusCode::NOT_FOUND, app, name)) };
    let views = Views { domains: &context.console.domains, others: &Apps::new() };
    let answer = Envelope::ok("proc", &views.proc(&read, proc), url::proc(app, name))?;
    match proc.desired {
        Desired::Removed => Ok(answer.saying(format!("proc {name} is not deployed"))),
        Desired::Started | Desired::Stopped if proc.is_portal() => {
            Ok(answer.saying(format!("{name} is a portal: it runs with each client of the app")))
        }
        Desired::Started | Desired::Stopped => Ok(answer),
    }
}

/// What is known of the past of an instance: Kubernetes keeps its events for an hour, and we none of them.
pub(super) async fn histories(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let read = scope.admitted(&context).await?;
    let (app, name, instance) = (read.app.name(), scope.param("proc"), scope.param("instance"));
    if instance.parse::<u32>().is_err() {
        return Err(Error::invalid("instance", "must be a number"));
    }
    let podgroup = read.app.proc(name).map_or_else(|| format!("{app}..{name}"), |proc| proc.podgroup(app));
    let value = match read.app.proc(name) {
        Some(_) => json!({"Name": podgroup, "Instance": instance, "StatusHistory": []}),
        None => json!([]),
    };
    Envelope::ok("proc", &value, url::histories(app.as_str(), name, instance))
}

/// The ports of the cluster's edge that are in use.
pub(super) async fn stream_ports(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let used = context.store.stream_ports(&scope.region.cluster).await?;
    let shown: Vec<Value> = used
        .iter()
        .map(|used| {
            let proto = match used.port.protocol {
                Protocol::Tcp => "tcp",
                Protocol::Udp => "udp",
            };
            json!({
                "srcport": used.port.source, "dstport": used.port.target, "proto": proto,
                "NameSpace": used.app, "ProcName": used.podgroup,
            })
        })
        .collect();
    Envelope::ok("streamrouter", &shown, url::stream_ports())
}
