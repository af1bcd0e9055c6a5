//! The roles of users in an app.

use axum::extract::State;
use axum::http::StatusCode;
use common::domain::Result;
use common::domain::console::name::AppName;
use common::http::console::{Envelope, url};
use common::http::{Auth, Context, Scope};
use serde_json::json;

/// The caller's own role.
pub(crate) async fn own(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let read = scope.admitted(&context).await?;
    let app = read.app.name();
    let url = url::of_repo(app.as_str(), "roles");
    role(&context, app, scope.caller.name(), url).await
}

/// Somebody's role; whether there is such an app is not looked at, as in LAIN.
pub(crate) async fn of_user(State(context): State<Context>, scope: Scope) -> Result<Envelope> {
    let (app, user) = (scope.param("app"), scope.param("user"));
    let url = url::of_user(app, "roles", user);
    match app.parse::<AppName>() {
        Ok(name) => role(&context, &name, user, url).await,
        Err(_) => Ok(no_role(app, user)),
    }
}

async fn role(context: &Context, app: &AppName, user: &str, url: String) -> Result<Envelope> {
    let role = match &context.auth {
        Auth::LainSso(sso) => match sso.member(&context.console.group(app), user).await? {
            Some(member) => member.role(),
            None => return Ok(no_role(app.as_str(), user)),
        },
        Auth::Open(_) | Auth::Closed => "admin",
    };
    Envelope::ok("role", &json!({"role": role}), url)
}

/// Clients look at this text.
fn no_role(app: &str, user: &str) -> Envelope {
    let msg = format!("user {user} does not exist in the app {app}");
    Envelope::null(StatusCode::NOT_FOUND, "role", msg, url::of_repo(app, "maintainers"))
}
