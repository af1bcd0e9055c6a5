//! What every function of Slipway shares. The modules in reading order.

pub mod aws;
pub mod clock;
pub mod domain;
pub mod http;
pub mod queue;
pub mod runtime;
pub mod secrets;
pub mod store;
