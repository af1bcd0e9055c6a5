//! What handlers work with.

use std::sync::Arc;

use super::caller::Auth;
use super::rate::RateLimit;
use crate::domain::console;
use crate::domain::console::notify::DeliveryId;
use crate::domain::region::Regions;
use crate::domain::subject::Doorbell;
use crate::queue::Queue;
use crate::store::Store;

/// The handles of one process, made once.
#[derive(Clone, Debug)]
pub struct Context {
    /// The table.
    pub store: Store,
    /// The worker's queue.
    pub queue: Queue<Doorbell>,
    /// The webhooks' queue.
    pub webhooks: Queue<DeliveryId>,
    /// Where secret files are kept.
    #[cfg(feature = "secrets")]
    pub secrets: crate::secrets::Secrets,
    /// Where the images of console apps are.
    #[cfg(feature = "deploy")]
    pub registry: crate::registry::Registry,
    /// What signs the registry's tokens, where it asks us for them.
    #[cfg(feature = "deploy")]
    pub signer: Option<crate::registry::token::Signer>,
    /// What is told of the console dialect.
    pub console: Arc<console::settings::Settings>,
    /// The regions served.
    pub regions: Arc<Regions>,
    /// How callers are told apart.
    pub auth: Auth,
    /// How many mutations a caller may make, where that is limited.
    pub rate: Option<Arc<RateLimit>>,
}
