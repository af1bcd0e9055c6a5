//! Why an app does not run as it should. Clients poll until all pods are ready or there is a text here, so there must be one
//! for each end but the good one, and none for what passes by itself (lain-spec 3.9, §6).

use jiff::SignedDuration;

use super::proc::ProcJson;
use crate::domain::Timestamp;
use crate::domain::applied::Failure;
use crate::domain::console::app::{App, Desired};
use crate::domain::status::Observation;
use crate::http::console::envelope::ascii;
use crate::store::ReadApp;

/// How long a change may take before its silence counts as a failure.
const DEADLINE: SignedDuration = SignedDuration::from_mins(10);
/// What an object, or its namespace, says while it is on its way out: the worker tries again.
const PASSING: [&str; 3] = ["Terminating", "NamespaceTerminating", "NamespaceMissing"];

/// What went wrong with the newest deploy; nothing while one is under way.
pub(super) fn of_deploy(read: &ReadApp, procs: &[ProcJson], now: Timestamp) -> String {
    let app = &read.app;
    if let Some(failure) = failure(app) {
        return ascii(&format!("{}: {}", failure.reason, failure.message));
    }
    let is_late = now.duration_since(app.updated) > DEADLINE;
    if !app.is_applied() {
        return if is_late { "Pending: the change has not been made yet".to_owned() } else { String::new() };
    }
    let of_procs = procs.iter().map(|proc| &proc.lasterror).find(|error| !error.is_empty());
    match of_procs {
        Some(error) => error.clone(),
        None if app.running().is_some_and(|running| running.procs.is_empty()) => {
            "NothingToRun: the lain.yaml of this version has no procs".to_owned()
        }
        None if is_late => of_silence(read, procs),
        None => String::new(),
    }
}

/// Which proc has too few pods after so long a time, none of which says why.
fn of_silence(read: &ReadApp, procs: &[ProcJson]) -> String {
    if let Some(Observation::Unreachable) = read.observation {
        return "ClusterUnreachable: the cluster does not answer".to_owned();
    }
    let too_few = too_few(&read.app, procs).next().map(|(name, ready, wanted)| {
        format!("ProgressDeadlineExceeded: {name} has {ready} of {wanted} instances ready after 10 minutes")
    });
    too_few.unwrap_or_default()
}

/// The procs that have fewer pods of their newest template than wanted: how many are ready, and how many are wanted.
fn too_few<'a>(app: &'a App, procs: &[ProcJson]) -> impl Iterator<Item = (&'a str, usize, usize)> {
    let wanted = app.procs().iter().filter(|proc| proc.desired == Desired::Started && !proc.is_portal());
    let counts = wanted.map(|proc| {
        let name = proc.name().as_str();
        let ready = procs.iter().find(|shown| shown.name() == name).map_or(0, |shown| shown.ready);
        (name, ready, proc.instances() as usize)
    });
    counts.filter(|(_, ready, wanted)| ready < wanted)
}

fn failure(app: &App) -> Option<&Failure> {
    let failure = app.applied.failure.as_ref().filter(|failure| failure.generation == app.generation);
    failure.filter(|failure| !PASSING.contains(&failure.reason.as_str()))
}

/// How far the newest deploy is; `error` is what went wrong with it.
pub(super) fn state(app: &App, procs: &[ProcJson], error: &str) -> &'static str {
    let is_ready = || app.is_applied() && too_few(app, procs).next().is_none();
    if failure(app).is_none() && is_ready() {
        "deployed"
    } else if failure(app).is_none() && (!app.is_applied() || error.is_empty()) {
        "deploying"
    } else {
        "failed"
    }
}
