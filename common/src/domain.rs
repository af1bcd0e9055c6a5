//! What Slipway is about, as values and pure functions.
//!
//! No AWS, no HTTP, no clock, no environment: those live in the modules that use this one.

pub mod app;
pub mod applied;
pub mod console;
pub mod container;
pub mod digest;
pub mod error;
pub mod image;
pub mod mount;
pub mod name;
pub mod operation;
pub mod project;
pub mod region;
pub mod revision;
pub mod service;
pub mod status;
pub mod subject;
pub mod unit;
pub mod workload;

pub use error::{Error, FieldError, Missing, Result};
pub use jiff::Timestamp;
