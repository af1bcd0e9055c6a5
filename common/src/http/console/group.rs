//! The making of groups in the SSO, which say who belongs to which app (lain-spec 4.3).

use std::collections::BTreeMap;

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

/// Makes the group of an instance of a resource: its maintainers are the client's and the resource's (lain-spec 3.2). A user
/// of both has the higher role. False if the SSO refuses it.
pub async fn make_instance_group(
    context: &Context,
    scope: &Scope,
    instance: &AppName,
    (resource, client): (&AppName, &AppName),
) -> Result<bool> {
    let Auth::LainSso(sso) = &context.auth else { return Ok(true) };
    // Who belongs to it is asked first: nothing is made of what cannot be read.
    let mut roles = BTreeMap::new();
    for app in [client, resource] {
        let Some(members) = sso.members(&context.console.group(app)).await? else { return Ok(false) };
        for member in members.iter().filter(|member| member.name != scope.caller.name()) {
            let role = roles.entry(member.name.clone()).or_insert(member.role());
            if member.role() == "admin" {
                *role = "admin";
            }
        }
    }
    if !make_group(context, scope, instance).await? {
        return Ok(false);
    }
    let (token, group) = (scope.token().unwrap_or_default(), context.console.group(instance));
    for (name, role) in roles {
        if sso.put_member(token, &group, &name, role).await?.is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}
