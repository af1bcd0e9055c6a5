//! What a cluster has of a subject, on record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the cluster has of a subject, as far as the worker made it so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The newest generation that it has; 0 for none. Kept beside the rest, for conditions on it.
    #[serde(skip)]
    pub generation: u64,
    /// `metadata.generation` of the workload object after the last apply: an older observation is out of date.
    pub object_generation: i64,
    /// The same after the last apply that changed the pod template.
    pub template_object_generation: i64,
    /// The objects applied, by `<kind>/<name>`.
    pub objects: BTreeMap<String, AppliedObject>,
    /// Why the newest generation is not there, if it is known.
    pub failure: Option<Failure>,
}

/// One object as last applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedObject {
    /// `metadata.uid`: the precondition of every further change.
    pub uid: String,
    /// Hash of what was rendered: an equal one need not be sent.
    pub hash: String,
    /// Hash of its pod template; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub template_hash: String,
}

/// Why a generation could not be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which one.
    pub generation: u64,
    /// One word, like `NameConflict`.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
}

/// The reason of a failure where an object of the wanted name belongs to somebody else.
pub const NAME_CONFLICT: &str = "NameConflict";
