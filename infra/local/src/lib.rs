//! Slipway on one machine: the functions, the back ends and a development cluster.

pub mod backends;
pub mod cluster;
