//! Paths, in the one spelling that POSIX's `normpath` gives them.

use crate::domain::console::yaml::At;

/// Where an app lies in its image, and what relative paths are below.
const APP: &str = "/lain/app";
/// What would hide the app.
const FORBIDDEN: [&str; 3] = ["/", "/lain", APP];
const BYTES_MAX: usize = 1024;

/// A path in the container: what is relative is below `/lain/app`.
pub(super) fn absolute(at: &At<'_>, text: &str) -> Option<String> {
    let path = match text.strip_prefix('/') {
        Some(below) => format!("/{}", normal(below, Above::Stays)?),
        None => match normal(text, Above::Leaves).as_deref() {
            Some("") => APP.to_owned(),
            Some(below) => format!("{APP}/{below}"),
            None => return at.fault(format!("must not lead out of {APP}")),
        },
    };
    if FORBIDDEN.contains(&path.as_str()) {
        return at.fault("must not be /, /lain or /lain/app");
    }
    if path.contains(|char: char| char == ':' || char.is_control()) {
        return at.fault("must be a path without ':' and control characters");
    }
    if path.len() > BYTES_MAX { at.fault(format!("must be at most {BYTES_MAX} bytes")) } else { Some(path) }
}

/// A file below a directory, relative to it.
pub(super) fn relative(at: &At<'_>, directory: &str) -> Option<String> {
    let text = at.text()?;
    let path = if text.starts_with('/') { None } else { normal(text, Above::Leaves) };
    path.filter(|path| !path.is_empty())
        .or_else(|| at.fault(format!("must be a file below {directory}, without its path")))
}

/// What `..` does in the uppermost directory.
#[derive(Clone, Copy)]
enum Above {
    Stays,
    Leaves,
}

/// Without `.`, `..` and spare `/`; none if it leaves the directory that it starts in.
fn normal(text: &str, above: Above) -> Option<String> {
    let mut parts = Vec::new();
    for part in text.split('/') {
        match (part, above) {
            ("" | ".", _) => {}
            ("..", Above::Stays) => drop(parts.pop()),
            ("..", Above::Leaves) => drop(parts.pop()?),
            (part, _) => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_spelling_and_stays_where_it_starts() {
        for (text, absolute, relative) in [
            ("a/./b//c/", Some("a/b/c"), Some("a/b/c")),
            ("a/../b", Some("b"), Some("b")),
            ("../a", Some("a"), None),
            ("a/../../b", Some("b"), None),
            ("..", Some(""), None),
            ("a/..", Some(""), Some("")),
            ("", Some(""), Some("")),
            ("...", Some("..."), Some("...")),
        ] {
            assert_eq!(normal(text, Above::Stays).as_deref(), absolute, "/{text}");
            assert_eq!(normal(text, Above::Leaves).as_deref(), relative, "{text}");
        }
    }
}
