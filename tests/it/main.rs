//! The tests of the whole: one binary, so that all share one cluster and are linked once.
//! The modules mirror the paths; `support` has what they stand on.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should")]

mod support;

mod apps;
mod concurrency;
mod console;
mod idempotency;
mod microservices;
mod projects;
mod races;
mod regions;
mod resourcespecs;
mod revisions;
mod routing;
mod samples;
mod transport;
mod worker;

// What holds the whole together: calls, rights, the way the source is laid out, what is linked, the command.
mod coverage;
mod dependencies;
mod ledger;
mod local_stack;
mod template;
mod tidy;
