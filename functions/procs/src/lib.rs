//! Procs of the console's apps: look, scale, start, stop, restart, remove, bring back (lain-spec 1.3, 17 to 21).

mod change;
mod patch;
mod read;

use axum::http::StatusCode;
use common::domain::console::workload::group_name;
use common::domain::status::{Instance, Observation};
use common::http::console::{Envelope, url};
use common::http::{Access, Routes};
use common::store::ReadApp;

/// The routes of this group.
pub fn routes() -> Routes {
    Routes::default()
        .get(Access::Read, "/api/v1/apps/{app}/procs", read::list)
        .post(Access::Deploy, "/api/v1/apps/{app}/procs", change::create)
        .get(Access::Read, "/api/v1/apps/{app}/procs/{proc}", read::get)
        .patch(Access::Deploy, "/api/v1/apps/{app}/procs/{proc}", patch::patch)
        .delete(Access::Deploy, "/api/v1/apps/{app}/procs/{proc}", change::delete)
        .get(Access::Read, "/api/v1/apps/{app}/procs/{proc}/instance/{instance}/histories", read::histories)
        .get(Access::SignedIn, "/api/v1/usedstreamrouterports", read::stream_ports)
}

/// The refusal of what asks for a proc that there is not.
fn no_such_proc(status: StatusCode, app: &str, proc: &str) -> Envelope {
    let msg = format!("app {app} has no proc {proc} in the lain.yaml of its deployed version");
    Envelope::null(status, "proc", msg, url::procs(app))
}

/// The pods that were last seen of a proc, in their order.
fn instances<'a>(read: &'a ReadApp, proc: &str) -> &'a [Instance] {
    let name = read.app.proc(proc).map(|proc| group_name(&read.app, proc));
    match (&read.observation, name) {
        (Some(Observation::Seen(groups)), Some(name)) => {
            groups.get(&name).map_or(&[], |seen| &seen.instances)
        }
        (Some(Observation::Seen(_) | Observation::Unreachable) | None, _) => &[],
    }
}
