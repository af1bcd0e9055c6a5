//! Text to a tree.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

/// The largest text.
const BYTES_MAX: usize = 256 * 1024;
/// How deep collections may be in each other.
const DEPTH_MAX: usize = 32;
/// How many nodes there may be, those that aliases repeat counted each time.
const NODES_MAX: usize = 20_000;

/// A value and where it starts.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::domain::console) struct Node {
    /// From 1.
    pub(in crate::domain::console) line: usize,
    pub(in crate::domain::console) value: Value,
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
    nodes: usize,
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
                self.count(1, line)?;
                let quoted = style != ScalarStyle::Plain;
                let is_null = !quoted && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value =
                    if is_null { Value::Null } else { Value::Scalar { text: text.into_owned(), quoted } };
                self.finish(Node { line, value }, anchor)
            }
            Event::SequenceStart(anchor, _tag) => self.open(line, anchor, Kind::List(Vec::new())),
            Event::MappingStart(anchor, _tag) => self.open(line, anchor, Kind::Map(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { line, anchor, kind }) = self.open.pop() else { return Ok(()) };
                let value = match kind {
                    Kind::List(items) => Value::List(items),
                    Kind::Map(members, _) => Value::Map(members),
                };
                self.finish(Node { line, value }, anchor)
            }
        }
    }

    fn open(&mut self, line: usize, anchor: usize, kind: Kind) -> Result<(), Fault> {
        self.count(1, line)?;
        if self.open.len() >= DEPTH_MAX {
            return Err((line, format!("is more than {DEPTH_MAX} levels deep")));
        }
        self.open.push(Open { line, anchor, kind });
        Ok(())
    }

    fn count(&mut self, nodes: usize, line: usize) -> Result<(), Fault> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODES_MAX {
            return Err((
                line,
                format!("has more than {NODES_MAX} values, those that aliases repeat among them"),
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

fn size(node: &Node) -> usize {
    match &node.value {
        Value::Null | Value::Scalar { .. } => 1,
        Value::List(items) => items.iter().map(size).sum::<usize>().saturating_add(1),
        Value::Map(members) => members.iter().map(|(_, node)| size(node)).sum::<usize>().saturating_add(1),
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
            (bomb, 5, "aliases"),
        ] {
            let (at, why) = parse(text).unwrap_err();
            assert!(why.contains(rule), "{text:?} gives {why}");
            assert!(at.abs_diff(line) <= 1, "{text:?} gives line {at}");
        }
        assert!(parse(&" ".repeat(BYTES_MAX + 1)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}|[-a:\\[\\]{}&*!|>'\"\\n #?,~%@`]{0,60}") {
            let _either = parse(&text);
        }
    }
}
