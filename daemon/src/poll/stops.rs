//! Stops that were decided while the job could not be reached: of twins, and of submits that were given up.

use super::commit::commit;
use crate::{
    journal::{StoreError, Tx},
    model::{EventDraft, EventKind, Fault},
    provider::{Priority, StopAck},
    scope::Scope,
};

/// Sends what is due. What could not be sent stays due, and the next look tries again.
pub(super) async fn send_due(scope: &Scope) -> Result<(), Fault> {
    let context = scope.context;
    let active = scope
        .journal
        .read(move |reader| reader.active_jobs(context))
        .await?;
    for job in active.into_iter().filter(|job| job.stop_due) {
        let Some(id) = job.native_id.clone() else {
            continue;
        };
        let sent = match scope.provider().stop(&id).await {
            Ok(receipt) => match receipt.value {
                StopAck::Accepted => true,
                StopAck::AlreadyEnded => {
                    if let Err(fault) = check_end(scope, &id, Priority::Background).await {
                        tracing::warn!(job = %id, %fault, "a job that cannot be stopped cannot be looked at");
                    }
                    false
                }
            },
            Err(fault) => {
                tracing::warn!(job = %id, %fault, "a stop that is due could not be sent");
                continue;
            }
        };
        scope
            .journal
            .write(move |tx| note(tx, context, &job.uid, sent))
            .await?;
    }
    Ok(())
}

/// "Cannot be stopped" may also mean "not now": only the job itself says whether it has ended, and lists may be late.
///
/// # Errors
/// When the backend does not answer, or the store cannot be written.
pub async fn check_end(scope: &Scope, id: &str, priority: Priority) -> Result<(), Fault> {
    let seq = scope.journal.next_seq();
    let seen = scope.provider().get(id, seq, priority).await?;
    commit(scope, vec![(seen, false)]).await?;
    Ok(())
}

/// Nothing is due any more once the stop was sent or the job has ended.
fn note(tx: &mut Tx<'_>, context: i64, uid: &str, sent: bool) -> Result<(), StoreError> {
    let Some(mut job) = tx.job(uid)?.filter(|job| sent || job.has_ended()) else {
        return Ok(());
    };
    job.stop_due = false;
    let mut events = Vec::new();
    if sent && !job.stop_requested {
        job.stop_requested = true;
        events.push(EventDraft {
            to_status: job.status.clone(),
            to_phase: Some(job.phase),
            ..EventDraft::new(EventKind::StopRequested)
        });
    }
    tx.put_job(context, &mut job, events)
}
