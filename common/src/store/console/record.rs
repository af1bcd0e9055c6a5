//! Console apps to items and back.

use crate::domain::applied::Applied;
use crate::domain::console::app::{App, AppType, DeployedProc};
use crate::domain::console::manifest::StreamPort;
use crate::domain::console::name::AppName;
use crate::domain::error::{Error, Result};
use crate::domain::operation::{Action, Origin};
use crate::domain::service::Protocol;
use crate::domain::subject::{AppId, Subject};
use crate::domain::{Timestamp, revision};
use crate::store::item::{Attributes, Reader, With, item, json, number, string};
use crate::store::key::{self, Key};
use crate::store::{read, record};

use super::Note;

/// An entry of an app's oplog: one accepted mutation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OplogEntry {
    /// Who asked.
    pub by: String,
    /// For what.
    pub action: String,
    /// The version that was deployed then; empty for none.
    pub version: String,
    /// When.
    pub at: Timestamp,
    /// What it was about, for people.
    pub message: String,
}

/// A port of a cluster's edge that is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedPort {
    /// Outside and inside.
    pub port: StreamPort,
    /// The app that has it.
    pub app: AppName,
    /// The id of its proc.
    pub podgroup: String,
}

/// What a mutation may change of an app; what only the worker writes is not among it.
pub(super) fn wanted(app: &App) -> Result<Attributes> {
    Ok(Attributes::new()
        .with("updated", string(app.updated))
        .with("giturl", json(&app.giturl)?)
        .with("deployment", json(&app.deployment)?)
        .with("revision", number(app.revision))
        .with("generation", number(app.generation)))
}

pub(super) fn app_item(app: &App) -> Result<Attributes> {
    let mut item = item(Key::console_app(&app.id))
        .with("uid", string(&app.uid))
        .with("applied_generation", number(app.applied.generation))
        .with("applied", json(&app.applied)?);
    item.extend(wanted(app)?);
    Ok(item)
}

pub(in crate::store) fn read_app(item: &Attributes) -> Result<App> {
    let key = read::read_key(item)?;
    let Some(Subject::App(id)) = key::subject(&key.pk, &key.sk) else {
        return Err(Error::internal("read a stored item", format!("no app can have the key {}", key.sk)));
    };
    let item = Reader(item);
    let applied: Applied = item.json("applied")?;
    Ok(App {
        id,
        uid: item.parse("uid")?,
        updated: item.time("updated")?,
        giturl: item.json("giturl")?,
        deployment: item.json("deployment")?,
        revision: item.number("revision")?,
        generation: item.number("generation")?,
        applied: Applied { generation: item.number("applied_generation")?, ..applied },
    })
}

/// A deployed version as it was asked for, with the text of its `lain.yaml`; a resource's deployment has that in it.
pub(super) fn revision_item(app: &App, yaml: &str) -> Result<Attributes> {
    let slot = revision::RevisionNumber::from(app.revision).slot();
    let item = item(Key::console_revision(&app.id, slot))
        .with("revision", number(app.revision))
        .with("created", string(app.updated))
        .with("deployment", json(&app.deployment)?);
    Ok(if app.app_type() == AppType::Resource { item } else { item.with("yaml", string(yaml)) })
}

pub(super) fn oplog_item(id: &AppId, action: Action, note: &Note, origin: &Origin) -> Attributes {
    let Note { version, message } = note;
    item(Key::oplog_entry(id, &origin.at.to_string(), &origin.request_id))
        .with("action", string(action.as_str()))
        .with("by", string(&origin.caller))
        .with("at", string(origin.at))
        .with("version", string(version))
        .with("message", string(message))
        .with("ttl", number(origin.at.as_second() + record::AUDIT_KEPT_S))
}

pub(super) fn read_oplog_entry(item: &Attributes) -> Result<OplogEntry> {
    let item = Reader(item);
    Ok(OplogEntry {
        by: item.str("by")?.to_owned(),
        action: item.str("action")?.to_owned(),
        version: item.str("version")?.to_owned(),
        at: item.time("at")?,
        message: item.str("message")?.to_owned(),
    })
}

pub(super) fn stream_port_item(
    cluster: &str,
    app: &App,
    proc: &DeployedProc,
    port: StreamPort,
) -> Attributes {
    item(Key::stream_port(cluster, port.source.get()))
        .with("app", string(app.name()))
        .with("podgroup", string(proc.podgroup(app.name())))
        .with("target", number(port.target))
        .with("protocol", string(port.protocol.as_str()))
}

pub(super) fn read_stream_port(item: &Attributes) -> Result<UsedPort> {
    let broken = || Error::internal("read a stored item", "it is no port of a cluster's edge");
    let item = Reader(item);
    let protocol = match item.str("protocol")? {
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        _ => return Err(broken()),
    };
    let source = item.str("sk")?.parse().map_err(|_| broken())?;
    Ok(UsedPort {
        port: StreamPort { source, target: item.number("target")?, protocol },
        app: item.parse("app")?,
        podgroup: item.str("podgroup")?.to_owned(),
    })
}
