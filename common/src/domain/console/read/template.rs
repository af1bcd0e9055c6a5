//! Resources: files whose scalars are templates, and the apps that are made of them (lain-spec 3.6).

use std::collections::BTreeMap;

use minijinja::value::Rest;
use minijinja::{Environment, UndefinedBehavior, Value as Jinja};

use super::{manifest, tree};
use crate::domain::console::manifest::{Manifest, Param, Proc, ProcTemplate, ResourceManifest};
use crate::domain::console::name::AppName;
use crate::domain::console::yaml::{At, Faults, Node, Value};
use crate::domain::{Error, FieldError, Result};

/// Steps that one template may take, bytes that it writes among them: the engine fills up for each.
const FUEL: u64 = 2_000;
/// How many templates a file may have.
const TEMPLATES_MAX: usize = 1_000;
/// The largest text that a template may become.
const BYTES_MAX: usize = 16 * 1024;

/// Whether a file is a resource's.
pub(super) fn is_resource(tree: &Node) -> bool {
    let faults = Faults::default();
    let apptype = At::root(tree, &faults).member("apptype");
    apptype.is_some_and(|at| at.text() == Some("resource"))
}

/// The file as rendered with no parameters; what comes out empty counts as left out.
pub(super) fn with_defaults(tree: &Node) -> Result<Node> {
    render(tree, &BTreeMap::new(), Empty::LeftOut)
}

/// A proc as the file has it, where it says more than a number or an amount.
pub(super) fn as_written(tree: &Node, proc: Proc) -> ProcTemplate {
    let text = |member: &str| {
        let Value::Map(sections) = &tree.value else { return None };
        let name = proc.name.as_str();
        let is_of_proc = |key: &str| key.split_once('.').map_or(key, |(_, name)| name) == name;
        let (_, section) = sections.iter().find(|(key, _)| is_of_proc(key))?;
        let Value::Map(members) = &section.value else { return None };
        match &members.iter().find(|(key, _)| key == member)?.1.value {
            Value::Scalar { text, .. } => Some(text.clone()),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    };
    let instances = text("num_instances").filter(|text| is_template(text));
    let memory = text("memory").unwrap_or_else(|| proc.memory.text.clone());
    ProcTemplate { proc, instances, memory }
}

impl ResourceManifest {
    /// The app that this becomes for a client with these parameters.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a template cannot be rendered, or what comes out is no good app.
    pub fn instance(&self, client: &AppName, params: &BTreeMap<String, Param>) -> Result<Manifest> {
        let rendered = render(&tree(&self.yaml)?, params, Empty::Kept)?;
        let faults = Faults::default();
        let manifest = manifest(&At::root(&rendered, &faults));
        let manifest = faults.none_or(manifest)?;
        let app = self.app.instance_for(client).map_err(|rule| Error::invalid("appname", rule))?;
        Ok(Manifest { app, ..manifest })
    }
}

/// What becomes of a template that comes out empty.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Empty {
    Kept,
    LeftOut,
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

fn templates(tree: &Node) -> usize {
    match &tree.value {
        Value::Scalar { text, .. } => usize::from(is_template(text)),
        Value::Null => 0,
        Value::List(items) => items.iter().map(templates).sum(),
        Value::Map(members) => members.iter().map(|(_, node)| templates(node)).sum(),
    }
}

/// The tree with each scalar value rendered, keys as they are.
fn render(tree: &Node, params: &BTreeMap<String, Param>, empty: Empty) -> Result<Node> {
    if templates(tree) > TEMPLATES_MAX {
        return Err(Error::invalid("lain.yaml", format!("must have at most {TEMPLATES_MAX} templates")));
    }
    let mut jinja = Environment::new();
    jinja.set_fuel(Some(FUEL));
    jinja.set_undefined_behavior(UndefinedBehavior::Lenient);
    jinja.add_filter("int", int);
    let context: BTreeMap<&str, Jinja> = params
        .iter()
        .map(|(name, param)| {
            let value = match param {
                Param::Integer(number) => Jinja::from(*number),
                Param::Text(text) => Jinja::from(text.as_str()),
            };
            (name.as_str(), value)
        })
        .collect();
    node(&jinja, &Jinja::from(context), tree, empty)
}

fn node(jinja: &Environment<'_>, context: &Jinja, tree: &Node, empty: Empty) -> Result<Node> {
    let value = match &tree.value {
        Value::Scalar { text, .. } if is_template(text) => {
            let fault = |reason: String| {
                Error::Invalid(vec![FieldError { field: format!("lain.yaml (line {})", tree.line), reason }])
            };
            let text = jinja
                .render_str(text, context.clone())
                .map_err(|error| fault(format!("has a template that cannot be rendered: {error}")))?;
            if text.len() > BYTES_MAX {
                return Err(fault(format!("has a template that becomes more than {BYTES_MAX} bytes")));
            }
            match (text.trim(), empty) {
                ("", Empty::LeftOut) => Value::Null,
                (_, Empty::Kept | Empty::LeftOut) => Value::Scalar { text, quoted: false },
            }
        }
        Value::Null | Value::Scalar { .. } => tree.value.clone(),
        Value::List(items) => {
            Value::List(items.iter().map(|item| node(jinja, context, item, empty)).collect::<Result<_>>()?)
        }
        Value::Map(members) => {
            let member =
                |(key, value): &(String, Node)| Ok((key.clone(), node(jinja, context, value, empty)?));
            Value::Map(members.iter().map(member).collect::<Result<_>>()?)
        }
    };
    Ok(Node { line: tree.line, value })
}

/// Jinja2's filter: a whole number, or the default (0) for what is none.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a filter")]
fn int(value: &Jinja, default: Rest<i64>) -> i64 {
    let default = default.first().copied().unwrap_or_default();
    match value.as_str() {
        Some(text) => {
            let text = text.trim();
            #[expect(clippy::cast_possible_truncation, reason = "cut off on purpose, as Jinja2 does")]
            let of_real =
                |text: &str| text.parse::<f64>().ok().filter(|real| real.is_finite()).map(|real| real as i64);
            text.parse().ok().or_else(|| of_real(text)).unwrap_or(default)
        }
        None => i64::try_from(value.clone()).unwrap_or(default),
    }
}
