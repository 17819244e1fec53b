//! Taking the room: decision, intent and job row in one transaction.

use std::sync::Arc;

use super::{
    admission::{self, Refusal},
    draft::{Draft, ask_of},
    house::House,
    join::{self, Before},
    look_is_fresh,
};
use crate::{
    config::Limits,
    journal::{Intent, IntentState, StoreError, Tx},
    model::{EventDraft, EventKind, Fault, FaultKind, Job, Phase, Reason},
    scope::Scope,
};

/// What came of it.
pub(super) enum Reserved {
    /// The intent is stored; it is to be sent.
    New,
    /// The intent is stored; it waits for room.
    Held(Box<Job>),
    /// It is an earlier submit.
    Before(Before),
    /// The look has grown too old on the way to decide on it.
    LookTooOld,
    /// What these instance types have must be known first.
    SizesUnknown(Vec<String>),
    /// Another submit drew the same name in the same second.
    NameTaken,
}

pub(super) async fn reserve(scope: &Arc<Scope>, draft: Draft) -> Result<Reserved, Fault> {
    let inside = Arc::clone(scope);
    scope
        .journal
        .write(move |tx| decide(tx, &inside, &draft))
        .await?
}

fn decide(
    tx: &mut Tx<'_>,
    scope: &Scope,
    draft: &Draft,
) -> Result<Result<Reserved, Fault>, StoreError> {
    match join::find(tx, scope, tx.now_ms(), &draft.sought)? {
        Err(fault) => return Ok(Err(fault)),
        Ok(Some(before)) => return Ok(Ok(Reserved::Before(before))),
        Ok(None) => {}
    }
    if !look_is_fresh(scope) {
        return Ok(Ok(Reserved::LookTooOld));
    }
    if tx.is_name_taken(&draft.name)? {
        return Ok(Ok(Reserved::NameTaken));
    }
    // Those of this moment: while the request was made and the cloud looked at, they may have been changed.
    let settings = scope.settings();
    let house = House::read(tx, scope, &settings.limits)?;
    let unknown = house.unknown_sizes(scope, &settings.limits, &draft.job);
    if !unknown.is_empty() {
        return Ok(Ok(Reserved::SizesUnknown(unknown)));
    }
    match judge(tx, scope, &settings.limits, &house, draft)? {
        Ok(()) => {
            store(tx, scope, draft, None)?;
            Ok(Ok(Reserved::New))
        }
        Err(refusal) if draft.queue && !refusal.never => {
            if !draft.resendable {
                return Ok(Err(cannot_wait()));
            }
            let job = store(tx, scope, draft, Some(&refusal))?;
            Ok(Ok(Reserved::Held(Box::new(job))))
        }
        Err(refusal) => Ok(Err(refusal.into_fault())),
    }
}

/// Whether there is room, and nobody who came before waits for it.
pub(super) fn judge(
    tx: &Tx<'_>,
    scope: &Scope,
    limits: &Limits,
    house: &House,
    draft: &Draft,
) -> Result<Result<(), Refusal>, StoreError> {
    let ask = draft.ask();
    if let Err(refusal) = admission::decide(limits, house, &ask) {
        // Nothing comes of waiting for room that there can never be, whichever limit is full now.
        return Ok(Err(
            admission::never_fits(limits, house, &ask).unwrap_or(refusal)
        ));
    }
    // Whoever could not be sent now even if all that is active had ended is no reason to wait.
    let emptied = house.emptied();
    for uid in tx.held(scope.context)? {
        let (Some(intent), Some(mut job)) = (tx.intent(&uid)?, tx.job(&uid)?) else {
            continue;
        };
        if intent.priority < draft.priority() {
            break;
        }
        scope.sizes.complete(&mut job);
        if admission::decide(limits, &emptied, &ask_of(&job)).is_ok() {
            return Ok(Err(Refusal {
                limit: admission::QUEUE,
                message:
                    "there is room, and held submits of the same or a higher priority come first"
                        .into(),
                holders: vec![admission::describe(&job)],
                never: false,
                unknown: false,
            }));
        }
    }
    Ok(Ok(()))
}

fn store(
    tx: &mut Tx<'_>,
    scope: &Scope,
    draft: &Draft,
    held: Option<&Refusal>,
) -> Result<Job, StoreError> {
    let mut job = draft.job.clone();
    let phase = match held {
        None => Phase::Submitting,
        Some(refusal) => {
            job.reason = Some(reason_of(refusal));
            Phase::Held
        }
    };
    job.phase = phase;
    let event = EventDraft {
        to_phase: Some(phase),
        reason: job.reason.clone(),
        ..EventDraft::new(EventKind::Discovered)
    };
    tx.put_job(scope.context, &mut job, vec![event])?;
    tx.insert_intent(&intent(scope, draft, &job, tx.now_ms()))?;
    let at = scope.clock.mono();
    scope.prints.remember(&job.uid, draft.sought.exact, at);
    Ok(job)
}

/// What keeps a submit waiting, as its job shows it.
pub(super) fn reason_of(refusal: &Refusal) -> Reason {
    Reason {
        code: refusal.limit.into(),
        message: refusal.message.clone(),
    }
}

fn intent(scope: &Scope, draft: &Draft, job: &Job, now_ms: i64) -> Intent {
    Intent {
        uid: draft.uid.clone(),
        context: scope.context,
        name: draft.name.clone(),
        nonce: draft.sought.nonce.clone(),
        profile: draft.profile.clone(),
        request: draft.stored.clone(),
        resendable: draft.resendable,
        state: match job.phase {
            Phase::Held => IntentState::Held,
            _ => IntentState::Open,
        },
        sends: match job.phase {
            Phase::Held => 0,
            _ => 1,
        },
        empty_looks: 0,
        stop_wanted: false,
        native_id: None,
        created_ms: job.created_ms.unwrap_or(now_ms),
        // It is sent when this is stored; the look before that may have taken its time.
        last_sent_ms: now_ms,
        key: draft.sought.key.clone(),
        print: draft.sought.print.clone(),
        priority: draft.priority(),
        place: job.rev,
        client_kind: draft.caller.kind().into(),
        client: draft.caller.client.clone(),
    }
}

/// What is not stored cannot be sent later.
pub(super) fn cannot_wait() -> Fault {
    Fault::new(
        FaultKind::Invalid,
        "nothing was submitted: it would have to wait for room, and a secret that is given with a call is not stored",
    )
    .hint("put the secret into the profile, or submit it without queue when there is room")
    .field("queue")
}
