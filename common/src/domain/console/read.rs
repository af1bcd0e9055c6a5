//! A `lain.yaml`, read: every member of lain-spec 2.4 is taken over, or refused with its line.
//!
//! What LAIN does not know is passed over, as LAIN does; but it is told, since it is mostly a slip.

mod health;
mod path;
mod placement;
mod port;
mod proc;
mod section;
mod template;
mod unique;
mod uses;
mod volume;
mod web;

use super::manifest::{LainYaml, Manifest, ResourceManifest};
use super::name::AppName;
use super::yaml::{At, Faults, Node, parse};
use crate::domain::{Error, FieldError, Result};

/// What the top level may hold besides the sections of procs.
const TOP: [&str; 9] =
    ["appname", "build", "giturl", "apptype", "release", "test", "notify", "use_services", "use_resources"];

/// What the builder knows of `build`, which each file has.
const BUILD: [&str; 5] = ["base", "script", "prepare", "build_arg", "volumes"];

/// What is recorded of all objects of an app's procs has to fit into one item of the table.
const PROCS_MAX: usize = 200;

impl LainYaml {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all that is wrong, each fault with its member and line.
    pub fn parse(text: &str) -> Result<Self> {
        let tree = tree(text)?;
        if template::is_resource(&tree) {
            return resource(text, &tree).map(Self::Resource);
        }
        let faults = Faults::default();
        let manifest = manifest(&At::root(&tree, &faults));
        faults.none_or(manifest).map(Self::App)
    }
}

fn tree(text: &str) -> Result<Node> {
    parse(text).map_err(|(line, reason)| {
        Error::Invalid(vec![FieldError { field: format!("lain.yaml (line {line})"), reason }])
    })
}

fn resource(text: &str, tree: &Node) -> Result<ResourceManifest> {
    let rendered = template::with_defaults(tree)?;
    let faults = Faults::awaiting_parameters();
    let root = At::root(&rendered, &faults);
    // Looked at as written: of what is rendered no fault would be noted before there are parameters.
    if let Some(name) = At::root(tree, &faults).member("appname")
        && name.text().is_some_and(template::is_template)
    {
        name.fault::<()>("must not be a template");
    }
    let resource = placed(&root).map(|(manifest, places)| {
        let Manifest { app, giturl, procs, use_services: _, use_resources: _, ignored } = manifest;
        let procs = procs.into_iter().zip(&places).map(|(proc, at)| template::as_written(at, proc));
        ResourceManifest { app, giturl, procs: procs.collect(), yaml: text.to_owned(), ignored }
    });
    faults.none_or(resource)
}

/// The file as an app's, whatever its `apptype`.
fn manifest(at: &At<'_>) -> Option<Manifest> {
    placed(at).map(|(manifest, _)| manifest)
}

/// The file as an app's, and the sections of its procs.
fn placed<'a>(at: &At<'a>) -> Option<(Manifest, Vec<At<'a>>)> {
    let app = at.required("appname").and_then(|at| app_name(&at));
    pass_over(at);
    if let Some(apptype) = at.member("apptype")
        && !matches!(apptype.text()?, "app" | "resource")
    {
        apptype.fault::<()>("must be app or resource");
    }
    let giturl = at.member("giturl").and_then(|at| at.text()).map(giturl);
    let use_services = at.member("use_services").map(|at| uses::services(&at)).unwrap_or_default();
    let use_resources = at.member("use_resources").map(|at| uses::resources(&at)).unwrap_or_default();
    let mut procs = Vec::new();
    for (key, at) in at.members()? {
        if !TOP.contains(&key) {
            procs.extend(section::procs(key, &at));
        }
    }
    if procs.len() > PROCS_MAX {
        at.fault::<()>(format!("must have at most {PROCS_MAX} procs"));
    }
    unique::check(&procs);
    let (places, procs) = procs.into_iter().unzip();
    let manifest = Manifest { app: app?, giturl, use_services, use_resources, procs, ignored: at.ignored() };
    Some((manifest, places))
}

/// What is there for the builder only, whose work is done; the rest of it is told.
fn pass_over(at: &At<'_>) {
    if let Some(build) = at.required("build").filter(At::is_map) {
        build.ignore_others(&BUILD);
    }
    // Every file has what is for the builder: `release` and `test` need no word.
    if let Some(at) = at.member("notify") {
        at.ignore_since("notifiers are registered");
    }
}

fn app_name(at: &At<'_>) -> Option<AppName> {
    uses::plain(at.text()?).map_or_else(|rule| at.fault(rule), Some)
}

/// Without `.git` at its end, with a scheme at its start.
fn giturl(text: &str) -> String {
    let text = text.trim();
    let text = text.strip_suffix(".git").unwrap_or(text);
    if text.contains("://") { text.to_owned() } else { format!("http://{text}") }
}

#[cfg(test)]
mod tests;
