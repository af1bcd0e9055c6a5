//! A place in a tree. Reading from it notes what is wrong, and where.

use std::cell::RefCell;

use super::{Node, Value};
use crate::domain::{Error, FieldError};

/// What was found wrong, and what was passed over, each with its line.
#[derive(Default)]
pub(in crate::domain::console) struct Faults {
    wrong: RefCell<Vec<(usize, FieldError)>>,
    ignored: RefCell<Vec<(usize, String)>>,
    /// Whether what is wrong for want of a parameter is passed over, since clients are to give it.
    awaits: bool,
}

impl Faults {
    pub(in crate::domain::console) fn awaiting_parameters() -> Self {
        Self { awaits: true, ..Self::default() }
    }

    /// Whether a value is only missing until a client gives parameters.
    fn await_for(&self, node: &Node) -> bool {
        self.awaits && node.template.as_ref().is_some_and(|template| !template.needs.is_empty())
    }

    /// The value, if nothing was found wrong; else all that was, in the order of the file.
    pub(in crate::domain::console) fn none_or<T>(self, value: Option<T>) -> Result<T, Error> {
        let mut wrong = self.wrong.into_inner();
        wrong.sort_by_key(|(line, _)| *line);
        match value {
            Some(value) if wrong.is_empty() => Ok(value),
            None if wrong.is_empty() => Err(Error::invalid("lain.yaml", "cannot be read")),
            Some(_) | None => Err(Error::Invalid(wrong.into_iter().map(|(_, fault)| fault).collect())),
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

    /// Notes that something is wrong here. Of a template that could not be rendered it is noted already.
    pub(in crate::domain::console) fn fault<T>(&self, reason: impl Into<String>) -> Option<T> {
        let reason = match &self.node.template {
            Some(template) if template.is_broken => return None,
            Some(template) if !template.needs.is_empty() => {
                if self.faults.awaits {
                    return None;
                }
                format!("{}; {}", reason.into(), template.wish())
            }
            Some(_) | None => reason.into(),
        };
        self.faults.wrong.borrow_mut().push((self.node.line, FieldError { field: self.place(), reason }));
        None
    }

    /// Notes that this counts for nothing.
    pub(in crate::domain::console) fn ignore(&self) {
        self.faults.ignored.borrow_mut().push((self.node.line, self.place()));
    }

    /// Notes that its members count for nothing that are not among these.
    pub(in crate::domain::console) fn ignore_others(&self, known: &[&str]) {
        let members = self.members().unwrap_or_default().into_iter();
        members.filter(|(name, _)| !known.contains(name)).for_each(|(_, member)| member.ignore());
    }

    /// Notes that this counts for nothing, and why, since elsewhere it does.
    pub(in crate::domain::console) fn ignore_since(&self, why: &str) {
        let line = self.node.line;
        self.faults.ignored.borrow_mut().push((line, format!("{} (line {line}: {why})", self.path)));
    }

    /// All that counts for nothing, in the order of the file.
    pub(in crate::domain::console) fn ignored(&self) -> Vec<String> {
        let mut ignored = self.faults.ignored.borrow().clone();
        ignored.sort_by_key(|(line, _)| *line);
        ignored.into_iter().map(|(_, place)| place).collect()
    }

    /// For people: its path and line.
    pub(in crate::domain::console) fn place(&self) -> String {
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
        let node = self.raw(name).filter(|node| node.value != Value::Null)?;
        Some(self.below(name, node))
    }

    /// The member of this name, which must be there.
    pub(in crate::domain::console) fn required(&self, name: &str) -> Option<Self> {
        self.member(name)
            .or_else(|| if self.awaits(name) { None } else { self.fault(format!("must have {name}")) })
    }

    /// Whether the member of this name comes to something only with parameters that clients are to give.
    pub(in crate::domain::console) fn awaits(&self, name: &str) -> bool {
        self.raw(name).is_some_and(|node| self.faults.await_for(node))
    }

    /// The scalar of this name as the file has it, before it was rendered.
    pub(in crate::domain::console) fn written(&self, name: &str) -> Option<&'a str> {
        let node = self.raw(name)?;
        match (&node.template, &node.value) {
            (Some(template), _) => Some(&template.source),
            (None, Value::Scalar { text, .. }) => Some(text),
            (None, Value::Null | Value::List(_) | Value::Map(_)) => None,
        }
    }

    /// The member of this name, be it null.
    fn raw(&self, name: &str) -> Option<&'a Node> {
        match &self.node.value {
            Value::Map(members) => members.iter().find(|(key, _)| key == name).map(|(_, node)| node),
            Value::Null | Value::Scalar { .. } | Value::List(_) => None,
        }
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

    /// The items of a list that can be read by `read`. One value stands for a list of one, an empty text for none.
    pub(in crate::domain::console) fn list<T>(&self, read: impl FnMut(&Self) -> Option<T>) -> Vec<T> {
        match &self.node.value {
            Value::Scalar { text, .. } if text.is_empty() => Vec::new(),
            Value::Null | Value::Scalar { .. } | Value::List(_) => {
                self.items().iter().filter_map(read).collect()
            }
            Value::Map(_) => self.fault("must be a list").unwrap_or_default(),
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

    /// A whole number from `min` to `max`; quotes do not matter where nothing but a number is good.
    pub(in crate::domain::console) fn integer(&self, min: i64, max: i64) -> Option<i64> {
        let number = self.whole().filter(|number| (min..=max).contains(number));
        number.or_else(|| self.fault(format!("must be a whole number from {min} to {max}")))
    }

    /// A whole number, brought to the nearest from `min` to `max`.
    pub(in crate::domain::console) fn clamped(&self, min: i64, max: i64) -> Option<i64> {
        let number = self.whole().or_else(|| self.fault("must be a whole number"))?;
        Some(number.clamp(min, max))
    }

    fn whole(&self) -> Option<i64> {
        match &self.node.value {
            Value::Scalar { text, .. } => text.parse().ok(),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// A whole number, if it is one without quotes; notes nothing.
    pub(in crate::domain::console) fn peek_integer(&self) -> Option<i64> {
        match &self.node.value {
            Value::Scalar { quoted: false, .. } => self.whole(),
            Value::Scalar { quoted: true, .. } | Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// `true` or `false`, in the spellings of YAML 1.1, which LAIN reads.
    pub(in crate::domain::console) fn bool(&self) -> Option<bool> {
        boolean(self.text()?).or_else(|| self.fault("must be true or false"))
    }

    /// As [`Self::bool`], if it is one without quotes; notes nothing.
    pub(in crate::domain::console) fn peek_bool(&self) -> Option<bool> {
        match &self.node.value {
            Value::Scalar { text, quoted: false } => boolean(text),
            Value::Scalar { quoted: true, .. } | Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The value as JSON, for what is handed on as it is.
    pub(in crate::domain::console) fn json(&self) -> serde_json::Value {
        json(self.node)
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
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
