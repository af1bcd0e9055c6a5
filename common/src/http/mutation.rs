//! Mutations: read, decide, commit, ring. A handler brings the first two.

use axum::response::{IntoResponse, Response};

use super::answer::Answer;
use super::body::Body;
use super::context::Context;
use super::scope::Scope;
use crate::clock;
use crate::domain::Timestamp;
use crate::domain::digest::sha256_hex;
use crate::domain::error::{Error, Result};
use crate::domain::operation::Action;
use crate::domain::subject::{Doorbell, Subject};
use crate::store::{self, Accepted, Change, Committed, DUE_AFTER_S, Record, Replay, ReplayKey};

/// How often a lost race is run again before the caller hears of it (kirk-spec §5).
const TRIES: u32 = 4;
/// How long an answer is kept for its idempotency key.
const REPLAY_KEPT_S: i64 = 24 * 60 * 60;
/// The largest answer that is kept: an item holds 400 KB.
const REPLAY_BYTES_MAX: usize = 380 * 1024;

/// What a handler decided.
#[derive(Debug)]
pub struct Decision {
    /// What changes.
    pub change: Change,
    /// Whom to ring for.
    pub ring: Vec<Subject>,
    /// What to answer.
    pub answer: Answer,
}

/// Runs `decide`, which reads and decides, until its decision is committed; then rings and answers.
/// `body` is what an idempotency key stands for, besides method and path.
pub async fn mutate<F: Future<Output = Result<Decision>> + Send>(
    context: &Context,
    scope: &Scope,
    action: Action,
    body: Option<&Body>,
    decide: impl Fn(Timestamp) -> F,
) -> Result<Response> {
    let key = match scope.checked_idempotency_key() {
        Ok(key) => key.map(|key| ReplayKey {
            scope: format!("{} {}", scope.caller.name(), scope.route),
            key: key.to_owned(),
        }),
        Err(error) => return Err(scope.after_project(context, error).await),
    };
    let request_hash = body.map_or_else(|| sha256_hex("", 16), Body::hash);
    for attempt in 0..TRIES {
        let now = clock::now();
        let decision = match decide(now).await {
            Ok(decision) => decision,
            Err(refusal) => return refuse(context, key.as_ref(), &request_hash, refusal, now).await,
        };
        let replay = match &key {
            Some(key) => Some((key, kept(&decision.answer, &request_hash, now)?)),
            None => None,
        };
        let record = Record {
            accepted: Accepted { origin: &scope.origin(now), action, due_s: now.as_second() + DUE_AFTER_S },
            change: &decision.change,
            replay: replay.as_ref().map(|(key, replay)| (*key, replay)),
        };
        match context.store.commit(&record).await? {
            Committed::Done => {
                ring(context, scope, &decision.ring).await;
                return Ok(decision.answer.into_response());
            }
            Committed::LostRace => store::pause(attempt).await,
            Committed::Replayed(replay) => return replayed(replay, &request_hash),
        }
    }
    Err(Error::Conflict("the same thing is being changed by others: try again"))
}

/// The answer as it is kept for an idempotency key.
fn kept(answer: &Answer, request_hash: &str, now: Timestamp) -> Result<Replay> {
    let body = answer.body();
    if body.len() > REPLAY_BYTES_MAX {
        let what = "answer to keep for the Idempotency-Key";
        return Err(Error::TooLarge { what, bytes_max: REPLAY_BYTES_MAX });
    }
    Ok(Replay {
        request_hash: request_hash.to_owned(),
        status: answer.status().as_u16(),
        body: body.to_owned(),
        expires_s: now.as_second() + REPLAY_KEPT_S,
    })
}

/// A refusal stands, unless the request was done before under its key.
async fn refuse(
    context: &Context,
    key: Option<&ReplayKey>,
    request_hash: &str,
    refusal: Error,
    now: Timestamp,
) -> Result<Response> {
    let is_about_content =
        matches!(refusal, Error::Invalid(_) | Error::TooLarge { .. } | Error::UnsupportedMediaType);
    let Some(key) = key.filter(|_| !is_about_content) else { return Err(refusal) };
    match context.store.replay(key, now.as_second()).await? {
        Some(replay) => replayed(replay, request_hash),
        None => Err(refusal),
    }
}

fn replayed(replay: Replay, request_hash: &str) -> Result<Response> {
    if replay.request_hash != request_hash {
        return Err(Error::IdempotencyConflict);
    }
    Ok(([("idempotent-replayed", "true")], Answer::kept(replay.status, replay.body)).into_response())
}

/// What is committed will be done: if ringing fails, the sweeper rings.
pub(super) async fn ring(context: &Context, scope: &Scope, subjects: &[Subject]) {
    if subjects.is_empty() {
        return;
    }
    let doorbells: Vec<_> = subjects.iter().cloned().map(Doorbell::from).collect();
    if let Err(error) = context.queue.ring_all(&doorbells).await {
        tracing::warn!(request.id = scope.request_id, error = %error.chain(), "Left the ringing to the sweeper");
    }
}
