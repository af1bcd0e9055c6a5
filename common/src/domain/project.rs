//! Projects: a tenant's part of a region, and a namespace of its cluster.

use jiff::Timestamp;

use super::name::ProjectName;

/// A project as registered (kirk-spec 6.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Also the namespace's name.
    pub name: ProjectName,
    /// When it was first asked for.
    pub created: Timestamp,
    /// How many apps it holds, those being deleted included.
    pub apps: u32,
}

/// Apps per project (kirk-spec §9).
pub const APPS_MAX: u32 = 100;
