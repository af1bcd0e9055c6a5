//! The microservice API's own JSON: requests in, answers out (kirk-spec §2).

pub mod answer;
mod change;
pub mod request;

pub use change::{Reply, change_service};
