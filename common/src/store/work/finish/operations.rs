//! What becomes of operations when a job ends.

use crate::domain::error::Result;
use crate::domain::name::Uid;
use crate::domain::operation::OperationState;
use crate::store::item::string;
use crate::store::key::Key;
use crate::store::transaction::Transaction;

/// How many operations an end settles besides its own: what fits into a transaction. Older ones stay as they were.
const SUPERSEDED_MAX: usize = 50;

/// The operation of the subject's newest generation has succeeded; those that it overtook since the one that was
/// applied before are superseded. A settle pass has none to settle.
pub(super) fn succeed(
    to: &mut Transaction<'_>,
    subject: &Uid,
    applied_before: u64,
    generation: u64,
) -> Result<()> {
    if applied_before >= generation {
        return Ok(());
    }
    let overtaken = (applied_before + 1)..generation;
    for generation in overtaken.rev().take(SUPERSEDED_MAX) {
        settle(to, subject, generation, OperationState::Superseded)?;
    }
    settle(to, subject, generation, OperationState::Succeeded)
}

/// The operation that gave the subject this generation is in this state.
pub(super) fn settle(
    to: &mut Transaction<'_>,
    subject: &Uid,
    generation: u64,
    state: OperationState,
) -> Result<()> {
    set_state(to, Key::operation(subject, generation), state)
}

/// The operation of this key is in this state.
pub(super) fn set_state(to: &mut Transaction<'_>, key: Key, state: OperationState) -> Result<()> {
    to.update(key, "SET #state = :state", |update| {
        update
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", string(state.as_str()))
    })
}
