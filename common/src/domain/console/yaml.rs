//! YAML as a tree that knows its lines, within limits that no honest file meets.

mod at;
mod tree;

pub(super) use at::{At, Faults};
pub(super) use tree::{Node, Value, parse};
