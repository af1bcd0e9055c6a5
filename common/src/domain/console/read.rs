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
    let manifest = manifest(&At::root(&rendered, &faults));
    let Manifest { app, giturl, procs, use_services: _, use_resources: _, ignored: _ } =
        faults.none_or(manifest)?;
    let procs = procs.into_iter().map(|proc| template::as_written(tree, proc)).collect();
    Ok(ResourceManifest { app, giturl, procs, yaml: text.to_owned() })
}

/// The file as an app's, whatever its `apptype`.
fn manifest(at: &At<'_>) -> Option<Manifest> {
    let app = at.required("appname").and_then(|at| app_name(&at));
    at.required("build");
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
    let procs = procs.into_iter().map(|(_, proc)| proc).collect();
    Some(Manifest { app: app?, giturl, use_services, use_resources, procs, ignored: at.ignored() })
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
