//! Services of an app.

mod create;
mod read;
