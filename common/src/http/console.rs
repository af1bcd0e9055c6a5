//! The console dialect over HTTP (lain-spec §1): its paths, its answers, and who may do what.
//!
//! ```text
//! handler -> Scope::admit (registered, member, in service) -> mutate -> Envelope
//! any Error -> refusal, by the Endpoint of the path
//! ```

pub mod answer;
pub mod body;
mod cors;
mod endpoint;
mod envelope;
#[cfg(feature = "console")]
mod group;
mod list;
mod member;
mod mutation;
mod ports;
mod refusal;
mod related;

pub(super) use cors::allow;
pub(super) use endpoint::BASE;
pub use endpoint::{Endpoint, url};
pub use envelope::Envelope;
#[cfg(feature = "console")]
pub use group::{make_group, make_instance_group};
pub use mutation::{Verdict, mutate};
pub use ports::check_ports;
pub(super) use refusal::refusal;
pub use related::{Apps, related, used};
