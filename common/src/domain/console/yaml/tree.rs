//! Text to a tree.

use std::collections::{BTreeSet, HashMap};

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::{Node, Value};

/// The largest text.
const BYTES_MAX: usize = 256 * 1024;
/// How deep collections may be in each other.
const DEPTH_MAX: usize = 32;
/// How many nodes there may be, those that aliases repeat counted each time.
const NODES_MAX: usize = 20_000;
/// How much text there may be, counted in the same way: one long scalar and many aliases are few nodes.
const TEXT_BYTES_MAX: usize = 1024 * 1024;
/// The key that takes over the members of other maps; it is YAML 1.1's, which LAIN reads.
const MERGE: &str = "<<";

/// Why a text is no tree: its line, and a rule.
pub(in crate::domain::console) type Fault = (usize, String);

/// Reads the one document of a text.
pub(in crate::domain::console) fn parse(text: &str) -> Result<Node, Fault> {
    if text.len() > BYTES_MAX {
        return Err((1, format!("must be at most {BYTES_MAX} bytes")));
    }
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| (error.marker().line(), format!("is not YAML: {}", error.info())))?;
        builder.take(event, span.start.line())?;
    }
    builder.document.ok_or_else(|| (1, "must not be empty".to_owned()))
}

#[derive(Default)]
struct Builder {
    /// The collections that are open.
    open: Vec<Open>,
    document: Option<Node>,
    anchors: HashMap<usize, Node>,
    spent: Size,
}

/// Nodes, and bytes of keys and scalars.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    text_bytes: usize,
}

impl Size {
    const NODE: Self = Self { nodes: 1, text_bytes: 0 };

    fn and(self, other: Self) -> Self {
        Self {
            nodes: self.nodes.saturating_add(other.nodes),
            text_bytes: self.text_bytes.saturating_add(other.text_bytes),
        }
    }
}

struct Open {
    line: usize,
    anchor: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Node>),
    /// With the key whose value comes next, and its line.
    Map(Vec<(String, Node)>, Option<(String, usize)>),
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), Fault> {
        match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                let node =
                    node.ok_or_else(|| (line, "refers to an anchor that is not there yet".to_owned()))?;
                self.count(size(&node), line)?;
                self.put(node)
            }
            Event::Scalar(text, style, anchor, _tag) => {
                self.count(Size { text_bytes: text.len(), ..Size::NODE }, line)?;
                let quoted = style != ScalarStyle::Plain;
                let is_null = !quoted && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value =
                    if is_null { Value::Null } else { Value::Scalar { text: text.into_owned(), quoted } };
                self.finish(Node::new(line, value), anchor)
            }
            Event::SequenceStart(anchor, _tag) => self.open(line, anchor, Kind::List(Vec::new())),
            Event::MappingStart(anchor, _tag) => self.open(line, anchor, Kind::Map(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { line, anchor, kind }) = self.open.pop() else { return Ok(()) };
                let value = match kind {
                    Kind::List(items) => Value::List(items),
                    Kind::Map(members, _) => Value::Map(merged(members)?),
                };
                self.finish(Node::new(line, value), anchor)
            }
        }
    }

    fn open(&mut self, line: usize, anchor: usize, kind: Kind) -> Result<(), Fault> {
        self.count(Size::NODE, line)?;
        if self.open.len() >= DEPTH_MAX {
            return Err((line, format!("is more than {DEPTH_MAX} levels deep")));
        }
        self.open.push(Open { line, anchor, kind });
        Ok(())
    }

    fn count(&mut self, size: Size, line: usize) -> Result<(), Fault> {
        self.spent = self.spent.and(size);
        if self.spent.nodes > NODES_MAX {
            return Err((
                line,
                format!("has more than {NODES_MAX} values, those that aliases repeat among them"),
            ));
        }
        if self.spent.text_bytes > TEXT_BYTES_MAX {
            return Err((
                line,
                format!("has more than {TEXT_BYTES_MAX} bytes of text, what aliases repeat among it"),
            ));
        }
        Ok(())
    }

    /// A node is whole; anchors have the number 0 where there is none.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.put(node)
    }

    fn put(&mut self, node: Node) -> Result<(), Fault> {
        match self.open.last_mut().map(|open| &mut open.kind) {
            None if self.document.is_some() => Err((node.line, "must be one document".to_owned())),
            None => {
                self.document = Some(node);
                Ok(())
            }
            Some(Kind::List(items)) => {
                items.push(node);
                Ok(())
            }
            Some(Kind::Map(members, next)) => {
                if let Some((key, line)) = next.take() {
                    // A member is looked for where its name is.
                    members.push((key, Node { line, ..node }));
                    return Ok(());
                }
                let Value::Scalar { text, .. } = node.value else {
                    return Err((node.line, "must have plain texts as keys".to_owned()));
                };
                if members.iter().any(|(key, _)| *key == text) {
                    return Err((node.line, format!("has the key {text} twice")));
                }
                *next = Some((text, node.line));
                Ok(())
            }
        }
    }
}

/// The members of a map with those of the maps under its merge key. Its own come first and win.
fn merged(members: Vec<(String, Node)>) -> Result<Vec<(String, Node)>, Fault> {
    let (merges, mut members): (Vec<_>, Vec<_>) = members.into_iter().partition(|(key, _)| key == MERGE);
    let mut keys: BTreeSet<String> = members.iter().map(|(key, _)| key.clone()).collect();
    for (_, Node { line, value, template: _ }) in merges {
        let maps = match value {
            Value::List(items) => items.into_iter().map(|item| item.value).collect(),
            Value::Null | Value::Scalar { .. } | Value::Map(_) => vec![value],
        };
        for map in maps {
            let Value::Map(others) = map else {
                return Err((line, "must merge a map, or a list of maps".to_owned()));
            };
            members.extend(others.into_iter().filter(|(key, _)| keys.insert(key.clone())));
        }
    }
    Ok(members)
}

fn size(node: &Node) -> Size {
    match &node.value {
        Value::Null => Size::NODE,
        Value::Scalar { text, .. } => Size { text_bytes: text.len(), ..Size::NODE },
        Value::List(items) => items.iter().map(size).fold(Size::NODE, Size::and),
        Value::Map(members) => {
            let member =
                |(key, node): &(String, Node)| size(node).and(Size { nodes: 0, text_bytes: key.len() });
            members.iter().map(member).fold(Size::NODE, Size::and)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nodes_know_their_lines() {
        let tree = parse("a: 1\nb:\n  - x\n  - \"~\"\n").unwrap();
        let Value::Map(members) = tree.value else { panic!("a map") };
        assert_eq!(members[1].1.line, 2);
        let Value::List(items) = &members[1].1.value else { panic!("a list") };
        assert_eq!(items[1].line, 4);
        assert_eq!(items[1].value, Value::Scalar { text: "~".to_owned(), quoted: true });
    }

    #[test]
    fn what_is_no_plain_tree_is_refused_with_its_line() {
        let deep = "[".repeat(100);
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), "*a, ".repeat(100));
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                    d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e]\n";
        for (text, line, rule) in [
            ("", 1, "empty"),
            ("a: [", 1, "is not YAML"),
            ("a: 1\nb: 2\na: 3\n", 3, "the key a twice"),
            ("a: 1\n---\nb: 2\n", 3, "one document"),
            ("? [a]\n: b\n", 1, "keys"),
            ("a: &x [*x]", 1, "anchor"),
            (&deep, 1, "levels deep"),
            (bomb, 5, "values"),
            (&long, 2, "bytes of text"),
            ("a:\n  <<: 1\n", 2, "must merge a map"),
        ] {
            let (at, why) = parse(text).unwrap_err();
            assert!(why.contains(rule), "{text:?} gives {why}");
            assert!(at.abs_diff(line) <= 1, "{text:?} gives line {at}");
        }
        assert!(parse(&" ".repeat(BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn a_merge_key_brings_in_what_is_not_there() {
        let plain = |text: &str| {
            let Value::Map(mut members) = parse(text).unwrap().value else { panic!("a map") };
            let Value::Map(members) = members.pop().unwrap().1.value else { panic!("a map of maps") };
            let text = |(key, node): (String, Node)| match node.value {
                Value::Scalar { text, .. } => format!("{key}={text}"),
                other @ (Value::Null | Value::List(_) | Value::Map(_)) => panic!("{other:?}"),
            };
            members.into_iter().map(text).collect::<Vec<_>>().join(" ")
        };
        for (text, members) in [
            ("a: &a {p: 1, q: 2}\nb:\n  <<: *a\n  q: 3\n", "q=3 p=1"),
            ("b: {<<: [{p: 1}, {p: 2, q: 2}], r: 3}\n", "r=3 p=1 q=2"),
            ("a: &a {p: 1}\nb: &b {<<: *a, q: 2}\nc: {<<: *b}\n", "q=2 p=1"),
        ] {
            assert_eq!(plain(text), members, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}|[-a:\\[\\]{}&*!|>'\"\\n #?,~%@`]{0,60}") {
            let _either = parse(&text);
        }
    }
}
