//! A job is deleted at the backend, and only when it has ended.

use std::sync::Arc;

use super::stop::own;
use crate::{
    journal::Tx,
    model::{DELETED, EventDraft, EventKind, Fault, FaultKind, Job, Phase, Reason},
    scope::Scope,
};

/// Removes an own job for good; one that was removed before is. Answers with the backend's id of the request, which is empty for what never was a job there.
///
/// # Errors
/// When the job is not ours or has not ended, or the backend refuses or cannot be reached.
pub async fn delete(scope: &Arc<Scope>, job: Job) -> Result<(Job, String), Fault> {
    if job.reason.as_ref().is_some_and(|why| why.code == DELETED) {
        return Ok((job, String::new()));
    }
    let job = own(scope, job).await?;
    if !job.has_ended() || job.resources_held {
        let state = match job.status.as_str() {
            "" => job.phase.as_str(),
            status => status,
        };
        let message = format!(
            "{} is {state}: only a job that has ended can be deleted",
            job.display_id()
        );
        return Err(
            Fault::new(FaultKind::Conflict, message).hint("stop it first (`paictl stop --wait`)")
        );
    }
    let request_id = match &job.native_id {
        Some(id) if job.phase != Phase::Gone => match scope.provider().delete(id).await {
            Ok(receipt) => receipt.request_id,
            // Somebody was faster.
            Err(fault) if fault.kind == FaultKind::NotFound => fault.request_id,
            Err(fault) => return Err(fault),
        },
        _ => String::new(),
    };
    let (context, uid) = (scope.context, job.uid.clone());
    let work = move |tx: &mut Tx<'_>| {
        let Some(mut job) = tx.job(&uid)? else {
            return Ok(None);
        };
        let reason = Reason {
            code: DELETED.into(),
            message: "it was deleted".into(),
        };
        let event = EventDraft {
            from_status: job.status.clone(),
            from_phase: Some(job.phase),
            to_phase: Some(Phase::Gone),
            reason: Some(reason.clone()),
            ..EventDraft::new(EventKind::Status)
        };
        // The row stays, so that a list that is late does not make it anew; lists of own jobs leave it out.
        job.own = false;
        job.phase = Phase::Gone;
        job.reason = Some(reason);
        job.ended_ms = job.ended_ms.or(Some(tx.now_ms()));
        tx.put_job(context, &mut job, vec![event])?;
        Ok(Some(job))
    };
    let deleted = scope.journal.write(work).await?;
    Ok((deleted.unwrap_or(job), request_id))
}
