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
const PASSING: [&str; 2] = ["Terminating", "NamespaceTerminating"];

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
    let wanted = read.app.procs().iter().filter(|proc| proc.desired == Desired::Started && !proc.is_portal());
    let mut wanted = wanted.map(|proc| (proc.name().as_str(), proc.instances() as usize));
    let too_few = wanted.find_map(|(name, wanted)| {
        let ready = procs.iter().find(|proc| proc.name() == name).map_or(0, ProcJson::ready_pods);
        (ready < wanted).then(|| {
            format!(
                "ProgressDeadlineExceeded: {name} has {ready} of {wanted} instances ready after 10 minutes"
            )
        })
    });
    too_few.unwrap_or_default()
}

fn failure(app: &App) -> Option<&Failure> {
    let failure = app.applied.failure.as_ref().filter(|failure| failure.generation == app.generation);
    failure.filter(|failure| !PASSING.contains(&failure.reason.as_str()))
}

/// How far the newest deploy is.
pub(super) fn state(app: &App) -> &'static str {
    match failure(app) {
        Some(_) => "failed",
        None if app.is_applied() => "deployed",
        None => "deploying",
    }
}
