//! The workspace's own files, and Rust files as tokens: comments and literals name nothing.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// The folder of the workspace.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace")
}

/// A file of the workspace.
pub(super) struct File {
    /// Its path from the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// The text files below a folder of the workspace, in the order of their paths.
pub(super) fn files(below: &str) -> Vec<File> {
    let mut found = Vec::new();
    walk(&root().join(below), &mut found);
    found.sort();
    let relative = |path: &Path| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    found.iter().map(|path| File { path: relative(path), text: fs::read_to_string(path).unwrap() }).collect()
}

/// The Rust files of the workspace.
pub(super) fn rust_files() -> Vec<File> {
    let mut files = files("");
    files.retain(|file| has_extension(&file.path, "rs"));
    assert!(files.len() > 100, "the walk has found only {} files", files.len());
    files
}

pub(super) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// Hidden folders and those of builds hold nothing of ours.
fn walk(path: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with('.') || name == "target" || name == "node_modules" {
            continue;
        }
        if path.is_dir() {
            walk(&path, found);
        } else if fs::read(&path).is_ok_and(|bytes| std::str::from_utf8(&bytes).is_ok()) {
            found.push(path);
        }
    }
}

/// A Rust file's tokens.
#[track_caller]
pub(super) fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

/// Calls `visit` with each run of tokens: the file's, and the inside of every group.
pub(super) fn each_run(tokens: TokenStream, visit: &mut impl FnMut(&[TokenTree])) {
    let run: Vec<TokenTree> = tokens.into_iter().collect();
    visit(&run);
    for token in run {
        if let TokenTree::Group(group) = token {
            each_run(group.stream(), visit);
        }
    }
}

/// All identifiers of a file.
pub(super) fn identifiers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    each_run(tokens(text), &mut |run| found.extend(run.iter().filter_map(ident).map(Ident::to_string)));
    found
}

pub(super) fn ident(token: &TokenTree) -> Option<&Ident> {
    if let TokenTree::Ident(ident) = token { Some(ident) } else { None }
}

pub(super) fn group(token: &TokenTree, delimiter: Delimiter) -> Option<&Group> {
    if let TokenTree::Group(group) = token {
        Some(group).filter(|group| group.delimiter() == delimiter)
    } else {
        None
    }
}

/// Whether a token is this punctuation or this identifier.
pub(super) fn is(token: Option<&TokenTree>, text: &str) -> bool {
    token.is_some_and(|token| group_free(token) && token.to_string() == text)
}

fn group_free(token: &TokenTree) -> bool {
    !matches!(token, TokenTree::Group(_))
}
