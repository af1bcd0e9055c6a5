//! The tree.

/// A value and where it starts.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::domain::console) struct Node {
    /// From 1.
    pub(in crate::domain::console) line: usize,
    pub(in crate::domain::console) value: Value,
    /// For a scalar that was rendered.
    pub(in crate::domain::console) template: Option<Box<Template>>,
}

/// What a scalar was rendered from.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::domain::console) struct Template {
    /// As written.
    pub(in crate::domain::console) source: String,
    /// The parameters that were not given, where it comes to nothing good without them.
    pub(in crate::domain::console) needs: Vec<String>,
    /// Whether it cannot be rendered, which is noted where it was tried.
    pub(in crate::domain::console) is_broken: bool,
}

impl Template {
    /// What would help.
    pub(in crate::domain::console) fn wish(&self) -> String {
        format!("it needs a value for {}", self.needs.join(", "))
    }
}

impl Node {
    pub(in crate::domain::console) fn new(line: usize, value: Value) -> Self {
        Self { line, value, template: None }
    }
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::domain::console) enum Value {
    Null,
    /// A scalar; quoted ones are always text.
    Scalar {
        text: String,
        quoted: bool,
    },
    List(Vec<Node>),
    /// Each key once, in the order of the text.
    Map(Vec<(String, Node)>),
}
