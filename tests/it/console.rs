//! The console dialect. Numbers are those of lain-cases.

mod apps;
mod checks;
mod deploy;
mod ledger;
mod notify;
mod pages;
mod procs;
mod registry;
mod repos;
mod rights;
mod secrets;
mod sso;
mod uses;
mod workloads;
