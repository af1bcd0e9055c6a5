//! The one error type. `http::problem` is where it becomes an answer.

use std::fmt;

/// What every fallible function here returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failure of a foreign part: its text is for the log, never for a caller.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a request or a job cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request breaks rules; each broken one is listed, in the order of the body.
    #[error("{}", first_reason(.0))]
    Invalid(Vec<FieldError>),
    /// No credential, or one that is not good.
    #[error("a valid token is needed")]
    Unauthenticated,
    /// A caller who may not do this, and why.
    #[error("{0}")]
    AccessDenied(&'static str),
    /// A mutation below an app of another kind (kirk-spec 3.3).
    #[error("app {app:?} is not managed by this API")]
    OperationForbidden {
        /// The app.
        app: String,
    },
    /// Only a stateless service can be scaled.
    #[error("service {service:?} is stateful and has exactly one instance")]
    ServiceNotStateless {
        /// The service.
        service: String,
    },
    /// A limit of the region.
    #[error("at most {limit} {of} are allowed")]
    QuotaExceeded {
        /// What is counted.
        of: &'static str,
        /// How many there may be.
        limit: u32,
    },
    /// The thing that the request names does not exist.
    #[error("{0} does not exist")]
    NotFound(Missing),
    /// The path exists, the method does not.
    #[error("the method is not allowed on this path")]
    MethodNotAllowed,
    /// What a version of a console app holds cannot be deployed (lain-spec 3.9).
    #[error("{0}")]
    Unacceptable(String),
    /// The name is taken.
    #[error("project {0:?} exists in another region of the same cluster")]
    ProjectExists(String),
    /// The name is taken.
    #[error("app {0:?} exists")]
    AppExists(String),
    /// The name is taken.
    #[error("service {0:?} exists")]
    ServiceExists(String),
    /// Something else is going on with the same subject: try again.
    #[error("{0}")]
    Conflict(&'static str),
    /// An idempotency key came back with another request.
    #[error("the Idempotency-Key was used with another request")]
    IdempotencyConflict,
    /// The body is over the limit.
    #[error("the {what} is larger than {bytes_max} bytes")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its largest size.
        bytes_max: usize,
    },
    /// The body is not JSON by its own word.
    #[error("the body must be JSON")]
    UnsupportedMediaType,
    /// More mutations than the caller may make.
    #[error("too many requests")]
    TooManyRequests,
    /// The region takes no mutations now.
    #[error("region {0:?} is disabled: reads work, changes are refused")]
    RegionDisabled(String),
    /// A part that we depend on did not answer; the same request may work later.
    #[error("{doing}")]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// What came back.
        source: Source,
    },
    /// We are wrong: a stored item that cannot be read, an answer that cannot be written.
    #[error("{doing}")]
    Internal {
        /// What was being done.
        doing: &'static str,
        /// What came back.
        source: Source,
    },
}

impl Error {
    /// One broken rule.
    pub fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), reason: reason.into() }])
    }

    /// A part that we depend on failed while `doing`.
    pub fn unavailable(doing: &'static str, source: impl Into<Source>) -> Self {
        Self::Unavailable { doing, source: source.into() }
    }

    /// For the log: the error with all that caused it.
    pub fn chain(&self) -> impl fmt::Display {
        Chain(self)
    }

    /// We failed while `doing`.
    pub fn internal(doing: &'static str, source: impl Into<Source>) -> Self {
        Self::Internal { doing, source: source.into() }
    }
}

/// An error followed by its causes.
#[derive(Clone, Copy, Debug)]
pub struct Chain<'a>(pub &'a (dyn std::error::Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

/// One broken rule of a request.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// The path of the field, like `containers[0].image`; empty for the body as a whole.
    pub field: String,
    /// The rule that it breaks.
    pub reason: String,
}

fn first_reason(errors: &[FieldError]) -> String {
    match errors {
        [] => "the request is invalid".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, reason } = self;
        if field.is_empty() { write!(f, "the body {reason}") } else { write!(f, "{field} {reason}") }
    }
}

/// The level of the hierarchy at which a path leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No such route.
    Path,
    /// No such region is configured.
    Region(String),
    /// No such project in the region.
    Project(String),
    /// No such app in the project.
    App(String),
    /// No such service in the app.
    Service(String),
    /// The service has no such revision, or no longer.
    Revision(String),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path => f.write_str("the path"),
            Self::Region(name) => write!(f, "region {name:?}"),
            Self::Project(name) => write!(f, "project {name:?}"),
            Self::App(name) => write!(f, "app {name:?}"),
            Self::Service(name) => write!(f, "service {name:?}"),
            Self::Revision(number) => write!(f, "revision {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_first_broken_rule_and_counts_the_others() {
        let error = |field: &str| FieldError { field: field.to_owned(), reason: "is required".to_owned() };
        assert_eq!(Error::Invalid(vec![error("name")]).to_string(), "name is required");
        assert_eq!(
            Error::Invalid(vec![error("a"), error("b"), error("c")]).to_string(),
            "a is required (and 2 more)"
        );
        assert_eq!(Error::invalid("", "must be a JSON object").to_string(), "the body must be a JSON object");
    }
}
