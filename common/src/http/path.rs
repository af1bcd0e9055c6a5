//! Paths in one spelling before anything looks at them (kirk-spec 1.1).

use super::console::BASE;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stands for itself in a path segment (RFC 3986, unreserved).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where no route leads, and where none of the console's does.
const NOWHERE: &str = "//";
const NOWHERE_OF_THE_CONSOLE: &str = "/api/v1//";

/// The console's base itself, which is no path of it.
const CONSOLE: &str = "/api/v1";
/// The console's paths without `api`; one path below it is the other dialect's.
const CONSOLE_ALIAS: &str = "/v1/";
const NOT_THE_CONSOLES: &str = "/v1/regions";
/// What follows this of a path counts for nothing (lain-spec 1.1).
const PREFIX_MATCH: &str = "/api/v1/usedstreamrouterports";

/// Decodes each segment once and writes it in the one way; drops one trailing `/`, and the query where no route reads it:
/// outside the console. Bytes that are no UTF-8 become U+FFFD, which no name has. A path with an empty segment inside
/// leads nowhere, although the router would take it for a parameter.
pub(super) fn normalize(uri: &Uri) -> Uri {
    let path = uri.path();
    let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
    let leads_nowhere = path.split('/').skip(1).any(str::is_empty);
    let mut normal = String::with_capacity(path.len());
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            normal.push('/');
        }
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        normal.extend(utf8_percent_encode(&decoded, ENCODED));
    }
    if normal.starts_with(CONSOLE_ALIAS) && normal.trim_end_matches('/') != NOT_THE_CONSOLES {
        normal.insert_str(0, "/api");
    }
    if normal.starts_with(PREFIX_MATCH) {
        normal.truncate(PREFIX_MATCH.len());
    } else if normal == CONSOLE || leads_nowhere && normal.starts_with(BASE) {
        NOWHERE_OF_THE_CONSOLE.clone_into(&mut normal);
    } else if leads_nowhere {
        NOWHERE.clone_into(&mut normal);
    }
    if let Some(query) = uri.query().filter(|_| normal.starts_with(BASE)) {
        normal.push('?');
        normal.push_str(query);
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
            ("/v1/apps/", "/api/v1/apps"),
            ("/v1/regions", "/v1/regions"),
            ("/v1/regions//", NOWHERE),
            ("/v1/apps//", NOWHERE_OF_THE_CONSOLE),
            ("/api/v1//apps", NOWHERE_OF_THE_CONSOLE),
            ("/%61pi/v1//apps", NOWHERE_OF_THE_CONSOLE),
            ("/api/v1/", NOWHERE_OF_THE_CONSOLE),
            ("/v1/", "/v1"),
            ("/api/v1/usedstreamrouterports/x", "/api/v1/usedstreamrouterports"),
            ("/v1/usedstreamrouterports//x/", "/api/v1/usedstreamrouterports"),
        ] {
            assert_eq!(normalize(&path.parse().unwrap()).path(), expected, "{path}");
        }
    }

    #[test]
    fn the_console_reads_the_query() {
        let normal = |uri: &str| normalize(&uri.parse().unwrap()).to_string();
        assert_eq!(normal("/v1/apps/?apptype=app"), "/api/v1/apps?apptype=app");
        assert_eq!(normal("/regions/xq/v1/projects?a=b"), "/regions/xq/v1/projects");
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
