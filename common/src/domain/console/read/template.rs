//! Resources: files whose scalars are templates, and the apps that are made of them (lain-spec 3.6).

use std::collections::BTreeMap;

use minijinja::value::{Rest, ValueKind};
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value as Jinja, escape_formatter};

use super::{manifest, tree};
use crate::domain::console::manifest::{Manifest, Param, Proc, ProcTemplate, ResourceManifest};
use crate::domain::console::name::AppName;
use crate::domain::console::yaml::{At, Faults, Node, Template, Value};
use crate::domain::{Error, FieldError, Result};

/// Steps that one template may take, bytes that it writes among them: the engine fills up for each.
const FUEL: u64 = 2_000;
/// How many templates a file may have.
const TEMPLATES_MAX: usize = 1_000;
/// What the engine knows by itself.
const FUNCTIONS: [&str; 3] = ["range", "dict", "namespace"];
/// The largest text that a template may become.
const BYTES_MAX: usize = 16 * 1024;

/// Whether a file is a resource's.
pub(super) fn is_resource(tree: &Node) -> bool {
    let faults = Faults::default();
    let apptype = At::root(tree, &faults).member("apptype");
    apptype.is_some_and(|at| at.text() == Some("resource"))
}

/// The file as rendered with no parameters: what comes to nothing without them counts as left out.
pub(super) fn with_defaults(tree: &Node) -> Result<Node> {
    render(tree, &BTreeMap::new(), Purpose::Defaults)
}

/// A proc as its section has it, where it says more than a number or an amount.
pub(super) fn as_written(section: &At<'_>, proc: Proc) -> ProcTemplate {
    let instances = section.written("num_instances").filter(|text| is_template(text)).map(str::to_owned);
    let memory = section.written("memory").map_or_else(|| proc.memory.text.clone(), str::to_owned);
    ProcTemplate { proc, instances, memory }
}

impl ResourceManifest {
    /// The app that this becomes for a client with these parameters.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a template cannot be rendered, or what comes out is no good app.
    pub fn instance(&self, client: &AppName, params: &BTreeMap<String, Param>) -> Result<Manifest> {
        let rendered = render(&tree(&self.yaml)?, params, Purpose::Instance)?;
        let faults = Faults::default();
        let manifest = manifest(&At::root(&rendered, &faults));
        let manifest = faults.none_or(manifest)?;
        let app = self.app.instance_for(client).map_err(|rule| Error::invalid("appname", rule))?;
        Ok(Manifest { app, ..manifest })
    }
}

/// What a file is rendered for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To see whether it is good but for what clients are to give.
    Defaults,
    /// To run.
    Instance,
}

pub(super) fn is_template(text: &str) -> bool {
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

/// The tree with each scalar value rendered, keys as they are. As in LAIN, what reads as a number then is one, quoted or not.
fn render(tree: &Node, params: &BTreeMap<String, Param>, purpose: Purpose) -> Result<Node> {
    if templates(tree) > TEMPLATES_MAX {
        return Err(Error::invalid(
            "lain.yaml (line 1)",
            format!("must have at most {TEMPLATES_MAX} templates"),
        ));
    }
    let mut jinja = Environment::new();
    jinja.set_fuel(Some(FUEL));
    jinja.set_undefined_behavior(UndefinedBehavior::Lenient);
    jinja.add_filter("int", int);
    jinja.set_formatter(|output, state, value| match bool::try_from(value.clone()) {
        // As Python writes it.
        Ok(bool) if value.kind() == ValueKind::Bool => {
            Ok(output.write_str(if bool { "True" } else { "False" })?)
        }
        Ok(_) | Err(_) => escape_formatter(output, state, value),
    });
    let value = |param: &Param| match param {
        Param::Boolean(bool) => Jinja::from(*bool),
        Param::Integer(number) => Jinja::from(*number),
        Param::Text(text) => Jinja::from(text.as_str()),
    };
    let context =
        params.iter().map(|(name, param)| (name.as_str(), value(param))).collect::<BTreeMap<_, _>>();
    let mut renderer = Renderer { jinja, params, context: Jinja::from(context), purpose, faults: Vec::new() };
    let rendered = renderer.node("", tree);
    if renderer.faults.is_empty() { Ok(rendered) } else { Err(Error::Invalid(renderer.faults)) }
}

struct Renderer<'a> {
    jinja: Environment<'a>,
    params: &'a BTreeMap<String, Param>,
    context: Jinja,
    purpose: Purpose,
    /// In the order of the file.
    faults: Vec<FieldError>,
}

impl Renderer<'_> {
    /// The value at this path, rendered.
    fn node(&mut self, path: &str, tree: &Node) -> Node {
        let value = match &tree.value {
            Value::Scalar { text, .. } if is_template(text) => return self.template(path, tree.line, text),
            Value::Scalar { text, .. } => Value::Scalar { text: text.clone(), quoted: false },
            Value::Null => Value::Null,
            Value::List(items) => {
                let item = |(index, item)| self.node(&format!("{path}[{index}]"), item);
                Value::List(items.iter().enumerate().map(item).collect())
            }
            Value::Map(members) => {
                let dot = if path.is_empty() { "" } else { "." };
                let member = |(key, value): &(String, Node)| {
                    (key.clone(), self.node(&format!("{path}{dot}{key}"), value))
                };
                Value::Map(members.iter().map(member).collect())
            }
        };
        Node::new(tree.line, value)
    }

    fn template(&mut self, path: &str, line: usize, source: &str) -> Node {
        let (needs, rendered) = match self.jinja.template_from_str(source) {
            Ok(template) => {
                let mut needs: Vec<_> = template.undeclared_variables(false).into_iter().collect();
                needs.retain(|name| !self.params.contains_key(name) && !FUNCTIONS.contains(&name.as_str()));
                needs.sort_unstable();
                (needs, template.render(self.context.clone()))
            }
            Err(error) => (Vec::new(), Err(error)),
        };
        let mut template = Template { source: source.to_owned(), needs, is_broken: false };
        let value = match rendered {
            Ok(text) if text.len() > BYTES_MAX => {
                self.fault(path, line, format!("has a template that becomes more than {BYTES_MAX} bytes"));
                Value::Null
            }
            Ok(text) if text.trim().is_empty() && self.purpose == Purpose::Defaults => Value::Null,
            Ok(text) => Value::Scalar { text, quoted: false },
            // It may be good with what a client gives.
            Err(error) if !is_of_values(&error) || template.needs.is_empty() => {
                self.fault(path, line, format!("has a template that cannot be rendered: {error}"));
                Value::Null
            }
            Err(_) if self.purpose == Purpose::Defaults => {
                template.is_broken = true;
                Value::Null
            }
            Err(error) => {
                let wish = template.wish();
                self.fault(path, line, format!("has a template that cannot be rendered: {error}; {wish}"));
                Value::Null
            }
        };
        Node { line, value, template: Some(Box::new(template)) }
    }

    fn fault(&mut self, path: &str, line: usize, reason: String) {
        self.faults.push(FieldError { field: format!("{path} (line {line})"), reason });
    }
}

/// Whether other values would have been rendered.
fn is_of_values(error: &minijinja::Error) -> bool {
    [ErrorKind::InvalidOperation, ErrorKind::UndefinedError].contains(&error.kind())
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
