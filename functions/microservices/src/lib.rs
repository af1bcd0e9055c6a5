//! The services of an app, and what can be done to one.

mod actions;
mod services;

use common::http::{Access, Routes};

/// The routes of this group.
pub fn routes() -> Routes {
    const LIST: &str = "/regions/{region}/v1/projects/{project}/apps/{app}/microservices";
    const ONE: &str = "/regions/{region}/v1/projects/{project}/apps/{app}/microservices/{service}";
    Routes::default()
        .post(Access::Write, LIST, services::create)
        .get(Access::Read, LIST, services::list)
        .get(Access::Read, ONE, services::get)
        .delete(Access::Write, ONE, actions::delete)
        .put(
            Access::Write,
            "/regions/{region}/v1/projects/{project}/apps/{app}/microservices/{service}/stop",
            actions::stop,
        )
        .put(
            Access::Write,
            "/regions/{region}/v1/projects/{project}/apps/{app}/microservices/{service}/start",
            actions::start,
        )
        .put(
            Access::Write,
            "/regions/{region}/v1/projects/{project}/apps/{app}/microservices/{service}/scale/{count}",
            actions::scale,
        )
        .put(
            Access::Write,
            "/regions/{region}/v1/projects/{project}/apps/{app}/microservices/{service}/upgrade",
            actions::upgrade,
        )
        .put(
            Access::Write,
            "/regions/{region}/v1/projects/{project}/apps/{app}/microservices/{service}/ports",
            actions::set_ports,
        )
}
