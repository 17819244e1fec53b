//! A stop is requested, then observed.

use std::sync::Arc;

use crate::{
    journal::{IntentState, Tx},
    model::{EventDraft, EventKind, Fault, FaultKind, Job, Observation},
    poll::{Aftermath, PollerHandle, apply},
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
}

/// Asks for a stop of an own job.
///
/// # Errors
/// When the job is not ours, or the backend refuses or cannot be reached.
pub async fn stop(
    scope: &Arc<Scope>,
    poller: &PollerHandle,
    job: Job,
) -> Result<(Job, StopOutcome), Fault> {
    if job.has_ended() {
        return Ok((job, StopOutcome::AlreadyEnded));
    }
    let job = match job.own {
        true => job,
        false => prove_own(scope, job).await?,
    };
    if !job.own {
        return Err(Fault::new(
            FaultKind::Permission,
            format!(
                "{} is not a job of yours under the prefix {}",
                job.display_id(),
                scope.settings.prefix
            ),
        )
        .hint("only own jobs can be changed through pai"));
    }
    let Some(id) = job.native_id.clone() else {
        if let Some(job) = stop_when_found(scope, &job.uid).await? {
            return Ok((job, StopOutcome::WhenFound));
        }
        return Err(
            Fault::new(FaultKind::Conflict, "the submit was confirmed this moment")
                .hint("stop it again"),
        );
    };
    let outcome = match scope.provider.stop(&id).await? {
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
        // The answer says more than the list did: find out what the end was.
        StopOutcome::AlreadyEnded => {
            let _stale_is_told = poller.look_now().await;
            let uid = job.uid.clone();
            let fresh = scope
                .journal
                .read(move |reader| reader.job(&uid))
                .await?
                .unwrap_or(job);
            match fresh.has_ended() {
                true => Ok((fresh, outcome)),
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
            Ok((noted.unwrap_or(job), outcome))
        }
    }
}

/// A job that was named by its id before any list of our own jobs has shown it: ask such a list.
async fn prove_own(scope: &Arc<Scope>, job: Job) -> Result<Job, Fault> {
    if !job.name.starts_with(&scope.own_start()) {
        return Ok(job);
    }
    let listing = Listing {
        own_named: Some(job.name.clone()),
        ..Listing::default()
    };
    let seq = scope.journal.next_seq();
    let page = scope
        .provider
        .list(listing, seq, Priority::Interactive)
        .await?;
    let same = |seen: &Observation| Some(&seen.native_id) == job.native_id.as_ref();
    let Some(seen) = page.jobs.into_iter().find(same) else {
        return Ok(job);
    };
    let (context, uid) = (scope.context, job.uid.clone());
    let work = move |tx: &mut Tx<'_>| {
        apply(tx, context, &seen, true, new_uid, &mut Aftermath::default())?;
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

/// `None` when the submit has been settled meanwhile.
async fn stop_when_found(scope: &Scope, uid: &str) -> Result<Option<Job>, Fault> {
    let (context, uid) = (scope.context, uid.to_owned());
    let work = move |tx: &mut Tx<'_>| {
        let (Some(mut job), Some(mut intent)) = (tx.job(&uid)?, tx.intent(&uid)?) else {
            return Ok(None);
        };
        if intent.state != IntentState::Open {
            return Ok(None);
        }
        intent.stop_wanted = true;
        tx.update_intent(&intent)?;
        if !job.stop_requested {
            job.stop_requested = true;
            let event = stop_event(&job);
            tx.put_job(context, &mut job, vec![event])?;
        }
        Ok(Some(job))
    };
    Ok(scope.journal.write(work).await?)
}

fn stop_event(job: &Job) -> EventDraft {
    EventDraft {
        to_status: job.status.clone(),
        to_phase: Some(job.phase),
        ..EventDraft::new(EventKind::StopRequested)
    }
}
