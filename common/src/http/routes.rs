//! Routes: a router that can say what it routes, and to whom.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use tower::{Service, ServiceExt};

use super::caller::Access;
use super::console;
use super::context::Context;
use super::gate::{self, Gate};
use super::{path, problem};
use crate::domain::error::{Error, Missing};

/// The routes of a function, each with what it asks of its caller.
#[derive(Default)]
pub struct Routes {
    router: Router<Context>,
    table: Vec<Route>,
}

/// One row of the table of rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path with its parameters, like `/regions/{region}/v1/resourcespecs`.
    pub path: &'static str,
    /// What it asks of its caller.
    pub access: Access,
}

/// All rows, for the gate.
#[derive(Clone)]
pub(super) struct Table(Arc<[Route]>);

impl Table {
    pub(super) fn access(&self, method: &Method, path: &str) -> Option<Access> {
        self.0.iter().find(|route| route.method == *method && route.path == path).map(|route| route.access)
    }
}

impl Routes {
    /// A route that reads.
    #[must_use]
    pub fn get<H: Handler<T, Context>, T: 'static>(
        self,
        access: Access,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.with(Method::GET, access, path, get(handler))
    }

    /// A route that creates.
    #[must_use]
    pub fn post<H: Handler<T, Context>, T: 'static>(
        self,
        access: Access,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.with(Method::POST, access, path, post(handler))
    }

    /// A route that changes.
    #[must_use]
    pub fn put<H: Handler<T, Context>, T: 'static>(
        self,
        access: Access,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.with(Method::PUT, access, path, put(handler))
    }

    /// A route that deletes.
    #[must_use]
    pub fn delete<H: Handler<T, Context>, T: 'static>(
        self,
        access: Access,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.with(Method::DELETE, access, path, delete(handler))
    }

    /// A route that changes a part.
    #[must_use]
    pub fn patch<H: Handler<T, Context>, T: 'static>(
        self,
        access: Access,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.with(Method::PATCH, access, path, patch(handler))
    }

    fn with(
        mut self,
        method: Method,
        access: Access,
        path: &'static str,
        handler: MethodRouter<Context>,
    ) -> Self {
        self.table.push(Route { method, path, access });
        Self { router: self.router.route(path, handler), ..self }
    }

    /// The routes of both.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.table.extend(other.table);
        Self { router: self.router.merge(other.router), ..self }
    }

    /// What is routed.
    pub fn table(&self) -> &[Route] {
        &self.table
    }

    /// The service that answers requests: path, gate, handler, and errors as answers.
    pub fn into_service(
        self,
        context: Context,
    ) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
    {
        let gate = Gate { context: context.clone(), table: Table(self.table.into()) };
        let router = self
            .router
            .route_layer(from_fn_with_state(gate, gate::pass))
            .fallback(async || Error::NotFound(Missing::Path))
            .method_not_allowed_fallback(async || Error::MethodNotAllowed)
            .layer(from_fn(problem::answer))
            .layer(from_fn(console::allow))
            .with_state(context);
        router.map_request(|mut request: axum::http::Request<Body>| {
            *request.uri_mut() = path::normalize(request.uri());
            request
        })
    }
}
