//! Why a cluster did not do what it was asked for, and whether asking again may help.

use common::domain::applied::NAME_CONFLICT;
use common::domain::error::Source;
use kube::core::Status;
use kube::core::response::StatusCause;

/// Why a cluster did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// It cannot be asked now: it does not answer, not in time, is busy, or does not take our credential.
    #[error("cannot {doing}")]
    Unreachable {
        /// What was being done.
        doing: &'static str,
        /// What came back. For the log: it may name addresses.
        source: Source,
    },
    /// An object of that name is somebody else's.
    #[error("{kind} {name} exists and belongs to somebody else")]
    NameConflict {
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// The cluster refuses it, and will until something changes there or here.
    #[error("the cluster refuses: {message}")]
    Refused {
        /// The HTTP status.
        code: u16,
        /// Kubernetes' word for it, like `Invalid` or `Forbidden`.
        reason: String,
        /// Kubernetes' sentence.
        message: String,
    },
    /// The object is there, and what is wanted cannot be made of it, only of a new one.
    #[error("the cluster cannot change it: {message}")]
    Immutable {
        /// Kubernetes' sentence.
        message: String,
    },
    /// The project's namespace is being deleted.
    #[error("the namespace is being deleted: {message}")]
    NamespaceTerminating {
        /// Kubernetes' sentence.
        message: String,
    },
    /// The project's namespace does not exist, although it was made a moment ago.
    #[error("the namespace does not exist: {message}")]
    NamespaceMissing {
        /// Kubernetes' sentence.
        message: String,
    },
    /// An object of ours of that name is being deleted; the next one must wait until it is gone.
    #[error("{kind} {name} is being deleted")]
    ObjectTerminating {
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
    },
}

impl ClusterError {
    /// Whether the same may work later without a change of anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::NamespaceTerminating { .. }
            | Self::NamespaceMissing { .. }
            | Self::ObjectTerminating { .. } => true,
            Self::NameConflict { .. } | Self::Refused { .. } | Self::Immutable { .. } => false,
        }
    }

    /// One word, for [`common::domain::applied::Failure`].
    pub fn reason(&self) -> &str {
        match self {
            Self::Unreachable { .. } => "ClusterUnreachable",
            Self::NameConflict { .. } => NAME_CONFLICT,
            Self::Refused { reason, .. } => reason,
            Self::Immutable { .. } => "Invalid",
            Self::NamespaceTerminating { .. } => "NamespaceTerminating",
            Self::NamespaceMissing { .. } => "NamespaceMissing",
            Self::ObjectTerminating { .. } => "Terminating",
        }
    }

    /// A sentence for people. It never tells the source, which may name addresses.
    pub fn message(&self) -> String {
        match self {
            Self::Unreachable { .. } => "the cluster does not answer".to_owned(),
            Self::Refused { message, .. } | Self::Immutable { message } => message.clone(),
            Self::NameConflict { .. }
            | Self::NamespaceTerminating { .. }
            | Self::NamespaceMissing { .. }
            | Self::ObjectTerminating { .. } => self.to_string(),
        }
    }

    pub(super) fn unreachable(doing: &'static str, source: impl Into<Source>) -> Self {
        Self::Unreachable { doing, source: source.into() }
    }

    pub(super) fn of(doing: &'static str, error: kube::Error) -> Self {
        if let kube::Error::Api(status) = error {
            Self::of_status(doing, *status)
        } else {
            Self::unreachable(doing, error)
        }
    }

    /// Whether an object was not there, or was another one than it should be. A refusal of what is asked for looks alike.
    pub(super) fn may_be_of_another_object(&self) -> bool {
        matches!(self, Self::Refused { code: 404 | 409 | 422, .. })
    }

    /// Of an object that was forced and is the one that it should be: a conflict can only be another writer at the same
    /// moment, which the server itself gave up on.
    pub(super) fn of_the_same_object(self) -> Self {
        match self {
            Self::Refused { code: 409, reason: _, message } => Self::unreachable("apply an object", message),
            Self::Refused { .. }
            | Self::Immutable { .. }
            | Self::Unreachable { .. }
            | Self::NameConflict { .. }
            | Self::NamespaceTerminating { .. }
            | Self::NamespaceMissing { .. }
            | Self::ObjectTerminating { .. } => self,
        }
    }

    /// Whether the object is not there.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { code: 404, .. } | Self::NamespaceMissing { .. })
    }

    /// Whether the object is there and is not as asked for; of a delete, that it is another one.
    pub(super) fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused { code: 409, .. })
    }

    fn of_status(doing: &'static str, status: Status) -> Self {
        let details = status.details.as_ref();
        let namespace_terminates = details
            .is_some_and(|details| details.causes.iter().any(|cause| cause.reason == "NamespaceTerminating"));
        // Nothing is wrong with the object as such: only that it would be another one than it is.
        let is_immutable = details
            .is_some_and(|details| !details.causes.is_empty() && details.causes.iter().all(is_of_immutable));
        let of_namespace = details.is_some_and(|details| details.kind == "namespaces");
        let Status { code, message, reason, .. } = status;
        match code {
            _ if namespace_terminates => Self::NamespaceTerminating { message },
            422 if is_immutable => Self::Immutable { message },
            404 if of_namespace => Self::NamespaceMissing { message },
            // What is not of the kind's form, like a list that has the same key twice.
            500 if message.contains(NOT_TYPED) => {
                Self::Refused { code, reason: "Invalid".to_owned(), message }
            }
            // 401: a credential that is being renewed. 410: a list that took longer than the server remembers.
            401 | 408 | 410 | 429 | 500.. => {
                Self::unreachable(doing, format!("HTTP status {code} {reason}: {message}"))
            }
            _ => {
                let reason = if reason.is_empty() { format!("Status{code}") } else { reason };
                Self::Refused { code, reason, message }
            }
        }
    }
}

/// What the server says of an object that it cannot read, as if it were its own failure.
const NOT_TYPED: &str = "failed to create typed patch object";

/// Whether a complaint is about a field that no object of the kind may change.
fn is_of_immutable(cause: &StatusCause) -> bool {
    let StatusCause { field, reason, message, .. } = cause;
    let is_said =
        ["field is immutable", "may not change once set"].iter().any(|words| message.contains(words));
    match reason.as_str() {
        "FieldValueForbidden" => field == "spec",
        // Of the metadata, it tells that the object is another one.
        "FieldValueInvalid" => field.starts_with("spec.") && is_said,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_is_classified() {
        for (status, transient, reason) in [
            (r#"{"code": 500, "reason": "InternalError"}"#, true, "ClusterUnreachable"),
            (r#"{"code": 503}"#, true, "ClusterUnreachable"),
            (r#"{"code": 429, "reason": "TooManyRequests"}"#, true, "ClusterUnreachable"),
            (r#"{"code": 401, "reason": "Unauthorized"}"#, true, "ClusterUnreachable"),
            (r#"{"code": 403, "reason": "Forbidden", "message": "exceeded quota"}"#, false, "Forbidden"),
            (
                r#"{"code": 403, "reason": "Forbidden",
                    "details": {"causes": [{"reason": "NamespaceTerminating", "field": "metadata.namespace"}]}}"#,
                true,
                "NamespaceTerminating",
            ),
            (
                r#"{"code": 404, "reason": "NotFound", "details": {"kind": "namespaces"}}"#,
                true,
                "NamespaceMissing",
            ),
            (r#"{"code": 422, "reason": "Invalid"}"#, false, "Invalid"),
            (
                r#"{"code": 422, "reason": "Invalid",
                    "details": {"causes": [{"reason": "FieldValueForbidden", "field": "spec"}]}}"#,
                false,
                "Invalid",
            ),
            (r#"{"code": 409, "reason": "Conflict"}"#, false, "Conflict"),
            (r#"{"code": 400}"#, false, "Status400"),
            (
                r#"{"code": 500, "message":
                    "failed to create typed patch object (a/b; v1, Kind=Service): errors: .spec.ports: duplicate entries"}"#,
                false,
                "Invalid",
            ),
        ] {
            let status: Status = serde_json::from_str(status).unwrap();
            let error = ClusterError::of_status("test", status);
            assert_eq!((error.is_transient(), error.reason()), (transient, reason), "{error:?}");
        }
    }

    #[test]
    fn what_cannot_be_changed_is_told_from_what_cannot_be() {
        for (causes, expected) in [
            (r#"[{"reason": "FieldValueForbidden", "field": "spec"}]"#, true),
            (
                r#"[{"reason": "FieldValueForbidden", "field": "spec"}, {"reason": "FieldValueInvalid", "field": "spec.template"}]"#,
                false,
            ),
            (
                r#"[{"reason": "FieldValueInvalid", "field": "metadata.uid"}, {"reason": "FieldValueForbidden", "field": "spec"}]"#,
                false,
            ),
            (
                r#"[{"reason": "FieldValueInvalid", "field": "spec.clusterIPs[0]",
                    "message": "Invalid value: [\"None\"]: may not change once set"}]"#,
                true,
            ),
            (
                r#"[{"reason": "FieldValueInvalid", "field": "spec.template", "message": "x: field is immutable"}]"#,
                true,
            ),
            (
                r#"[{"reason": "FieldValueInvalid", "field": "metadata.uid", "message": "x: field is immutable"}]"#,
                false,
            ),
            ("[]", false),
        ] {
            let status =
                format!(r#"{{"code": 422, "reason": "Invalid", "details": {{"causes": {causes}}}}}"#);
            let error = ClusterError::of_status("test", serde_json::from_str(&status).unwrap());
            assert_eq!(matches!(error, ClusterError::Immutable { .. }), expected, "{causes}");
        }
    }

    #[test]
    fn the_message_never_tells_an_address() {
        let error = ClusterError::unreachable("read it", "tcp connect error: 10.0.0.1:6443");
        assert_eq!(error.message(), "the cluster does not answer");
        assert_eq!(error.to_string(), "cannot read it");
    }
}
