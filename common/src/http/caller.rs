//! Who calls, and what that gives the right to.

use axum::http::HeaderMap;

use super::open::OpenAccess;
use crate::domain::{Error, Result};
#[cfg(feature = "console")]
use crate::sso::Sso;

/// How callers are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Every caller is an admin, whatever token it sends: for a local stack on loopback.
    Open(OpenAccess),
    /// No caller is known: every request that needs one is refused.
    Closed,
    /// Callers of the console are told apart by a LAIN SSO; nobody is known to the other dialect.
    #[cfg(feature = "console")]
    LainSso(Sso),
}

/// What a route asks of its caller. Each route has exactly one row of this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing, not even a token.
    Public,
    /// A valid token.
    SignedIn,
    /// To read in the project.
    Read,
    /// To change something in the project, or of the app.
    Write,
    /// To change what runs of a console app.
    Deploy,
    /// To run the installation.
    Administer,
}

impl Access {
    /// Whether such a route changes something.
    pub fn is_mutation(self) -> bool {
        match self {
            Self::Public | Self::SignedIn | Self::Read => false,
            Self::Write | Self::Deploy | Self::Administer => true,
        }
    }
}

/// A known caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    name: String,
    groups: Groups,
}

/// What a caller belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Groups {
    /// Everything.
    All,
    /// Groups of the SSO.
    #[cfg_attr(not(feature = "console"), expect(dead_code, reason = "nobody is known there"))]
    Of(Vec<String>),
}

impl Caller {
    /// The name in the records.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the caller belongs to a group of the SSO.
    pub fn is_in(&self, group: &str) -> bool {
        match &self.groups {
            Groups::All => true,
            Groups::Of(groups) => groups.iter().any(|each| each == group),
        }
    }
}

/// Which of the two dialects a request speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Console,
    Microservice,
}

impl Auth {
    /// Whether callers are told apart, as LAIN's clients ask.
    pub fn tells_callers_apart(&self) -> bool {
        !matches!(self, Self::Open(_))
    }

    /// The caller that the headers name.
    #[cfg_attr(not(feature = "console"), expect(clippy::unused_async, reason = "only the SSO is waited for"))]
    pub(super) async fn caller(
        &self,
        dialect: Dialect,
        access: Access,
        headers: &HeaderMap,
    ) -> Result<Caller> {
        match self {
            Self::Open(open) => {
                open.check(access, headers)?;
                let name = match dialect {
                    // As LAIN calls them.
                    Dialect::Console => "unknown",
                    Dialect::Microservice => "admin",
                };
                Ok(Caller { name: name.to_owned(), groups: Groups::All })
            }
            Self::Closed => Err(Error::Unauthenticated),
            #[cfg(feature = "console")]
            Self::LainSso(sso) => match (dialect, token(headers)) {
                (Dialect::Console, Some(token)) => {
                    let user = match sso.me(token).await {
                        Err(error @ (Error::Unavailable { .. } | Error::Internal { .. })) => {
                            tracing::warn!(error = %error.chain(), "Could not ask the SSO who calls");
                            return Err(Error::Unauthenticated);
                        }
                        known => known?,
                    };
                    Ok(Caller { name: user.name, groups: Groups::Of(user.groups) })
                }
                (Dialect::Console, None) | (Dialect::Microservice, _) => Err(Error::Unauthenticated),
            },
        }
    }
}

/// What follows this scheme in the header `Authorization`; the scheme in any case (RFC 9110, 11.1).
#[cfg(feature = "console")]
pub fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let (found, credentials) = headers.get("authorization")?.to_str().ok()?.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then_some(credentials.trim())
}

/// The caller's token, under one of the names that clients give it.
#[cfg(feature = "console")]
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = || credentials(headers, "Bearer");
    let token = text("access-token").or_else(|| text("x-auth-token")).or_else(bearer)?.trim();
    (!token.is_empty()).then_some(token)
}
