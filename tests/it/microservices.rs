//! Services of an app.

mod actions;
mod create;
mod delete;
mod faults;
mod order;
mod ports;
mod read;
mod rollout;
mod upgrade;
