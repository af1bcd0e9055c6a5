//! Scaling and operating a proc: what the body may ask for, and what becomes of it (lain-spec 1.3, 20).

use axum::extract::State;
use axum::http::StatusCode;
use common::domain::console::app::{App, Sizing};
use common::domain::console::change::{Operation, Refusal};
use common::domain::console::memory::Memory;
use common::domain::operation::Action;
use common::domain::status;
use common::domain::{Error, Result, Timestamp};
use common::http::console::body::{Members, members};
use common::http::console::{Envelope, Verdict, mutate, url};
use common::http::{Body, Context, Scope};
use common::store::ReadApp;
use serde_json::Value;

use super::change::{Shown, accept, refuse, show};
use super::instances;

/// Changes the size of a proc, or starts, stops or restarts it or one of its instances.
pub(super) async fn patch(State(context): State<Context>, scope: Scope, body: Body) -> Result<Envelope> {
    let (context, scope, body) = (&context, &scope, &body);
    let action =
        members(body).and_then(|members| Asked::read(&members)).map_or(Action::Scale, |asked| asked.action());
    mutate(context, scope, action, |now| async move {
        let read = scope.admitted(context).await?;
        let app = read.app.name().as_str();
        // LAIN reads the body before it looks at the app, and its members after that.
        let members = members(body)?;
        if read.app.deployment.is_none() {
            return Ok(Envelope::not_deployed("proc", app).into());
        }
        match Asked::read(&members)? {
            Asked::Resize(sizing) => resize(context, scope, &read, &sizing, now),
            Asked::Operate(operation, instance) => operate(context, scope, &read, operation, instance, now),
        }
    })
    .await
}

fn resize(
    context: &Context,
    scope: &Scope,
    read: &ReadApp,
    sizing: &Sizing,
    now: Timestamp,
) -> Result<Verdict> {
    let (app, name) = (read.app.name().as_str(), scope.param("proc"));
    let limit = scope.region.max_instances.get();
    if sizing.instances.is_some_and(|instances| instances > limit) {
        return Err(Error::invalid("num_instances", format!("must be at most {limit}")));
    }
    let changed = match read.app.resize(name, sizing, now) {
        Ok(changed) => changed,
        Err(refusal) => return refuse(context, read, name, &refusal, Shown::WithPods).map(Verdict::from),
    };
    let next = ReadApp { app: changed, observation: read.observation.clone() };
    let shown = show(context, &next, name, Shown::WithPods);
    let answer = Envelope::new(StatusCode::ACCEPTED, "proc", &shown, url::proc(app, name))?;
    let message = format!("proc {name} is to have {}", told(&next.app, name));
    Ok(accept(scope, &read.app, next.app, message, answer))
}

fn operate(
    context: &Context,
    scope: &Scope,
    read: &ReadApp,
    operation: Operation,
    instance: Option<usize>,
    now: Timestamp,
) -> Result<Verdict> {
    let (app, name) = (read.app.name().as_str(), scope.param("proc"));
    let changed = match instance {
        None => read.app.operate(name, operation, now),
        Some(number) => one_instance(read, name, operation, number, now),
    };
    let changed = match changed {
        Ok(changed) => changed,
        Err(refusal) => return refuse(context, read, name, &refusal, Shown::Static).map(Verdict::from),
    };
    let shown = show(context, read, name, Shown::Static);
    let answer = Envelope::new(StatusCode::ACCEPTED, "proc", &shown, url::procs(app))?;
    let message = format!("proc {name}: {}", word(operation));
    Ok(accept(scope, &read.app, changed, message, answer))
}

/// Kubernetes keeps the number of pods: one that is stopped or restarted is replaced, one that is started runs already.
fn one_instance(
    read: &ReadApp,
    proc: &str,
    operation: Operation,
    number: usize,
    now: Timestamp,
) -> Result<App, Refusal> {
    // Whether the proc runs at all comes first.
    read.app.operate(proc, operation, now)?;
    let found = status::instance(instances(read, proc), number);
    let found = found.ok_or_else(|| Refusal::NoSuchInstance { proc: proc.to_owned(), number })?;
    match operation {
        Operation::Start => read.app.operate(proc, Operation::Start, now),
        Operation::Stop | Operation::Restart => read.app.evict(proc, found, now),
    }
}

/// What a body asks for.
#[derive(Debug)]
enum Asked {
    Resize(Sizing),
    /// Of all instances, or of the one with this number.
    Operate(Operation, Option<usize>),
}

impl Asked {
    fn action(&self) -> Action {
        match self {
            Self::Resize(_) => Action::Scale,
            Self::Operate(Operation::Start, _) => Action::Start,
            Self::Operate(Operation::Stop, _) => Action::Stop,
            Self::Operate(Operation::Restart, _) => Action::Restart,
        }
    }

    fn read(members: &Members) -> Result<Self> {
        for name in ["canary_proc", "canary_policy_group"] {
            if members.contains_key(name) {
                return Err(Error::invalid(name, "is not supported: deploy another version instead"));
            }
        }
        match members.get("operation").map(|operation| operation.as_str()) {
            None | Some(Some("schedule")) => sizing(members).map(Self::Resize),
            Some(Some("start")) => Ok(Self::Operate(Operation::Start, instance(members)?)),
            Some(Some("stop")) => Ok(Self::Operate(Operation::Stop, instance(members)?)),
            Some(Some("restart")) => Ok(Self::Operate(Operation::Restart, instance(members)?)),
            Some(_) => Err(Error::invalid("operation", "must be start, stop, restart or schedule")),
        }
    }
}

fn sizing(members: &Members) -> Result<Sizing> {
    let integer = |name: &str| match members.get(name) {
        None => Ok(None),
        Some(Value::Number(number)) => {
            let number = number.as_u64().and_then(|number| u32::try_from(number).ok());
            let number = number.filter(|number| i32::try_from(*number).is_ok());
            number
                .map(Some)
                .ok_or_else(|| Error::invalid(name, "must be a whole number that is not negative"))
        }
        Some(_) => Err(Error::invalid(name, "must be a whole number")),
    };
    let (instances, cpu) = (integer("num_instances")?, integer("cpu")?);
    let memory = match members.get("memory") {
        None => None,
        Some(Value::String(text)) => {
            let memory = Memory::parse(text).map_err(|rule| Error::invalid("memory", rule))?;
            if memory.bytes < Memory::BYTES_MIN {
                return Err(Error::invalid("memory", "must be at least 4M"));
            }
            Some(memory)
        }
        Some(_) => return Err(Error::invalid("memory", "must be a string, like 64M")),
    };
    match (instances, cpu, &memory) {
        (None, None, None) => {
            Err(Error::invalid("num_instances", "is required, or cpu and memory, or operation"))
        }
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => Err(Error::invalid(
            "num_instances",
            "cannot be changed together with cpu or memory: send two requests",
        )),
        (_, _, _) => Ok(Sizing { instances, cpu, memory }),
    }
}

/// The number of one instance, from 1; none for all.
fn instance(members: &Members) -> Result<Option<usize>> {
    let rule = "must be the number of an instance, from 1, or 0 for all";
    match members.get("instance") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => {
            let number = number.as_u64().and_then(|number| usize::try_from(number).ok());
            let number = number.ok_or_else(|| Error::invalid("instance", rule))?;
            Ok((number > 0).then_some(number))
        }
        Some(_) => Err(Error::invalid("instance", rule)),
    }
}

fn told(app: &App, proc: &str) -> String {
    app.proc(proc).map_or_else(String::new, |proc| {
        format!("{} instances, cpu {}, memory {}", proc.instances(), proc.cpu(), proc.memory().display())
    })
}

fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::Start => "start",
        Operation::Stop => "stop",
        Operation::Restart => "restart",
    }
}
