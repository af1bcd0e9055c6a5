//! HTTP: routes, what a request may do, what it says, and errors as answers.
//!
//! ```text
//! service::Service -> routes -> gate (who, where, how often) -> handler -> mutation | store -> answer
//!                                                                     any Error -> problem
//! ```

mod answer;
mod body;
mod caller;
pub mod console;
mod context;
mod gate;
pub mod json;
pub mod microservice;
mod mutation;
mod open;
mod path;
mod problem;
mod rate;
mod routes;
mod scope;

pub use answer::Answer;
pub use body::Body;
#[cfg(feature = "console")]
pub use caller::credentials;
pub use caller::{Access, Auth, Caller};
pub use context::Context;
pub use mutation::{Decision, mutate};
pub use open::OpenAccess;
pub use rate::RateLimit;
pub use routes::{Route, Routes};
pub use scope::Scope;
