//! Which earlier submit a new one is: by the nonce of its call, by its key, or, where it has no key, by asking for the same.

use std::time::Duration;

use super::print::Exact;
use crate::{
    journal::{Intent, IntentState, Reader, StoreError},
    model::{Fault, FaultKind, Job, Phase},
    scope::Scope,
    sys::clock::millis,
};

/// A submit without a key is joined to an equal one that is younger than this, or unconfirmed.
pub const JOINS_FOR: Duration = Duration::from_secs(60);

/// By what an earlier submit is found.
#[derive(Debug, Clone)]
pub(super) struct Sought {
    pub(super) nonce: Option<String>,
    pub(super) key: Option<String>,
    pub(super) print: String,
    pub(super) exact: Exact,
    /// One that is merely equal is not meant.
    pub(super) another: bool,
    /// It is sought for an agent's tool.
    pub(super) is_tool: bool,
}

/// The earlier submit.
#[derive(Debug, Clone)]
pub(super) struct Before {
    pub(super) job: Box<Job>,
    /// Why it is the same, for people; empty for a call that was merely repeated.
    pub(super) why: String,
}

/// Looks for it. Asked before anything is made, and again in the transaction that would make it.
pub(super) fn find(
    reader: &Reader<'_>,
    scope: &Scope,
    now_ms: i64,
    sought: &Sought,
) -> Result<Result<Option<Before>, Fault>, StoreError> {
    match find_named(reader, scope, sought)? {
        Ok(None) if sought.key.is_none() && !sought.another => {}
        found => return Ok(found),
    }
    for intent in reader.intents_by_print(scope.context, &sought.print)? {
        let taken_at = scope.prints.taken_at(&intent.uid);
        let age_ms = taken_at.map_or(now_ms - intent.created_ms, |at| {
            millis(scope.clock.mono().saturating_sub(at))
        });
        if !joins(&intent, age_ms) || scope.prints.differs(&intent.uid, &sought.exact) {
            continue;
        }
        let Some(job) = reader.job(&intent.uid)?.filter(is_worth_joining) else {
            continue;
        };
        let again = match sought.is_tool {
            true => "another: true",
            false => "--new",
        };
        let why = format!(
            "joined: an equal submit was made {} s ago; {again} makes another job",
            age_ms.max(0) / 1000
        );
        let job = Box::new(job);
        return Ok(Ok(Some(Before { job, why })));
    }
    Ok(Ok(None))
}

/// The one of the same call, or of the same key.
pub(super) fn find_named(
    reader: &Reader<'_>,
    scope: &Scope,
    sought: &Sought,
) -> Result<Result<Option<Before>, Fault>, StoreError> {
    if let Some(nonce) = &sought.nonce
        && let Some(intent) = reader.intent_by_nonce(nonce)?
    {
        return known(reader, &intent, String::new());
    }
    let Some(key) = &sought.key else {
        return Ok(Ok(None));
    };
    let Some(intent) = reader.intent_by_key(scope.context, key)? else {
        return Ok(Ok(None));
    };
    if intent.print != sought.print || scope.prints.differs(&intent.uid, &sought.exact) {
        return Ok(Err(other_arguments(key, &intent)));
    }
    let why = format!("joined: a submit with the key {key:?} was made before");
    known(reader, &intent, why)
}

/// Who asks for the same after a failure, or after a stop, also one that is under way, has mended something and means another
/// job.
fn is_worth_joining(job: &Job) -> bool {
    match job.has_ended() {
        true => job.phase == Phase::Succeeded,
        false => !job.stop_requested && !job.stop_due,
    }
}

/// While its outcome is not known, and for a minute after it was made. For what an earlier daemon took, a clock that was set
/// back makes it younger.
fn joins(intent: &Intent, age_ms: i64) -> bool {
    let young = u128::try_from(age_ms).is_ok_and(|age| age < JOINS_FOR.as_millis());
    match intent.state {
        IntentState::Dropped => false,
        IntentState::Open => true,
        IntentState::Held | IntentState::Confirmed => young || age_ms < 0,
    }
}

fn known(
    reader: &Reader<'_>,
    intent: &Intent,
    why: String,
) -> Result<Result<Option<Before>, Fault>, StoreError> {
    let job = reader.job(&intent.uid)?;
    Ok(match job.filter(|_| intent.state != IntentState::Dropped) {
        Some(job) => Ok(Some(Before {
            job: Box::new(job),
            why,
        })),
        None => Err(made_before(intent.native_id.clone())),
    })
}

/// The same call was made before, and its job is not known any more, or never came to be.
pub(super) fn made_before(native_id: Option<String>) -> Fault {
    let conflict = |what: String| {
        Fault::new(
            FaultKind::Conflict,
            format!("this submit was made before{what}"),
        )
    };
    match native_id {
        Some(id) => conflict(format!(", as {id}, which is not known here any more")),
        None => conflict(" and did not take place, as far as can be told".into()).hint(
            "look for it with `paictl ls`, then submit it again, with another key where it had one",
        ),
    }
}

fn other_arguments(key: &str, intent: &Intent) -> Fault {
    let message = format!(
        "the key {key:?} belongs to another submit ({}), with other arguments",
        intent.name
    );
    Fault::new(FaultKind::Conflict, message)
        .hint("use a new key for a new job, or the very arguments of the first to find its job")
        .field("idempotency_key")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(state: IntentState) -> Intent {
        Intent {
            uid: "job-1".into(),
            context: 1,
            name: "me-a".into(),
            nonce: None,
            profile: "default".into(),
            request: "{}".into(),
            resendable: true,
            state,
            sends: 1,
            empty_looks: 0,
            stop_wanted: false,
            native_id: None,
            created_ms: 0,
            last_sent_ms: 0,
            key: None,
            print: "p".into(),
            priority: 1,
            place: 1,
            client_kind: String::new(),
            client: String::new(),
        }
    }

    #[test]
    fn a_submit_is_joined_while_it_is_unconfirmed_or_younger_than_a_minute() {
        for (state, age_ms, joined) in [
            (IntentState::Confirmed, 0, true),
            (IntentState::Confirmed, 59_999, true),
            (IntentState::Confirmed, 60_000, false),
            (IntentState::Confirmed, -5_000, true),
            (IntentState::Held, 59_999, true),
            (IntentState::Held, 60_000, false),
            (IntentState::Open, 600_000, true),
            (IntentState::Dropped, 0, false),
        ] {
            assert_eq!(joins(&intent(state), age_ms), joined, "{state:?} {age_ms}");
        }
    }
}
