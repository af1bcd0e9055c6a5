//! The console dialect. Numbers are those of lain-cases.

mod apps;
mod deploy;
mod ledger;
mod notify;
mod procs;
mod registry;
mod repos;
mod rights;
mod uses;
mod workloads;
