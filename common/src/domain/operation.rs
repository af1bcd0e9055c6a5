//! Operations: the record of each accepted mutation.

use super::name::Uid;
use jiff::Timestamp;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A project, an app or a service came into being.
    Create,
    /// A console app is known from now on.
    Register,
    /// A console app is to run.
    Deploy,
    /// It is to run at another version, or the same one anew.
    Update,
    /// The pods of a proc, or one of them, are to be replaced.
    Restart,
    /// The service's pods are to be made anew.
    Upgrade,
    /// As an upgrade, to what an older revision holds.
    Rollback,
    /// Its exposed ports.
    SetPorts,
    /// Its number of instances.
    Scale,
    /// No instances.
    Stop,
    /// As many instances as before.
    Start,
    /// The app or service is to go.
    Delete,
}

impl Action {
    /// The word in the table and the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Register => "register",
            Self::Deploy => "deploy",
            Self::Update => "update",
            Self::Restart => "restart",
            Self::Upgrade => "upgrade",
            Self::Rollback => "rollback",
            Self::SetPorts => "set-ports",
            Self::Scale => "scale",
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Delete => "delete",
        }
    }
}

/// How far an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationState {
    /// Accepted; the cluster does not have it.
    Queued,
    /// The cluster has it.
    Succeeded,
    /// The cluster has a later one instead.
    Superseded,
    /// The cluster refused it; the cause is in the subject's failure.
    Failed,
}

impl OperationState {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Succeeded => "succeeded",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
        }
    }
}

/// Which operation: that which gave a subject this generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationId {
    /// The subject's identity.
    pub subject: Uid,
    /// The generation that it gave.
    pub generation: u64,
}

/// Who asked for something, when, in which request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The caller's name.
    pub caller: String,
    /// The request's id, as in `X-Reqid`.
    pub request_id: String,
    /// When it came.
    pub at: Timestamp,
}
