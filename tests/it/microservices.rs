//! Services of an app.

mod create;
mod order;
mod read;
