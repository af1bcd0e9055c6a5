//! What the tests stand on: one stack with a real API server for all, a project of its own for each.

mod answer;
mod api;
mod cluster;
mod ledger;
mod look;
mod outage;
mod stack;
mod state;
mod wait;

pub(crate) use answer::Answer;
pub(crate) use api::{Api, Project, api, project, stateful, stateless};
pub(crate) use cluster::Cluster;
pub(crate) use ledger::Ledger;
pub(crate) use outage::Outage;
pub(crate) use stack::{Endpoints, endpoints};
pub(crate) use state::{item, number, put_unheard, queue, send_raw, set_item, settings, string};
pub(crate) use wait::eventually;
