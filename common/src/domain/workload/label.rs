//! Keys of labels and annotations that objects in a cluster carry (kirk-spec 6.1, lain-spec §6).

use crate::domain::digest::sha256_hex;

/// Who manages an object.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Us.
pub const SLIPWAY: &str = "slipway";
/// The project.
pub const PROJECT: &str = "slipway.dev/project";
/// The app.
pub const APP: &str = "slipway.dev/app";
/// The service of an app.
pub const SERVICE: &str = "slipway.dev/service";
/// The service's type.
pub const TYPE: &str = "slipway.dev/type";
/// The proc of a console app.
pub const PROC: &str = "slipway.dev/proc";
/// The proc's type.
pub const PROC_TYPE: &str = "slipway.dev/proc-type";
/// The version of a console app.
pub const META_VERSION: &str = "slipway.dev/meta-version";
/// The app for which a portal runs.
pub const CLIENT: &str = "slipway.dev/client";
/// The object that keeps the pods of a console app's proc.
pub const WORKLOAD: &str = "slipway.dev/workload";
/// Annotation: which life of a subject owns the object.
pub const UID: &str = "slipway.dev/uid";
/// Annotation of a service, label of a console app: the revision that the pods are made of.
pub const REVISION: &str = "slipway.dev/revision";
/// Annotation: the instances asked for, which a stop does not change.
pub const INSTANCE_NUMBER: &str = "slipway.dev/instance-number";
/// Annotation: the level of `cpu` of a console app's proc.
pub const CPU_LEVEL: &str = "slipway.dev/cpu-level";
/// Annotation: a console app's name as people know it.
pub const APP_NAME: &str = "slipway.dev/app-name";
/// Annotation: a proc's id as people know it.
pub const PODGROUP: &str = "slipway.dev/podgroup";
/// Annotation: what LAIN's routers, DNS and backup read of a proc, as JSON.
pub const LAIN: &str = "slipway.dev/lain";
/// Annotation of pods: the generation that last asked for new ones.
pub const ROLLED: &str = "slipway.dev/rolled";
/// Annotation of pods: the hash of their secret files.
pub const SECRET_HASH: &str = "slipway.dev/secret-hash";

/// Annotation of a Secret: the modes of its files by their keys as JSON, those that are not the ordinary one.
pub const FILE_MODES: &str = "slipway.dev/file-modes";

/// The key of a label that a `lain.yaml` gives to pods.
pub fn of_lain(key: &str) -> String {
    format!("lain.slipway.dev/{}", sanitized(key))
}

/// A text as a label's value or the last part of its key: at most 63 letters, digits, `-`, `_` and `.`, with a letter or
/// digit at both ends.
pub fn sanitized(text: &str) -> String {
    let good = |char: char| if char.is_ascii_alphanumeric() || "-_.".contains(char) { char } else { '-' };
    let text: String = text.trim().chars().map(good).take(63).collect();
    text.trim_matches(|char: char| !char.is_ascii_alphanumeric()).to_owned()
}

/// A text as a label's value by which it can be told from others: itself where Kubernetes takes it, else its hash.
pub fn telling(text: &str) -> String {
    if sanitized(text) == text { text.to_owned() } else { sha256_hex(text, 16) }
}
