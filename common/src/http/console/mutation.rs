//! Mutations of the console: read, decide, commit, ring. Unlike the other dialect it has refusals that show something,
//! and no idempotency keys.

use super::envelope::Envelope;
use crate::clock;
use crate::domain::Timestamp;
use crate::domain::error::{Error, Result};
use crate::domain::operation::Action;
use crate::domain::subject::Subject;
use crate::http::mutation::ring;
use crate::http::{Context, Scope};
use crate::store::{self, Accepted, AppMutation, Change, Committed, DUE_AFTER_S, Record};

/// How often a lost race is run again before the caller hears of it: the newest wish is to win, so more often than in the other
/// dialect. All pauses together take less than a second.
const TRIES: u32 = 10;

/// What a handler decided.
#[derive(Debug)]
pub enum Verdict {
    /// It is done so.
    Accept {
        /// What changes.
        mutation: AppMutation,
        /// Whom to ring for.
        ring: Vec<Subject>,
        /// What to answer.
        answer: Box<Envelope>,
    },
    /// It is not done, and this is the answer.
    Refuse(Box<Envelope>),
}

impl From<Envelope> for Verdict {
    /// A refusal.
    fn from(envelope: Envelope) -> Self {
        Self::Refuse(Box::new(envelope))
    }
}

/// Runs `decide`, which reads and decides, until its verdict is committed; then rings and answers.
pub async fn mutate<F: Future<Output = Result<Verdict>> + Send>(
    context: &Context,
    scope: &Scope,
    action: Action,
    decide: impl Fn(Timestamp) -> F,
) -> Result<Envelope> {
    for attempt in 0..TRIES {
        let now = clock::now();
        let (mutation, subjects, answer) = match decide(now).await? {
            Verdict::Accept { mutation, ring, answer } => (mutation, ring, answer),
            Verdict::Refuse(envelope) => return Ok(*envelope),
        };
        let origin = scope.origin(now);
        let accepted = Accepted { origin: &origin, action, due_s: now.as_second() + DUE_AFTER_S };
        let record = Record { accepted, change: &Change::Apps(mutation), replay: None };
        match context.store.commit(&record).await? {
            Committed::Done => {
                ring(context, scope, &subjects).await;
                return Ok(*answer);
            }
            Committed::LostRace | Committed::Replayed(_) => store::pause(attempt).await,
        }
    }
    Err(Error::Conflict("the same app is being changed by others: try again"))
}
