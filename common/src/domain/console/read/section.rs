//! The sections of procs: what their keys say (lain-spec 2.4).

use super::proc;
use crate::domain::console::manifest::{Proc, ProcKind};
use crate::domain::console::yaml::At;

/// What a section's key names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Web,
    Worker,
    Oneshot,
    Portal,
}

impl Sort {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "web" => Some(Self::Web),
            "worker" => Some(Self::Worker),
            "oneshot" => Some(Self::Oneshot),
            "portal" => Some(Self::Portal),
            _ => None,
        }
    }
}

/// The procs of a section, each with its place: one, or two for a service with its portal. None where something is wrong.
pub(super) fn procs<'a>(key: &str, at: &At<'a>) -> Vec<(At<'a>, Proc)> {
    sections(key, at).unwrap_or_default()
}

fn sections<'a>(key: &str, at: &At<'a>) -> Option<Vec<(At<'a>, Proc)>> {
    let (word, name) = key.split_once('.').unwrap_or((key, key));
    let name_is_given = key.contains('.');
    match (word, Sort::parse(word)) {
        (_, Some(Sort::Portal)) if !name_is_given => at.fault("must be portal.<name>"),
        (word, Some(sort)) => {
            pass_over(at, Some(word));
            one(at, name, sort)
        }
        ("proc", None) if name_is_given => {
            let sort = match at.member("type") {
                None => Some(Sort::Worker),
                Some(kind) => match Sort::parse(kind.text()?) {
                    Some(sort) => Some(sort),
                    None => kind.fault("must be web, worker, oneshot or portal"),
                },
            };
            pass_over(at, None);
            one(at, name, sort?)
        }
        ("service", None) if name_is_given => service(at, name),
        _ => {
            at.ignore();
            Some(Vec::new())
        }
    }
}

fn one<'a>(at: &At<'a>, name: &str, sort: Sort) -> Option<Vec<(At<'a>, Proc)>> {
    let kind = match sort {
        Sort::Web => ProcKind::Web,
        Sort::Worker => ProcKind::Worker,
        Sort::Oneshot => ProcKind::Oneshot,
        Sort::Portal => portal(at, None)?,
    };
    proc::proc(at, name, kind).map(|proc| vec![(at.clone(), proc)])
}

/// `service.<name>` stands for `proc.<name>` and the portal `portal-<name>`.
fn service<'a>(at: &At<'a>, name: &str) -> Option<Vec<(At<'a>, Proc)>> {
    let sort = match at.member("type") {
        None => Sort::Worker,
        Some(kind) => match Sort::parse(kind.text()?).filter(|sort| *sort != Sort::Portal) {
            Some(sort) => sort,
            None => return kind.fault("must be web, worker or oneshot"),
        },
    };
    let own = one(at, name, sort);
    let nested = at.required("portal")?;
    pass_over(&nested, Some("portal"));
    let kind = portal(&nested, Some(name))?;
    let portal = proc::proc(&nested, &format!("portal-{name}"), kind);
    let mut procs = own?;
    procs.push((nested, portal?));
    Some(procs)
}

/// Tells of a type other than the key's word, which wins, and of a portal: this is no service.
fn pass_over(at: &At<'_>, word: Option<&str>) {
    if let (Some(word), Some(kind)) = (word, at.member("type"))
        && at.written("type") != Some(word)
    {
        kind.ignore_since("the section's key says it");
    }
    if let Some(portal) = at.member("portal") {
        portal.ignore_since("only services have it");
    }
}

fn portal(at: &At<'_>, service: Option<&str>) -> Option<ProcKind> {
    let text = |name: &str| at.member(name).map(|at| at.text().map(str::to_owned));
    let service_name = match (at.member("service_name"), service) {
        (given, Some(service)) => {
            if let Some(given) = given {
                given.ignore_since("it is the name of the service");
            }
            Some(service.to_owned())
        }
        (_, None) => at.required("service_name").and_then(|at| service_name(&at)),
    };
    let allow_clients = text("allow_clients").unwrap_or_else(|| Some("**".to_owned()));
    Some(ProcKind::Portal { service_name: service_name?, allow_clients: allow_clients? })
}

/// It is a host name in the clients' namespaces.
fn service_name(at: &At<'_>) -> Option<String> {
    let text = at.text()?;
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=63).contains(&text.len()) && text.bytes().all(is_good) {
        return Some(text.to_owned());
    }
    at.fault("must be 1 to 63 letters, digits, '-', '_' or '.'")
}
