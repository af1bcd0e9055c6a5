//! Errors in the console's shape (lain-spec 1.1 and 1.5).

use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::endpoint::{Endpoint, url};
use super::envelope::{CODE, Envelope};
use crate::domain::{Error, FieldError, Missing};

/// The answer to an error at an endpoint, by the status and word that it has in every dialect.
pub(in crate::http) fn refusal(
    endpoint: &Endpoint,
    method: &Method,
    error: &Error,
    (status, word): (StatusCode, &'static str),
    message: &str,
) -> Response {
    let keys = endpoint.keys(method);
    let null = |status, key, url| Envelope::null(status, key, message, url);
    let envelope = match error {
        Error::Unauthenticated => null(status, "app", url::docs()),
        Error::AccessDenied(_) => null(status, "maintainer", url::docs()),
        Error::NotFound(Missing::App(app)) => {
            let text = format!(
                "app with appname {app} not exist, has not been reposited yet\n\
                 register it first, with POST {} and its name",
                url::repos()
            );
            Envelope::null(status, "app", text, url::repos())
        }
        Error::RegionDisabled(_) => {
            let text = "the apps are not to be changed now, for maintenance: try again later";
            Envelope::null(status, "app", text, url::apps())
        }
        Error::NotFound(_) => {
            let body = json!({"msg": "there is no such path", "url": url::docs()}).to_string();
            return with_code(crate::http::Answer::Status(status, body).into_response(), word);
        }
        Error::MethodNotAllowed => {
            let text = format!("the method {method} is not allowed here");
            Envelope::null(status, keys.method, text, url::docs())
        }
        Error::Invalid(faults) => null(status, keys.bad, url_of_bad(endpoint, faults)),
        Error::TooLarge { .. } | Error::UnsupportedMediaType => {
            null(status, keys.bad, url_of_bad(endpoint, &[]))
        }
        // The console knows no 503 but that for maintenance.
        Error::Unavailable { .. } if *endpoint == Endpoint::StreamPorts => {
            null(StatusCode::BAD_REQUEST, keys.failed, of(endpoint))
        }
        Error::Unavailable { doing, .. } => {
            let text = format!("could not {doing}: try again");
            Envelope::null(StatusCode::INTERNAL_SERVER_ERROR, keys.failed, text, of(endpoint))
        }
        Error::Internal { .. } => null(StatusCode::INTERNAL_SERVER_ERROR, keys.failed, of(endpoint)),
        Error::Unacceptable(_)
        | Error::Conflict(_)
        | Error::IdempotencyConflict
        | Error::TooManyRequests
        | Error::QuotaExceeded { .. }
        | Error::OperationForbidden { .. }
        | Error::ServiceNotStateless { .. }
        | Error::ProjectExists(_)
        | Error::AppExists(_)
        | Error::ServiceExists(_) => null(status, keys.failed, of(endpoint)),
    };
    with_code(envelope.into_response(), word)
}

fn with_code(mut response: Response, word: &'static str) -> Response {
    response.headers_mut().insert(CODE, HeaderValue::from_static(word));
    response
}

/// Where a body that is not good is explained: in the documentation, but for a bad member of a proc's.
fn url_of_bad(endpoint: &Endpoint, faults: &[FieldError]) -> String {
    let is_about_a_member = faults.iter().any(|fault| !fault.field.is_empty());
    if let Endpoint::Notify(notify) = endpoint {
        url::notify(notify)
    } else if let Endpoint::Proc(app, proc) = endpoint
        && is_about_a_member
    {
        url::proc(app, proc)
    } else {
        url::docs()
    }
}

fn of(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Repos | Endpoint::Unknown => url::repos(),
        Endpoint::Repo(app)
        | Endpoint::Details(app)
        | Endpoint::Versions(app)
        | Endpoint::Roles(app)
        | Endpoint::Push(app) => url::repo(app),
        Endpoint::Maintainers(app) | Endpoint::Maintainer(app) => url::of_repo(app, "maintainers"),
        Endpoint::Apps => url::apps(),
        Endpoint::App(app) | Endpoint::Version(app) => url::app(app),
        Endpoint::Procs(app) => url::procs(app),
        Endpoint::Proc(app, proc) | Endpoint::Histories(app, proc) => url::proc(app, proc),
        Endpoint::Instances(app) => url::instances(app),
        Endpoint::Notify(notify) => url::notify(notify),
        Endpoint::Oplogs => url::docs(),
        Endpoint::StreamPorts => url::stream_ports(),
        Endpoint::Authorize => url::authorize(),
    }
}
