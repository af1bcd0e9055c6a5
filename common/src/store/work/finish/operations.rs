//! What becomes of operations when a job ends.

use crate::domain::error::Result;
use crate::domain::operation::OperationState;
use crate::domain::service::Service;
use crate::store::item::string;
use crate::store::key::Key;
use crate::store::transaction::Transaction;

/// How many operations an end settles besides its own: what fits into a transaction. Older ones stay as they were.
const SUPERSEDED_MAX: usize = 50;

/// The operation of the service's generation has succeeded; those that it overtook are superseded.
/// A settle pass has none to settle.
pub(super) fn succeed(to: &mut Transaction<'_>, service: &Service) -> Result<()> {
    if service.is_applied() {
        return Ok(());
    }
    let overtaken = (service.applied.generation + 1)..service.generation;
    for generation in overtaken.rev().take(SUPERSEDED_MAX) {
        settle(to, service, generation, OperationState::Superseded)?;
    }
    settle(to, service, service.generation, OperationState::Succeeded)
}

/// The operation that gave the service this generation is in this state.
pub(super) fn settle(
    to: &mut Transaction<'_>,
    service: &Service,
    generation: u64,
    state: OperationState,
) -> Result<()> {
    set_state(to, Key::operation(&service.uid, generation), state)
}

/// The operation of this key is in this state.
pub(super) fn set_state(to: &mut Transaction<'_>, key: Key, state: OperationState) -> Result<()> {
    to.update(key, "SET #state = :state", |update| {
        update
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", string(state.as_str()))
    })
}
