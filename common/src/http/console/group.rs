//! The making of groups in the SSO, which say who belongs to which app (lain-spec 4.3).

use crate::domain::Result;
use crate::domain::console::name::AppName;
use crate::domain::console::settings::ADMINS;
use crate::http::{Auth, Context, Scope};

/// Makes the group of an app, with the caller as its admin, and admins of the installation. One that a try before this left
/// behind is the caller's own. False if the SSO refuses it; without an SSO there is nothing to make.
pub async fn make_group(context: &Context, scope: &Scope, app: &AppName) -> Result<bool> {
    let Auth::LainSso(sso) = &context.auth else { return Ok(true) };
    let token = scope.token().unwrap_or_default();
    let group = context.console.group(app);
    let full_name = format!("lain app in {}: {app}", context.console.domains.main());
    if sso.create_group(token, &group, &full_name).await?.is_err() {
        let mine = sso.member(&group, scope.caller.name()).await?;
        if mine.is_none_or(|member| member.role() != "admin") {
            return Ok(false);
        }
    }
    Ok(sso.add_group(token, &group, ADMINS).await?.is_ok())
}

/// Makes the group of an instance of a resource: its maintainers are the caller's and the resource's (lain-spec 3.2).
pub async fn make_instance_group(
    context: &Context,
    scope: &Scope,
    instance: &AppName,
    resource: &AppName,
) -> Result<bool> {
    if !make_group(context, scope, instance).await? {
        return Ok(false);
    }
    let Auth::LainSso(sso) = &context.auth else { return Ok(true) };
    let (token, group_of_instance) = (scope.token().unwrap_or_default(), context.console.group(instance));
    let members = sso.members(&context.console.group(resource)).await?.unwrap_or_default();
    for member in members.iter().filter(|member| member.name != scope.caller.name()) {
        if sso.put_member(token, &group_of_instance, &member.name, member.role()).await?.is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}
