//! x
pub mod cluster;
pub mod render;
