//! Services of an app: `/regions/{region}/v1/projects/{project}/apps/{app}/microservices`.

mod actions;
mod delete;
mod faults;
mod ports;
mod rollout;
mod upgrade;
