//! Who may name what: the one direction inside `common`, and the crates that have one home each.

use proc_macro2::{Delimiter, TokenTree};

use super::source::{each_run, group, ident, identifiers, is, rust_files, tokens};

/// What a module of `common` may name besides itself, from the inside out.
const DIRECTION: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("clock", &[]),
    ("aws", &["domain"]),
    ("outbound", &["domain"]),
    ("secrets", &["aws", "domain"]),
    ("sso", &["domain", "outbound"]),
    ("registry", &["clock", "domain", "outbound"]),
    ("store", &["aws", "domain"]),
    ("queue", &["aws", "domain"]),
    ("http", &["clock", "domain", "queue", "registry", "secrets", "sso", "store"]),
    ("runtime", &["aws", "domain", "http", "outbound", "queue", "registry", "secrets", "sso", "store"]),
];

/// Crates, or the beginnings of their names up to a `_`, and where alone they may be named.
const HOMES: [(&str, &[&str]); 13] = [
    (
        "reqwest",
        &[
            "common/src/outbound.rs",
            "common/src/registry",
            "common/src/sso",
            "functions/webhooks",
            "infra/local",
            "tests",
        ],
    ),
    ("saphyr_parser", &["common/src/domain/console/yaml", "tests"]),
    ("minijinja", &["common/src/domain/console/read"]),
    ("lambda_", &["common/src/runtime"]),
    ("aws_lambda_events", &["common/src/runtime"]),
    ("aws_sdk_dynamodb", &["common/src/store", "common/src/aws.rs", "infra/local/src/backends", "tests"]),
    ("aws_sdk_secretsmanager", &["common/src/secrets", "tests"]),
    ("aws_sdk_sqs", &["common/src/queue", "infra/local/src/backends", "tests"]),
    ("kube", &["functions/worker", "infra/local", "tests"]),
    ("k8s_openapi", &["functions/worker", "infra/local", "tests"]),
    ("dynoxide", &["infra/local/src/backends"]),
    ("rustack_", &["infra/local/src/backends", "tests"]),
    (
        "axum",
        &[
            "common/src/http",
            "common/src/runtime",
            "functions/apps",
            "functions/microservices",
            "functions/notify",
            "functions/procs",
            "functions/projects",
            "functions/repos",
            "functions/resources",
            "functions/resourcespecs",
            "functions/revisions",
            "infra/local",
            "tests",
        ],
    ),
];

/// What pure code has no use for, in the same notation.
const IMPURE: [&str; 10] =
    ["aws_", "axum", "tokio", "tower", "lambda_", "hyper", "kube", "reqwest", "SystemTime", "Instant"];

#[test]
fn modules_of_common_name_only_what_lies_further_in() {
    let mut wrong = Vec::new();
    for file in rust_files().into_iter().filter(|file| file.path.starts_with("common/src/")) {
        let module = module(&file.path);
        if module.is_empty() {
            continue;
        }
        let row = DIRECTION.iter().find(|(name, _)| *name == module[0]);
        let (_, may_name) = row.unwrap_or_else(|| panic!("add the module of {} to DIRECTION", file.path));
        let named = modules_named(&file.text, module.len());
        let is_wrong = |name: &String| *name != module[0] && !may_name.contains(&name.as_str());
        wrong.extend(named.into_iter().filter(is_wrong).map(|name| format!("{} names {name}", file.path)));
    }
    assert!(wrong.is_empty(), "against the direction of imports:\n{}", wrong.join("\n"));
}

#[test]
fn the_domain_is_pure() {
    let domain = || rust_files().into_iter().filter(|file| file.path.starts_with("common/src/domain"));
    let environment: Vec<_> =
        domain().filter(|file| file.text.contains("std::env")).map(|file| file.path).collect();
    assert!(environment.is_empty(), "{environment:?}");
    let wrong = named_among(domain().map(|file| (file.path, file.text)), &IMPURE);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_foreign_crate_is_named_at_home_only() {
    let mut wrong = Vec::new();
    for (name, homes) in HOMES {
        let abroad =
            rust_files().into_iter().filter(|file| !homes.iter().any(|home| is_in(&file.path, home)));
        wrong.extend(named_among(abroad.map(|file| (file.path, file.text)), &[name]));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_planted_name_is_found() {
    for planted in [
        "use crate::store;",
        "use crate::store::Store as S;",
        "use crate::{clock, store};",
        "use crate::{clock, store::{Store, Target}};",
        "use {std::fmt, crate::store::Store};",
        "use super::super::store::Store;",
        "use super::super::{clock, store};",
        "fn f() { let x = vec![crate::store::Store::new()]; }",
        "mod tests { use super::super::super::store; }",
        "pub(in crate::store) fn f() {}",
    ] {
        assert!(modules_named(planted, 2).contains(&"store".to_owned()), "{planted}");
    }
    for innocent in [
        "// use crate::store;",
        "/// See [`crate::store`].\nfn f() {}",
        "const TEXT: &str = \"use crate::store;\";",
        "pub(crate) fn store() {}",
        "use crate::domain::store;",
        "use super::store;",
        "mod tests { use super::super::item::store; }",
    ] {
        assert!(!modules_named(innocent, 2).contains(&"store".to_owned()), "{innocent}");
    }
    let named = |text: &str| named_among([("f.rs".to_owned(), text.to_owned())].into_iter(), &IMPURE);
    for planted in
        ["use std::time::SystemTime;", "use {std::fmt, axum::Router};", "fn f() { tokio::time::pause() }"]
    {
        assert_eq!(named(planted).len(), 1, "{planted}");
    }
    assert!(named("// axum\nconst TEXT: &str = \"tokio\"; fn environment(kube_like: u8) {}").is_empty());
}

/// The path of modules that a file of `common` is: none for the crate's root.
fn module(path: &str) -> Vec<String> {
    let path = path.strip_prefix("common/src/").unwrap();
    let segments = path.trim_end_matches(".rs").split('/').map(str::to_owned);
    segments.filter(|segment| segment != "lib").collect()
}

/// The modules of the crate's root that a file at this depth names. An inline module is one deeper: there a
/// `super` too few reaches a module that has no name of these.
fn modules_named(text: &str, depth: usize) -> Vec<String> {
    let mut found = Vec::new();
    each_run(tokens(text), &mut |run| {
        for index in 0..run.len() {
            let start = if is(run.get(index), "crate") {
                index + 1
            } else if is(run.get(index), "super") && !(index > 2 && is(run.get(index - 3), "super")) {
                match after_supers(&run[index..], depth) {
                    Some(length) => index + length,
                    None => continue,
                }
            } else {
                continue;
            };
            if is(run.get(start), ":") {
                found.extend(run.get(start + 2).map(first_names).unwrap_or_default());
            }
        }
    });
    found
}

/// How many tokens a chain of `super` takes if it is long enough to reach the crate's root.
fn after_supers(run: &[TokenTree], depth: usize) -> Option<usize> {
    let supers = run.iter().step_by(3).take_while(|token| is(Some(token), "super")).count();
    (supers >= depth).then(|| 3 * supers - 2)
}

/// The first name of a path, or of each path in braces.
fn first_names(token: &TokenTree) -> Vec<String> {
    if let Some(name) = ident(token) {
        return vec![name.to_string()];
    }
    let Some(paths) = group(token, Delimiter::Brace) else { return Vec::new() };
    let paths: Vec<TokenTree> = paths.stream().into_iter().collect();
    let paths = paths.split(|token| is(Some(token), ","));
    paths.filter_map(|path| path.first()).filter_map(ident).map(ToString::to_string).collect()
}

/// Which files have identifiers that are, or begin like, one of these.
fn named_among(files: impl Iterator<Item = (String, String)>, wanted: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files {
        let mut names = identifiers(&text);
        names.sort();
        names.dedup();
        names.retain(|name| {
            wanted.iter().any(|wanted| name == wanted || wanted.ends_with('_') && name.starts_with(wanted))
        });
        found.extend(names.into_iter().map(|name| format!("{path} names {name}")));
    }
    found
}

/// Whether a file is this one, or lies in the folder or module of this name.
fn is_in(path: &str, home: &str) -> bool {
    path == home || path.strip_prefix(home).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}
