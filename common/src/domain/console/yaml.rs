//! YAML as a tree that knows its lines, within limits that no honest file meets.

mod at;
mod node;
mod tree;

pub(super) use at::{At, Faults};
pub(super) use node::{Node, Template, Value};
pub(super) use tree::parse;
