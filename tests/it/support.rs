//! What the tests stand on: one stack with a real API server for all, a project of its own for each.

mod answer;
mod api;
mod cluster;
pub(crate) mod console;
mod functions;
pub(crate) mod images;
mod ledger;
mod look;
mod outage;
mod secrets_manager;
mod sso;
mod stack;
mod state;
mod table;
mod wait;

pub(crate) use answer::{Answer, timeless};
pub(crate) use api::{Api, Project, api, container, project, stateful, stateless};
pub(crate) use cluster::Cluster;
pub(crate) use functions::Functions;
pub(crate) use images::{Answering, Images};
pub(crate) use ledger::{Calls, Ledger};
pub(crate) use look::Object;
pub(crate) use outage::Outage;
pub(crate) use secrets_manager::SecretsManager;
pub(crate) use sso::{CLIENT, Mood, Sso};
pub(crate) use stack::{endpoints, shared_data};
pub(crate) use state::{number, put_unheard, queue, send_raw, settings, string};
pub(crate) use table::Table;
pub(crate) use wait::eventually;

/// An HTTP client, for which the process must have a crypto provider.
pub(crate) fn http() -> reqwest::Client {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
