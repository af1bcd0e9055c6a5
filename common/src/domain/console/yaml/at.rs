//! A place in a tree. Reading from it notes what is wrong, and where.

use std::cell::RefCell;

use super::{Node, Value};
use crate::domain::name::Rule;
use crate::domain::{Error, FieldError};

/// What was found wrong, and what was passed over.
#[derive(Default)]
pub(in crate::domain::console) struct Faults {
    wrong: RefCell<Vec<FieldError>>,
    ignored: RefCell<Vec<String>>,
}

impl Faults {
    /// The value, if nothing was found wrong.
    pub(in crate::domain::console) fn none_or<T>(self, value: Option<T>) -> Result<T, Error> {
        let faults = self.wrong.into_inner();
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            Some(_) | None => Err(Error::Invalid(faults)),
        }
    }
}

/// A place in a tree: a value, what leads to it, and its line.
#[derive(Clone)]
pub(in crate::domain::console) struct At<'a> {
    path: String,
    node: &'a Node,
    faults: &'a Faults,
}

impl<'a> At<'a> {
    pub(in crate::domain::console) fn root(node: &'a Node, faults: &'a Faults) -> Self {
        Self { path: String::new(), node, faults }
    }

    /// Notes that something is wrong here.
    pub(in crate::domain::console) fn fault<T>(&self, reason: impl Into<String>) -> Option<T> {
        self.faults.wrong.borrow_mut().push(FieldError { field: self.place(), reason: reason.into() });
        None
    }

    /// Notes that this counts for nothing.
    pub(in crate::domain::console) fn ignore(&self) {
        self.faults.ignored.borrow_mut().push(self.place());
    }

    /// All that counts for nothing.
    pub(in crate::domain::console) fn ignored(&self) -> Vec<String> {
        self.faults.ignored.borrow().clone()
    }

    fn place(&self) -> String {
        let path = if self.path.is_empty() { "lain.yaml" } else { &self.path };
        format!("{path} (line {})", self.node.line)
    }

    fn below(&self, name: &str, node: &'a Node) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { path, node, faults: self.faults }
    }

    /// The members of a map, in order; none where there is nothing.
    pub(in crate::domain::console) fn members(&self) -> Option<Vec<(&'a str, Self)>> {
        match &self.node.value {
            Value::Null => Some(Vec::new()),
            Value::Map(members) => {
                Some(members.iter().map(|(key, node)| (key.as_str(), self.below(key, node))).collect())
            }
            Value::Scalar { .. } | Value::List(_) => self.fault("must be a map"),
        }
    }

    /// The member of this name, if there is one that is not null.
    pub(in crate::domain::console) fn member(&self, name: &str) -> Option<Self> {
        match &self.node.value {
            Value::Map(members) => {
                let (_, node) =
                    members.iter().find(|(key, node)| key == name && node.value != Value::Null)?;
                Some(self.below(name, node))
            }
            Value::Null | Value::Scalar { .. } | Value::List(_) => None,
        }
    }

    /// The member of this name, which must be there.
    pub(in crate::domain::console) fn required(&self, name: &str) -> Option<Self> {
        self.member(name).or_else(|| self.fault(format!("must have {name}")))
    }

    /// The items of a list, or the one value that stands for a list of one; none where there is nothing.
    pub(in crate::domain::console) fn items(&self) -> Vec<Self> {
        match &self.node.value {
            Value::Null => Vec::new(),
            Value::List(items) => {
                let at = |(index, node): (usize, &'a Node)| Self {
                    path: format!("{}[{index}]", self.path),
                    node,
                    faults: self.faults,
                };
                items.iter().enumerate().map(at).collect()
            }
            Value::Scalar { .. } | Value::Map(_) => vec![self.clone()],
        }
    }

    /// The items of a list, each read by `read`; `None` if one of them could not be, or it is no list.
    pub(in crate::domain::console) fn list<T>(&self, read: impl FnMut(&Self) -> Option<T>) -> Option<Vec<T>> {
        match &self.node.value {
            Value::Null | Value::List(_) => {
                let read: Vec<Option<T>> = self.items().iter().map(read).collect();
                read.into_iter().collect()
            }
            Value::Scalar { .. } | Value::Map(_) => self.fault("must be a list"),
        }
    }

    /// Whether it is a map.
    pub(in crate::domain::console) fn is_map(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    /// Whether it is a list.
    pub(in crate::domain::console) fn is_list(&self) -> bool {
        matches!(self.node.value, Value::List(_))
    }

    /// The text of a scalar, whatever it means.
    pub(in crate::domain::console) fn text(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::Scalar { text, .. } => Some(text),
            Value::Null | Value::List(_) | Value::Map(_) => self.fault("must be a text"),
        }
    }

    /// A scalar that passes as a `T`.
    pub(in crate::domain::console) fn parse<T: std::str::FromStr<Err = Rule>>(&self) -> Option<T> {
        self.text()?.parse().map_or_else(|rule: Rule| self.fault(rule), Some)
    }

    /// A whole number from `min` to `max`.
    pub(in crate::domain::console) fn integer(&self, min: i64, max: i64) -> Option<i64> {
        let number = self.peek_integer().filter(|number| (min..=max).contains(number));
        number.or_else(|| self.fault(format!("must be a whole number from {min} to {max}")))
    }

    /// A whole number, if it is one; notes nothing.
    pub(in crate::domain::console) fn peek_integer(&self) -> Option<i64> {
        match &self.node.value {
            Value::Scalar { text, quoted: false } => text.parse().ok(),
            Value::Scalar { quoted: true, .. } | Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// `true` or `false`, in the spellings of YAML 1.1, which LAIN reads.
    pub(in crate::domain::console) fn bool(&self) -> Option<bool> {
        match self.text()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => self.fault("must be true or false"),
        }
    }

    /// The value as JSON, for what is handed on as it is.
    pub(in crate::domain::console) fn json(&self) -> serde_json::Value {
        json(self.node)
    }
}

fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Scalar { text, quoted: false } => match (text.parse::<i64>(), text.as_str()) {
            (Ok(number), _) => number.into(),
            (Err(_), "true") => true.into(),
            (Err(_), "false") => false.into(),
            (Err(_), text) => text.into(),
        },
        Value::Scalar { text, quoted: true } => text.as_str().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(members) => members.iter().map(|(key, node)| (key.clone(), json(node))).collect(),
    }
}
