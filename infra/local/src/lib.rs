//! Slipway on one machine: the functions, the back ends and a development cluster.

pub mod backends;
pub mod cluster;
mod endpoints;
mod error;
mod flags;
mod folder;
mod jobs;
mod poller;
pub mod push;
mod regions;
mod stack;

pub use endpoints::Endpoints;
pub use error::{Error, Result};
pub use flags::{AuthMode, Cli, Command, Flags, RegionFlag};
pub use stack::{Stack, routes};
