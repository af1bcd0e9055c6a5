//! What a request is about, after the gate has let it pass.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::caller::{Access, Caller};
use super::context::Context;
use crate::domain::app::App;
use crate::domain::error::{Error, Missing, Result};
use crate::domain::name::Rule;
use crate::domain::operation::Origin;
use crate::domain::project::Project;
use crate::domain::region::Region;
use crate::domain::service::{Desired, Service};
use crate::domain::subject::{ProjectId, ServiceId};
use crate::domain::{Timestamp, name};
use crate::store::{Place, Target};

/// Who asks, and where the path points.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Who asks.
    pub caller: Caller,
    /// The region of the path.
    pub region: Arc<Region>,
    /// What the route asks of its caller.
    pub(super) access: Access,
    /// Method and path, as one text.
    pub(super) route: String,
    pub(super) request_id: String,
    pub(super) idempotency_key: Option<String>,
    pub(super) params: Vec<(String, String)>,
    pub(super) query: String,
    #[cfg(feature = "console")]
    pub(super) token: Option<Token>,
}

/// A caller's token, which is not shown.
#[cfg(feature = "console")]
#[derive(Clone)]
pub(super) struct Token(String);

#[cfg(feature = "console")]
impl Token {
    pub(super) fn new(token: &str) -> Self {
        Self(token.to_owned())
    }
}

#[cfg(feature = "console")]
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

impl Scope {
    /// The text of a path parameter.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, text)| text)
    }

    /// The first value of a parameter of the query.
    pub fn query_param(&self, name: &str) -> Option<String> {
        let decoded = |text: &str| {
            percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
        };
        let pairs = self.query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.into_iter().find(|(key, _)| decoded(key) == name).map(|(_, value)| decoded(value))
    }

    /// The token that the caller sent.
    #[cfg(feature = "console")]
    pub fn token(&self) -> Option<&str> {
        self.token.as_ref().map(|Token(token)| token.as_str())
    }

    /// A path parameter as a name; none if it breaks the grammar, and so nothing has it.
    fn name<T: std::str::FromStr<Err = Rule>>(&self, name: &str) -> Option<T> {
        self.param(name).parse().ok()
    }

    /// Where the path points.
    pub fn target(&self) -> Target {
        Target {
            region: self.region.id.clone(),
            project: self.name("project"),
            app: self.name("app"),
            service: self.name("service"),
            revision: None,
        }
    }

    /// The project of the path, if its name can be one.
    pub fn project_id(&self) -> Result<ProjectId> {
        self.target().project_id().ok_or_else(|| self.no_project())
    }

    /// The service of the path, if its names can be ones; else what is missing first.
    pub async fn service_id(&self, context: &Context) -> Result<ServiceId> {
        match self.target().service_id() {
            Some(id) => Ok(id),
            None => Err(self.missing(context).await),
        }
    }

    /// Who asks at what time, for the records.
    pub fn origin(&self, at: Timestamp) -> Origin {
        Origin { caller: self.caller.name().to_owned(), request_id: self.request_id.clone(), at }
    }

    /// The project, or its absence.
    pub fn project<'a>(&self, place: &'a Place) -> Result<&'a Project> {
        place.project.as_ref().ok_or_else(|| self.no_project())
    }

    /// The app, or its absence. An app that is being deleted is absent (kirk-spec E16).
    pub fn app<'a>(&self, place: &'a Place) -> Result<&'a App> {
        self.project(place)?;
        place.app.as_ref().filter(|app| !app.deleting).ok_or_else(|| self.no_app())
    }

    /// The app, if it is this API's to change.
    pub fn managed_app<'a>(&self, place: &'a Place) -> Result<&'a App> {
        let app = self.app(place)?;
        app.check_managed_here()?;
        Ok(app)
    }

    /// The service, if it is this API's to change.
    pub fn managed_service<'a>(&self, place: &'a Place) -> Result<&'a Service> {
        self.managed_app(place)?;
        self.service(place)
    }

    fn service<'a>(&self, place: &'a Place) -> Result<&'a Service> {
        let service = place.service.as_ref().filter(|service| service.desired != Desired::Deleted);
        service.ok_or_else(|| Error::NotFound(Missing::Service(self.param("service").to_owned())))
    }

    /// What on the path is the first that does not exist. One call more, on the way to an error.
    pub async fn missing(&self, context: &Context) -> Error {
        let place = match context.store.place(&self.target()).await {
            Ok(place) => place,
            Err(error) => return error,
        };
        let found = match (self.param("app"), self.param("service")) {
            ("", _) => self.project(&place).map(|_| ()),
            (_, "") => self.app(&place).map(|_| ()),
            (_, _) => self.app(&place).and_then(|_| self.service(&place)).map(|_| ()),
        };
        // It came into being since it was missed.
        found.err().unwrap_or(Error::Conflict("the same thing is being changed: try again"))
    }

    /// The error to answer where `error` is about the request's content: whether the project exists comes first
    /// (kirk-spec 1.4), but where projects are made.
    pub async fn after_project(&self, context: &Context, error: Error) -> Error {
        if self.access == Access::Administer {
            return error;
        }
        let Some(id) = self.target().project_id() else { return self.no_project() };
        match context.store.project(&id).await {
            Ok(Some(_)) => error,
            Ok(None) => self.no_project(),
            Err(unavailable) => unavailable,
        }
    }

    fn no_project(&self) -> Error {
        Error::NotFound(Missing::Project(self.param("project").to_owned()))
    }

    fn no_app(&self) -> Error {
        Error::NotFound(Missing::App(self.param("app").to_owned()))
    }

    /// The caller's idempotency key, if it sent one that is one (kirk-spec 1.6).
    pub(super) fn checked_idempotency_key(&self) -> Result<Option<&str>> {
        const RULE: name::Rule = "must be 1 to 128 visible ASCII characters";
        match &self.idempotency_key {
            Some(key)
                if (1..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(Some(key))
            }
            Some(_) => Err(Error::invalid("Idempotency-Key", RULE)),
            None => Ok(None),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Scope {
    type Rejection = Error;

    /// Takes what the gate left: a handler without a gate before it has no scope.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        let scope = parts.extensions.remove::<Self>();
        scope.ok_or_else(|| Error::internal("find what the request is about", "the route has no gate"))
    }
}
