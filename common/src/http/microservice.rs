//! The microservice API's own JSON: requests in, answers out (kirk-spec §2).

pub mod answer;
pub mod request;
