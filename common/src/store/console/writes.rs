//! What an accepted mutation of console apps writes.

use std::collections::BTreeMap;

use super::record;
use crate::domain::console::app::{App, DeployedProc};
use crate::domain::console::manifest::StreamPort;
use crate::domain::error::Result;
use crate::domain::operation::{OperationId, OperationState};
use crate::domain::subject::{AppId, Subject};
use crate::store::commit::Accepted;
use crate::store::item::{item, number, string};
use crate::store::key::Key;
use crate::store::record::{due, operation_item};
use crate::store::transaction::{ABSENT, Transaction, set};

/// An accepted mutation of what was read.
#[derive(Clone, Debug)]
pub enum AppMutation {
    /// An app that was not there.
    Register(Box<App>),
    /// The next generation of an app, and of what follows from it for others: all of it or nothing.
    Change {
        /// The target cluster, whose ports the apps hold.
        cluster: String,
        /// The app that was asked for, then the others.
        changes: Vec<AppChange>,
        /// What the oplog of the first one says.
        note: Note,
    },
}

/// The next generation of an app.
#[derive(Clone, Debug)]
pub struct AppChange {
    /// As read; none if this makes it.
    pub before: Option<App>,
    /// As it is to be.
    pub after: App,
    /// The text of its `lain.yaml`, where that was deployed.
    pub yaml: Option<String>,
}

/// What the oplog says of a mutation, besides who, what and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The version that is deployed then; empty for none.
    pub version: String,
    /// For people.
    pub message: String,
}

/// Writes the mutation with its operations and its entry of the oplog.
pub(in crate::store) fn write(
    to: &mut Transaction<'_>,
    mutation: &AppMutation,
    accepted: &Accepted<'_>,
) -> Result<()> {
    match mutation {
        AppMutation::Register(app) => {
            to.put(record::app_item(app)?, ABSENT)?;
            let note = Note { version: String::new(), message: "registered".to_owned() };
            log(to, &app.id, &note, accepted)
        }
        AppMutation::Change { cluster, changes, note } => {
            changes.iter().try_for_each(|change| write_change(to, cluster, change, accepted))?;
            changes.first().map_or(Ok(()), |first| log(to, &first.after.id, note, accepted))?;
            to.check_room()
        }
    }
}

fn log(to: &mut Transaction<'_>, id: &AppId, note: &Note, accepted: &Accepted<'_>) -> Result<()> {
    to.put(record::oplog_item(id, accepted.action, note, accepted.origin), ABSENT)
}

fn write_change(
    to: &mut Transaction<'_>,
    cluster: &str,
    change: &AppChange,
    accepted: &Accepted<'_>,
) -> Result<()> {
    let AppChange { before, after, yaml } = change;
    let subject = Subject::App(after.id.clone());
    let due = due(&subject, accepted.due_s);
    match before {
        None => {
            let mut item = record::app_item(after)?;
            item.extend(due);
            to.put(item, ABSENT)?;
        }
        Some(before) => {
            let mut attributes = record::wanted(after)?;
            attributes.extend(due);
            let (expression, names, values) = set(attributes);
            to.update(Key::console_app(&after.id), expression, |update| {
                update
                    .set_expression_attribute_names(Some(names))
                    .set_expression_attribute_values(Some(values))
                    .condition_expression("uid = :uid AND #generation = :read")
                    .expression_attribute_values(":uid", string(&before.uid))
                    .expression_attribute_values(":read", number(before.generation))
            })?;
        }
    }
    if let Some(yaml) = yaml {
        to.overwrite(record::revision_item(after, yaml)?)?;
    }
    let id = OperationId { subject: after.uid.clone(), generation: after.generation };
    let (action, origin) = (accepted.action, accepted.origin);
    let operation = operation_item(&id, &after.id.to_string(), action, origin, OperationState::Queued);
    to.put(operation, ABSENT)?;
    relate(to, before.as_ref(), after)?;
    hold_ports(to, cluster, before.as_ref(), after)
}

/// Lists the app as a client of the services that it uses now, and no longer of those that it used.
fn relate(to: &mut Transaction<'_>, before: Option<&App>, after: &App) -> Result<()> {
    let used = before.map(App::service_apps).unwrap_or_default();
    let uses = after.service_apps();
    let service = |app: &_| AppId { region: after.id.region.clone(), app: Clone::clone(app) };
    for app in uses.difference(&used) {
        to.overwrite(item(Key::client(&service(app), after.name())))?;
    }
    for app in used.difference(&uses) {
        to.delete(Key::client(&service(app), after.name()), |delete| delete)?;
    }
    Ok(())
}

/// Takes the ports of the cluster's edge that the app holds now, and gives back those that it held.
fn hold_ports(to: &mut Transaction<'_>, cluster: &str, before: Option<&App>, after: &App) -> Result<()> {
    let held = before.map(ports).unwrap_or_default();
    let holds = ports(after);
    for (number, (proc, port)) in &holds {
        if held.get(number).is_some_and(|(had, same)| same == port && had.name() == proc.name()) {
            continue;
        }
        let item = record::stream_port_item(cluster, after, proc, *port);
        to.put_with(item, "attribute_not_exists(pk) OR app = :app", |put| {
            put.expression_attribute_values(":app", string(after.name()))
        })?;
    }
    for number in held.keys().filter(|number| !holds.contains_key(number)) {
        to.delete(Key::stream_port(cluster, *number), |delete| {
            delete
                .condition_expression("attribute_not_exists(pk) OR app = :app")
                .expression_attribute_values(":app", string(after.name()))
        })?;
    }
    Ok(())
}

fn ports(app: &App) -> BTreeMap<u16, (&DeployedProc, StreamPort)> {
    app.stream_ports().into_iter().map(|(proc, port)| (port.source.get(), (proc, port))).collect()
}
