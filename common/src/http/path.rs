//! Paths in one spelling before anything looks at them (kirk-spec 1.1).

use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stands for itself in a path segment (RFC 3986, unreserved).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where no route leads.
const NOWHERE: &str = "//";

/// Decodes each segment once and writes it in the one way; drops one trailing `/` and the query, which
/// no route reads. Bytes that are no UTF-8 become U+FFFD, which no name has. A path with an empty segment inside
/// leads nowhere, although the router would take it for a parameter.
pub(super) fn normalize(uri: &Uri) -> Uri {
    let path = uri.path();
    let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
    let path = if path.split('/').skip(1).any(str::is_empty) { NOWHERE } else { path };
    let mut normal = String::with_capacity(path.len());
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            normal.push('/');
        }
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        normal.extend(utf8_percent_encode(&decoded, ENCODED));
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(normal).ok();
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_spelling_of_a_path_becomes_one() {
        for (path, expected) in [
            ("/a/b", "/a/b"),
            ("/a/b/", "/a/b"),
            ("/a/b//", NOWHERE),
            ("/a//b", NOWHERE),
            ("//a", NOWHERE),
            ("/", NOWHERE),
            ("/a?x=1", "/a"),
            ("/%61/b", "/a/b"),
            ("/a%2Fb", "/a%2Fb"),
            ("/a%252Fb", "/a%252Fb"),
            ("/%205", "/%205"),
            ("/a/%ff", "/a/%EF%BF%BD"),
            ("/a/..", "/a/.."),
        ] {
            assert_eq!(normalize(&path.parse().unwrap()).path(), expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_normal_path_stays_as_it_is(path in "(/[-a-z0-9%~._ A-Z]{0,6}){1,6}") {
            prop_assume!(path.parse::<Uri>().is_ok());
            let once = normalize(&path.parse().unwrap());
            prop_assume!(!once.path().ends_with('/'));
            let twice = normalize(&once);
            prop_assert_eq!(twice.path(), once.path());
        }
    }
}
