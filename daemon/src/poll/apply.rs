//! Observations into the journal: finds whose they are, and lets [`super::diff`] judge, inside the transaction.

use crate::{
    journal::{IntentState, StoreError, Tx},
    model::{EventDraft, EventKind, Job, Observation, Phase},
};

use super::diff::{Verdict, diff, first_sight, is_doubtful};

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

/// Applies one observation. `uid` names a job that is not known yet; `own` is true when the answer proves it.
///
/// # Errors
/// When the store cannot be read or written.
pub fn apply(
    tx: &mut Tx<'_>,
    context: i64,
    seen: &Observation,
    own: bool,
    uid: impl FnOnce() -> String,
    aftermath: &mut Aftermath,
) -> Result<(), StoreError> {
    if let Some(known) = tx.job_by_native(context, &seen.native_id)? {
        return change(tx, context, &known, seen, own, aftermath);
    }
    let namesakes = match own && !seen.name.is_empty() {
        true => tx.jobs_named(context, &seen.name)?,
        false => Vec::new(),
    };
    if let Some(ours) = namesakes.iter().find(|job| job.native_id.is_none()) {
        return change(tx, context, ours, seen, own, aftermath);
    }
    let (mut job, mut events) = first_sight(uid(), own, seen);
    if let Some(first) = namesakes.first() {
        note_twin(&mut job, &mut events, first);
    }
    store(tx, context, &mut job, events, seen, aftermath)
}

fn change(
    tx: &mut Tx<'_>,
    context: i64,
    known: &Job,
    seen: &Observation,
    own: bool,
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
    job.own |= own;
    if known.native_id.is_none() {
        confirm_intent(tx, &mut job, &seen.native_id)?;
    }
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

/// The backend has the job: the submit took place. A stop that came meanwhile is due now.
fn confirm_intent(tx: &mut Tx<'_>, job: &mut Job, native_id: &str) -> Result<(), StoreError> {
    let Some(mut intent) = tx.intent(&job.uid)? else {
        return Ok(());
    };
    intent.state = IntentState::Confirmed;
    intent.native_id = Some(native_id.to_owned());
    job.stop_due = intent.stop_wanted && !job.has_ended();
    tx.update_intent(&intent)
}

/// A second job of one name: reported, and stopped while it has not run (invariant 4).
fn note_twin(job: &mut Job, events: &mut Vec<EventDraft>, first: &Job) {
    job.twin_of.clone_from(&first.uid);
    let before_running = matches!(job.phase, Phase::Pending | Phase::Queued | Phase::Preparing);
    job.stop_due = before_running && job.running_ms.is_none() && job.restart_count == 0;
    events.push(EventDraft {
        to_status: job.status.clone(),
        to_phase: Some(job.phase),
        ..EventDraft::new(EventKind::Twin)
    });
}
