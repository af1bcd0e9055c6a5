//! Registered apps of the console: register, look, roles, maintainers, pushed images, oplogs; and who calls
//! (lain-spec 1.3, 1 to 11, and 1.4).

mod authorize;
mod maintainers;
mod push;
mod registry_token;
mod repos;
mod roles;

use common::http::{Access, Routes};

const MAINTAINERS: &str = "/api/v1/repos/{app}/maintainers";
const MAINTAINER: &str = "/api/v1/repos/{app}/maintainers/{user}";
const OPLOG: &str = "/api/v1/oplogs/{app}";
const REGISTRY_TOKEN: &str = "/api/v1/authorize/registry";

/// The routes of this group.
pub fn routes() -> Routes {
    let repos = Routes::default()
        .post(Access::Write, "/api/v1/repos", repos::register)
        .get(Access::SignedIn, "/api/v1/repos", repos::list)
        .get(Access::Read, "/api/v1/repos/{app}", repos::get)
        .get(Access::Read, "/api/v1/repos/{app}/details", repos::details)
        .get(Access::Read, "/api/v1/repos/{app}/versions", repos::versions)
        .post(Access::Write, "/api/v1/repos/{app}/push", push::push)
        .get(Access::SignedIn, OPLOG, repos::oplog)
        .post(Access::SignedIn, OPLOG, repos::oplog)
        .put(Access::SignedIn, OPLOG, repos::oplog)
        .patch(Access::SignedIn, OPLOG, repos::oplog)
        .delete(Access::SignedIn, OPLOG, repos::oplog);
    let people = Routes::default()
        .get(Access::Read, "/api/v1/repos/{app}/roles", roles::own)
        .get(Access::SignedIn, "/api/v1/repos/{app}/roles/{user}", roles::of_user)
        .get(Access::Read, MAINTAINERS, maintainers::list)
        .post(Access::Write, MAINTAINERS, maintainers::add)
        .put(Access::Write, MAINTAINERS, maintainers::no_method)
        .patch(Access::Write, MAINTAINERS, maintainers::no_method)
        .delete(Access::Write, MAINTAINERS, maintainers::no_method)
        .get(Access::Read, MAINTAINER, maintainers::get)
        .delete(Access::Write, MAINTAINER, maintainers::remove)
        .post(Access::Write, MAINTAINER, maintainers::no_method)
        .put(Access::Write, MAINTAINER, maintainers::no_method)
        .patch(Access::Write, MAINTAINER, maintainers::no_method);
    let authorize = Routes::default()
        .get(Access::Public, "/api/v1/authorize", authorize::callback)
        .get(Access::Public, "/api/v1/authorize/status", authorize::status)
        .get(Access::Public, "/v2/authorize/jwks.json", registry_token::jwks)
        .get(Access::Public, REGISTRY_TOKEN, registry_token::token)
        .post(Access::Public, REGISTRY_TOKEN, registry_token::token)
        .put(Access::Public, REGISTRY_TOKEN, registry_token::token)
        .patch(Access::Public, REGISTRY_TOKEN, registry_token::token)
        .delete(Access::Public, REGISTRY_TOKEN, registry_token::token);
    repos.merge(people).merge(authorize)
}
