//! Apps of the console dialect: what people register, and what their `lain.yaml` says (lain-spec §2).

pub mod app;
pub mod change;
pub mod cluster;
pub mod domains;
mod holdings;
pub mod manifest;
pub mod memory;
pub mod name;
pub mod notify;
#[cfg(feature = "deploy")]
mod read;
pub mod secret;
pub mod settings;
pub mod version;
pub mod workload;
#[cfg(feature = "deploy")]
mod yaml;
