//! Apps of the microservice API: a name that groups services.

use jiff::Timestamp;

use super::error::{Error, Result};
use super::name::{AppName, Uid};

/// An app as registered. It has no object in the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Unique in its project.
    pub name: AppName,
    /// Tells it from an earlier app of the same name.
    pub uid: Uid,
    /// When it was created.
    pub created: Timestamp,
    /// Who manages it.
    pub kind: AppKind,
    /// How many services it holds, those being deleted included.
    pub services: u32,
    /// Whether it only waits for the last of its services to go.
    pub deleting: bool,
}

/// Who manages an app (kirk-spec 3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppKind {
    /// This API.
    Kirk,
    /// Something else, by its own name: readable here, never changed here.
    Other(String),
}

impl AppKind {
    /// The word in the table.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Kirk => "kirk",
            Self::Other(kind) => kind,
        }
    }
}

impl From<String> for AppKind {
    fn from(kind: String) -> Self {
        if kind == "kirk" { Self::Kirk } else { Self::Other(kind) }
    }
}

impl App {
    /// Lets a mutation pass if the app is this API's to change.
    pub fn check_managed_here(&self) -> Result<()> {
        match self.kind {
            AppKind::Kirk => Ok(()),
            AppKind::Other(_) => Err(Error::OperationForbidden { app: self.name.to_string() }),
        }
    }
}

/// Services per app (kirk-spec §9).
pub const SERVICES_MAX: u32 = 50;
/// Services in one request that creates an app: what one transaction can hold (kirk-spec 6.6).
pub const NEW_SERVICES_MAX: usize = 32;
