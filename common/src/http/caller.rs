//! Who calls, and what that gives the right to.

use axum::http::HeaderMap;

use super::open::OpenAccess;
use crate::domain::{Error, Result};

/// How callers are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Every caller is an admin, whatever token it sends: for a local stack on loopback.
    Open(OpenAccess),
    /// No caller is known: every request that needs one is refused.
    Closed,
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
    /// To change something in the project.
    Write,
    /// To run the installation.
    Administer,
}

impl Access {
    /// Whether such a route changes something.
    pub fn is_mutation(self) -> bool {
        match self {
            Self::Public | Self::SignedIn | Self::Read => false,
            Self::Write | Self::Administer => true,
        }
    }
}

/// A known caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    name: String,
}

impl Caller {
    /// The name in the records.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Auth {
    /// The caller that the headers name.
    pub(super) fn caller(&self, access: Access, headers: &HeaderMap) -> Result<Caller> {
        match self {
            Self::Open(open) => {
                open.check(access, headers)?;
                Ok(Caller { name: "admin".to_owned() })
            }
            Self::Closed => Err(Error::Unauthenticated),
        }
    }
}
