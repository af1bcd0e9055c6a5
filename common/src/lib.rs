//! What every function of Slipway shares. The modules in reading order.

pub mod aws;
pub mod clock;
pub mod domain;
pub mod http;
#[cfg(feature = "console")]
pub mod outbound;
pub mod queue;
#[cfg(feature = "deploy")]
pub mod registry;
pub mod runtime;
#[cfg(feature = "secrets")]
pub mod secrets;
#[cfg(feature = "console")]
pub mod sso;
pub mod store;
