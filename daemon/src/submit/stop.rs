//! A stop is requested, then observed.

use std::sync::Arc;

use super::note::take_out;
use crate::{
    journal::{IntentState, Tx},
    model::{EventDraft, EventKind, Fault, FaultKind, Job, Observation},
    poll::{self, Aftermath, PollerHandle, apply},
    provider::{Listing, Priority, StopAck},
    scope::{Scope, new_uid},
};

/// What became of a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopOutcome {
    /// The backend took it.
    Requested,
    /// The job had ended before.
    AlreadyEnded,
    /// The submit is not confirmed: it will be stopped as soon as it is found, and not be sent again.
    WhenFound,
    /// It was held and will not be sent.
    NotSent,
}

/// A stop that was taken.
#[derive(Debug, Clone)]
pub struct Stopped {
    /// The job after it.
    pub job: Job,
    /// What became of it.
    pub outcome: StopOutcome,
    /// The backend's id of the request; empty when none was sent.
    pub request_id: String,
}

impl Stopped {
    fn without_request(job: Job, outcome: StopOutcome) -> Self {
        Self {
            job,
            outcome,
            request_id: String::new(),
        }
    }
}

/// Asks for a stop of an own job.
///
/// # Errors
/// When the job is not ours, or the backend refuses or cannot be reached.
pub async fn stop(scope: &Arc<Scope>, poller: &PollerHandle, job: Job) -> Result<Stopped, Fault> {
    if job.has_ended() {
        return Ok(Stopped::without_request(job, StopOutcome::AlreadyEnded));
    }
    let mut job = own(scope, job).await?;
    if job.native_id.is_none() {
        if let Some((job, outcome)) = stop_unsent(scope, &job.uid).await? {
            scope.queue.changed();
            return Ok(Stopped::without_request(job, outcome));
        }
        job = settled(scope, job).await?;
    }
    let Some(id) = job.native_id.clone().filter(|_| !job.has_ended()) else {
        return Ok(Stopped::without_request(job, StopOutcome::AlreadyEnded));
    };
    let receipt = scope.provider().stop(&id).await?;
    let request_id = receipt.request_id;
    let outcome = match receipt.value {
        StopAck::Accepted => StopOutcome::Requested,
        StopAck::AlreadyEnded => StopOutcome::AlreadyEnded,
    };
    let context = scope.context;
    let uid = job.uid.clone();
    let noted = scope
        .journal
        .write(move |tx| note_requested(tx, context, &uid, outcome))
        .await?;
    match outcome {
        StopOutcome::AlreadyEnded => {
            let looked = poll::check_end(scope, &id, Priority::Interactive).await;
            looked.map_err(|fault| not_seen_to_end(&id, fault))?;
            poller.think();
            let uid = job.uid.clone();
            let fresh = scope
                .journal
                .read(move |reader| reader.job(&uid))
                .await?
                .unwrap_or(job);
            match fresh.has_ended() {
                true => Ok(Stopped {
                    job: fresh,
                    outcome,
                    request_id,
                }),
                false => Err(Fault::new(
                    FaultKind::Conflict,
                    format!(
                        "the cloud does not stop {} while it is {}",
                        fresh.display_id(),
                        fresh.status
                    ),
                )
                .hint("try again when its status has changed")),
            }
        }
        _ => {
            poller.think();
            Ok(Stopped {
                job: noted.unwrap_or(job),
                outcome,
                request_id,
            })
        }
    }
}

/// The cloud said that it cannot be stopped; whether that is for its end is not known.
fn not_seen_to_end(id: &str, mut fault: Fault) -> Fault {
    fault.message = format!(
        "the cloud says that {id} cannot be stopped, which mostly means that it has ended, and could not be asked for its end: {}",
        fault.message
    );
    fault
}

/// The job, if it is one of ours: only such are changed.
///
/// # Errors
/// That it is not, or that nobody can tell.
pub(super) async fn own(scope: &Arc<Scope>, job: Job) -> Result<Job, Fault> {
    // What is not at the cloud was submitted here.
    let is_ours = |job: &Job| job.own || job.native_id.is_none();
    let job = match is_ours(&job) {
        true => job,
        false => prove_own(scope, job).await?,
    };
    if is_ours(&job) {
        return Ok(job);
    }
    let what = format!(
        "{} is not a job of yours under the prefix {}",
        job.display_id(),
        scope.settings().prefix
    );
    Err(Fault::new(FaultKind::Permission, what).hint("only own jobs can be changed through pai"))
}

/// A job that was named by its id before any list of our own jobs has shown it: ask such a list.
async fn prove_own(scope: &Arc<Scope>, job: Job) -> Result<Job, Fault> {
    if !job.name.starts_with(&scope.own_start) {
        return Ok(job);
    }
    let known = poll::owner::known(scope).await?;
    let listing = Listing {
        own_named: Some(job.name.clone()),
        ..Listing::default()
    };
    let seq = scope.journal.next_seq();
    let page = scope
        .provider()
        .list(listing, seq, Priority::Interactive)
        .await?;
    let same = |seen: &Observation| Some(&seen.native_id) == job.native_id.as_ref();
    let Some(seen) = page.jobs.into_iter().find(same) else {
        return Ok(job);
    };
    let (context, uid) = (scope.context, job.uid.clone());
    let work = move |tx: &mut Tx<'_>| {
        let own = known.owns(tx, &seen)?;
        apply(
            tx,
            context,
            &seen,
            Some(own),
            new_uid,
            &mut Aftermath::default(),
        )?;
        tx.job(&uid)
    };
    Ok(scope.journal.write(work).await?.unwrap_or(job))
}

fn note_requested(
    tx: &mut Tx<'_>,
    context: i64,
    uid: &str,
    outcome: StopOutcome,
) -> Result<Option<Job>, crate::journal::StoreError> {
    let Some(mut job) = tx.job(uid)? else {
        return Ok(None);
    };
    if outcome == StopOutcome::AlreadyEnded || job.stop_requested {
        return Ok(Some(job));
    }
    job.stop_requested = true;
    job.stop_due = false;
    let event = stop_event(&job);
    tx.put_job(context, &mut job, vec![event])?;
    Ok(Some(job))
}

/// A submit that is held is taken out; one that is under way will be stopped as soon as it is found. `None` when it has
/// been settled meanwhile.
async fn stop_unsent(scope: &Scope, uid: &str) -> Result<Option<(Job, StopOutcome)>, Fault> {
    let (context, uid) = (scope.context, uid.to_owned());
    let work = move |tx: &mut Tx<'_>| {
        let (Some(mut job), Some(mut intent)) = (tx.job(&uid)?, tx.intent(&uid)?) else {
            return Ok(None);
        };
        match intent.state {
            IntentState::Held => {
                let job = take_out(tx, context, job, intent)?;
                return Ok(Some((job, StopOutcome::NotSent)));
            }
            IntentState::Open => {}
            _ => return Ok(None),
        }
        intent.stop_wanted = true;
        tx.update_intent(&intent)?;
        if !job.stop_requested {
            job.stop_requested = true;
            let event = stop_event(&job);
            tx.put_job(context, &mut job, vec![event])?;
        }
        Ok(Some((job, StopOutcome::WhenFound)))
    };
    Ok(scope.journal.write(work).await?)
}

/// A job whose submit was settled this moment, as it is now.
async fn settled(scope: &Scope, job: Job) -> Result<Job, Fault> {
    let uid = job.uid.clone();
    let found = scope.journal.read(move |reader| reader.job(&uid)).await?;
    found.ok_or_else(|| {
        let message = format!("the submit of {} did not take place", job.name);
        Fault::new(FaultKind::NotFound, message).hint("there is nothing to stop")
    })
}

fn stop_event(job: &Job) -> EventDraft {
    EventDraft {
        to_status: job.status.clone(),
        to_phase: Some(job.phase),
        ..EventDraft::new(EventKind::StopRequested)
    }
}
