//! Maintainers: the members of an app's group in the SSO. Without an SSO there are none.

use axum::extract::State;
use axum::http::StatusCode;
use common::domain::console::name::AppName;
use common::domain::{Error, Result};
use common::http::console::{Envelope, body, url};
use common::http::{Auth, Body, Context, Scope};
use common::sso::{Member, Refusal, Sso};
use serde_json::{Value, json};

/// All direct members.
pub(crate) async fn list(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let Some(sso) = sso(&context) else { return Ok(closed()) };
    let app = admitted(&context, &scope).await?;
    let url = url::of_repo(app.as_str(), "maintainers");
    let Some(members) = sso.members(&context.console.group(&app)).await? else {
        let msg = format!("the SSO has no group of {app}");
        return Ok(Envelope::null(StatusCode::INTERNAL_SERVER_ERROR, "maintainers", msg, url));
    };
    let shown: Vec<_> = members.iter().map(|member| shown(&app, member)).collect();
    Envelope::ok("maintainers", &shown, url)
}

/// One member.
pub(crate) async fn get(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let Some(sso) = sso(&context) else { return Ok(closed()) };
    let app = admitted(&context, &scope).await?;
    let user = scope.param("user");
    let Some(member) = sso.member(&context.console.group(&app), user).await? else {
        let msg = format!("user {user} does not exist in the app {app}");
        let url = url::of_repo(app.as_str(), "maintainers");
        return Ok(Envelope::null(StatusCode::NOT_FOUND, "maintainer", msg, url));
    };
    Envelope::ok("maintainer", &shown(&app, &member), url::of_user(app.as_str(), "maintainers", user))
}

/// Makes a user a member, or changes the member's role.
pub(crate) async fn add(State(context): State<Context>, scope: Scope, body: Body) -> Result<Envelope> {
    let Some(sso) = sso(&context) else { return Ok(closed()) };
    let app = admitted(&context, &scope).await?;
    let members = body::members(&body)?;
    let (user, role) = (body::text(&members, "username")?, body::text(&members, "role")?);
    if !matches!(role, "admin" | "normal" | "") {
        return Err(Error::invalid("role", "must be admin or normal"));
    }
    let url = url::of_repo(app.as_str(), "maintainers");
    let token = scope.token().unwrap_or_default();
    match sso.put_member(token, &context.console.group(&app), user, role).await? {
        Ok(()) => {
            let member = Member { name: user.to_owned(), role: role.to_owned() };
            Envelope::ok("maintainer", &shown(&app, &member), url)
        }
        Err(refused) => Ok(refusal(refused, user, url)),
    }
}

/// Removes a member; who is none is removed already.
pub(crate) async fn remove(State(context): State<Context>, scope: Scope) -> Result<axum::response::Response> {
    use axum::response::IntoResponse;

    let Some(sso) = sso(&context) else { return Ok(closed().into_response()) };
    let app = admitted(&context, &scope).await?;
    let user = scope.param("user");
    let token = scope.token().unwrap_or_default();
    match sso.delete_member(token, &context.console.group(&app), user).await? {
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(refused) => Ok(refusal(refused, user, url::of_repo(app.as_str(), "maintainers")).into_response()),
    }
}

/// A method that there is not: told after the gate and the membership, as in LAIN.
pub(crate) async fn no_method(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    if sso(&context).is_none() {
        return Ok(closed());
    }
    admitted(&context, &scope).await?;
    Err(Error::MethodNotAllowed)
}

async fn admitted(context: &Context, scope: &Scope) -> Result<AppName> {
    scope.admitted(context).await.map(|read| read.app.id.app)
}

fn sso(context: &Context) -> Option<&Sso> {
    match &context.auth {
        Auth::LainSso(sso) => Some(sso),
        Auth::Open(_) | Auth::Closed => None,
    }
}

/// Before everything else, even whether there is such an app.
fn closed() -> Envelope {
    let msg = "callers are not told apart here, and so apps have no maintainers";
    Envelope::null(StatusCode::FORBIDDEN, "maintainer", msg, url::docs())
}

/// What LAIN answers with 500 (lain-spec Q10).
fn refusal(refusal: Refusal, user: &str, url: String) -> Envelope {
    let (status, msg) = match refusal {
        Refusal::Forbidden => {
            (StatusCode::FORBIDDEN, "only an admin of the app may change its maintainers".to_owned())
        }
        Refusal::NotFound => (StatusCode::NOT_FOUND, format!("the SSO knows no user {user}")),
        Refusal::Impossible => (StatusCode::BAD_REQUEST, format!("the SSO refuses this for user {user}")),
    };
    Envelope::null(status, "maintainer", msg, url)
}

fn shown(app: &AppName, member: &Member) -> Value {
    json!({
        "appname": app, "username": member.name, "role": member.role(),
        "url": url::of_repo(app.as_str(), "maintainers"),
    })
}
