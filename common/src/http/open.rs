//! Open access: for a stack on one machine, where whoever reaches loopback is at home.
//!
//! A web page in a browser on the machine reaches loopback too, so requests must be addressed to us
//! (a page that rebinds its own name to loopback still says its name) and changes must not come from a page of others.
//! Pages of others may read the console's answers, as the contract has it (lain-spec 1.1): whoever keeps secrets in the
//! variables of apps has callers told apart.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName};

use super::caller::Access;
use crate::domain::{Error, Result};

/// What names we are reached by, besides those of loopback.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenAccess {
    hosts: Arc<[String]>,
}

impl OpenAccess {
    /// Open access under these names too.
    pub fn new(hosts: &[String]) -> Self {
        Self { hosts: hosts.iter().map(|host| host.to_ascii_lowercase()).collect() }
    }

    /// Refuses what is addressed to others, and changes that a page of others asks for.
    pub(super) fn check(&self, access: Access, headers: &HeaderMap) -> Result<()> {
        // A Host names no user: whoever sends one means somebody else to read it as a host.
        let host = text(headers, &HOST).filter(|host| !host.contains('@'));
        let host = host.and_then(|host| host.parse::<Authority>().ok());
        if !host.is_some_and(|host| self.is_ours(host.host())) {
            return Err(Error::AccessDenied(
                "the Host is not one of this machine's own: --allow-host adds a name",
            ));
        }
        if !access.is_mutation() || !headers.contains_key(ORIGIN) {
            return Ok(());
        }
        let origin = text(headers, &ORIGIN).and_then(|origin| origin.parse::<axum::http::Uri>().ok());
        match origin.as_ref().and_then(axum::http::Uri::host) {
            Some(host) if self.is_ours(host) => Ok(()),
            Some(_) | None => Err(Error::AccessDenied("pages of other origins may not change anything here")),
        }
    }

    fn is_ours(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host == "localhost"
            || address.is_ok_and(|address| address.is_loopback())
            || self.hosts.contains(&host)
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(access: Access, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        OpenAccess::new(&["Dev.Example".to_owned()]).check(access, &headers).is_ok()
    }

    #[test]
    fn only_requests_addressed_to_us_pass() {
        for host in
            ["localhost", "LOCALHOST:9000", "127.0.0.1:9000", "127.8.8.8", "[::1]:9000", "dev.example:80"]
        {
            assert!(check(Access::Write, host, None), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "10.0.0.1",
            "0.0.0.0",
            "[::]",
            "a@localhost",
            "evil.example@localhost:9000",
            "",
        ] {
            assert!(!check(Access::Read, host, None), "{host}");
        }
        assert!(OpenAccess::default().check(Access::Read, &HeaderMap::new()).is_err());
    }

    #[test]
    fn only_our_own_pages_may_change_things() {
        assert!(check(Access::Write, "localhost", Some("http://localhost:3000")));
        assert!(check(Access::Write, "localhost", Some("http://dev.example")));
        assert!(!check(Access::Write, "localhost", Some("https://evil.example")));
        assert!(!check(Access::Administer, "localhost", Some("null")));
        assert!(check(Access::Read, "localhost", Some("https://evil.example")));
    }
}
