//! Observations into the journal: finds whose they are, and lets [`super::diff`] judge, inside the transaction.

use crate::{
    journal::{IntentState, StoreError, Tx},
    model::{EventDraft, EventKind, Job, Observation, Phase, Reason},
};

use super::{
    diff::{Verdict, diff, first_sight, is_doubtful},
    hidden::{hide_as_submitted, keep_hidden},
};

/// What came of a batch of observations.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Aftermath {
    /// Uids of jobs that changed.
    pub changed: Vec<String>,
    /// Older than what was held.
    pub dropped: u64,
    /// Steps backwards that only a list showed.
    pub doubtful: Vec<String>,
}

/// Applies one observation. `uid` names a job that is not known yet; `own` is `None` when the answer does not tell whose it is.
///
/// # Errors
/// When the store cannot be read or written.
pub fn apply(
    tx: &mut Tx<'_>,
    context: i64,
    seen: &Observation,
    own: Option<bool>,
    uid: impl FnOnce() -> String,
    aftermath: &mut Aftermath,
) -> Result<(), StoreError> {
    let namesakes = match seen.name.as_str() {
        "" => Vec::new(),
        name => tx.jobs_named(context, name)?,
    };
    if let Some(ours) = awaiting(tx, &namesakes)? {
        absorb(tx, context, &ours.uid, &seen.native_id)?;
        return confirm(tx, context, ours, seen, aftermath);
    }
    if let Some(known) = tx.job_by_native(context, &seen.native_id)? {
        return change(tx, context, &known, seen, own, aftermath);
    }
    let is_own = own == Some(true);
    // A submit of ours whose row was lost with a broken store.
    let lost = tx.submitted_as(context, &seen.native_id)?;
    let uid = match lost {
        Some(ours) if tx.job(&ours)?.is_none() => ours,
        _ => uid(),
    };
    let (mut job, mut events) = first_sight(uid, is_own, seen);
    if let Some(intent) = tx.intent_named(&seen.name)? {
        hide_as_submitted(&intent.request, &mut job);
    }
    if let Some(first) = namesakes.first().filter(|_| is_own)
        && was_repeated(tx, first)?
    {
        events.push(twin(&mut job, first));
    }
    store(tx, context, &mut job, events, seen, aftermath)
}

/// A second job of one name, made by a submit that was repeated: it is to be told, and stopped while it has not run
/// (invariant 4). Returns the event.
pub fn twin(job: &mut Job, first: &Job) -> EventDraft {
    let before_running = matches!(job.phase, Phase::Pending | Phase::Queued | Phase::Preparing);
    job.twin_of.clone_from(&first.uid);
    keep_hidden(first, job);
    job.stop_due = before_running && job.running_ms.is_none() && job.restart_count == 0;
    EventDraft {
        to_status: job.status.clone(),
        to_phase: Some(job.phase),
        ..EventDraft::new(EventKind::Twin)
    }
}

/// Removes the row that somebody's naming of a native id has made before its submit was confirmed: the job is `uid`.
///
/// # Errors
/// When the store cannot be read or written.
pub fn absorb(tx: &mut Tx<'_>, context: i64, uid: &str, native_id: &str) -> Result<(), StoreError> {
    let Some(other) = tx
        .job_by_native(context, native_id)?
        .filter(|other| other.uid != uid)
    else {
        return Ok(());
    };
    let reason = Reason {
        code: "Merged".into(),
        message: format!("the job is {uid}"),
    };
    let event = EventDraft {
        from_status: other.status.clone(),
        from_phase: Some(other.phase),
        to_phase: Some(Phase::Gone),
        reason: Some(reason),
        ..EventDraft::new(EventKind::NotSubmitted)
    };
    tx.forget_job(
        context,
        Job {
            phase: Phase::Gone,
            ..other
        },
        event,
    )
}

/// The submit of ours that still waits to be found under this name, also one that was given up: names are unique.
fn awaiting<'a>(tx: &Tx<'_>, namesakes: &'a [Job]) -> Result<Option<&'a Job>, StoreError> {
    for job in namesakes.iter().filter(|job| job.native_id.is_none()) {
        if tx.intent(&job.uid)?.is_some() {
            return Ok(Some(job));
        }
    }
    Ok(None)
}

/// Only a submit of ours that was sent again can have made two jobs; names are not unique on the cloud (fact sheet §3.1).
fn was_repeated(tx: &Tx<'_>, first: &Job) -> Result<bool, StoreError> {
    Ok(tx
        .intent(&first.uid)?
        .is_some_and(|intent| intent.sends >= 2))
}

/// The backend has the job: the submit took place. A stop that came meanwhile is due now.
fn confirm(
    tx: &mut Tx<'_>,
    context: i64,
    ours: &Job,
    seen: &Observation,
    aftermath: &mut Aftermath,
) -> Result<(), StoreError> {
    // A row that was given up counts as ended; what the backend shows now is the truth all the same.
    let Verdict::Changed { job, events } = diff(ours, seen) else {
        return Ok(());
    };
    let mut job = *job;
    job.own = true;
    if let Some(mut intent) = tx.intent(&job.uid)? {
        intent.state = IntentState::Confirmed;
        intent.native_id = Some(seen.native_id.clone());
        job.stop_due = intent.stop_wanted && !job.has_ended();
        tx.update_intent(&intent)?;
    }
    store(tx, context, &mut job, events, seen, aftermath)
}

fn change(
    tx: &mut Tx<'_>,
    context: i64,
    known: &Job,
    seen: &Observation,
    own: Option<bool>,
    aftermath: &mut Aftermath,
) -> Result<(), StoreError> {
    if is_doubtful(known, seen) {
        aftermath.doubtful.push(known.uid.clone());
        return Ok(());
    }
    let (mut job, events) = match diff(known, seen) {
        Verdict::Outdated => {
            aftermath.dropped += 1;
            return Ok(());
        }
        Verdict::Same(job) => (*job, Vec::new()),
        Verdict::Changed { job, events } => (*job, events),
    };
    job.own = own.unwrap_or(job.own);
    store(tx, context, &mut job, events, seen, aftermath)
}

fn store(
    tx: &mut Tx<'_>,
    context: i64,
    job: &mut Job,
    events: Vec<EventDraft>,
    seen: &Observation,
    aftermath: &mut Aftermath,
) -> Result<(), StoreError> {
    if !events.is_empty() {
        aftermath.changed.push(job.uid.clone());
    }
    tx.put_job(context, job, events)?;
    match &seen.pods {
        Some(pods) => tx.put_pods(&job.uid, pods),
        None => Ok(()),
    }
}
