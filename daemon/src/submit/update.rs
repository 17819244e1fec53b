//! A change of a job is accepted, then looked for: the backend takes what it then leaves undone (fact sheet §3.4).

use std::{sync::Arc, time::Duration};

use super::stop::own;
use crate::{
    journal::Tx,
    model::{Fault, FaultKind, Job, Phase},
    poll::{Aftermath, apply},
    provider::{JobChange, Priority},
    scope::{Scope, new_uid},
};

/// When it is looked for, after the change.
const LOOKS: [Duration; 8] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(30),
    Duration::from_secs(45),
    Duration::from_secs(60),
];
/// As often where nothing can come of it by the backend's own rules.
const HOPELESS_LOOKS: usize = 3;

/// What became of a change.
#[derive(Debug, Clone)]
pub struct Updated {
    /// The job as the backend shows it.
    pub job: Job,
    /// It shows everything that was asked for.
    pub applied: bool,
    /// Why it may not, one sentence; empty when it does.
    pub note: String,
    /// The backend's id of the request.
    pub request_id: String,
}

/// Changes an own job.
///
/// # Errors
/// When the job is not ours or has ended, nothing is asked for, or the backend refuses or cannot be reached.
pub async fn update(scope: &Arc<Scope>, job: Job, change: JobChange) -> Result<Updated, Fault> {
    let wrong = |field: &str, what: &str| Fault::new(FaultKind::Invalid, what).field(field);
    if change == JobChange::default() {
        return Err(wrong("priority", "nothing is to be changed")
            .hint("give a priority of 1 to 9, or publish it"));
    }
    if change
        .priority
        .is_some_and(|priority| !(1..=9).contains(&priority))
    {
        return Err(wrong("priority", "the priority is 1 to 9"));
    }
    let job = own(scope, job).await?;
    if job.has_ended() && change.priority.is_some() {
        let message = format!(
            "{} has ended: its priority does not matter any more",
            job.display_id()
        );
        return Err(Fault::new(FaultKind::Conflict, message));
    }
    let Some(id) = job.native_id.clone() else {
        return requeue(scope, job, change).await;
    };
    let receipt = scope.provider().update(&id, change).await?;
    let began = scope.clock.mono();
    let looks = match hopeless(&job, change) {
        Some(_) => HOPELESS_LOOKS,
        None => LOOKS.len(),
    };
    let mut job = job;
    for after in LOOKS.iter().take(looks) {
        scope.clock.sleep_until(began + *after).await;
        job = match look(scope, &job, &id).await {
            Ok(seen) => seen,
            Err(fault) => {
                tracing::warn!(job = %id, %fault, "a changed job cannot be looked at");
                continue;
            }
        };
        if shows(&job, change) {
            return Ok(Updated {
                job,
                applied: true,
                note: String::new(),
                request_id: receipt.request_id,
            });
        }
        // It began to run meanwhile.
        if hopeless(&job, change).is_some() && *after >= LOOKS[HOPELESS_LOOKS - 1] {
            break;
        }
    }
    let why = hopeless(&job, change).unwrap_or("the job does not show it yet");
    Ok(Updated {
        job,
        applied: false,
        note: format!("accepted, not applied: {why}"),
        request_id: receipt.request_id,
    })
}

/// A held submit is ours alone: it takes its new place at once.
async fn requeue(scope: &Arc<Scope>, job: Job, change: JobChange) -> Result<Updated, Fault> {
    let conflict = |what: &str| {
        let message = format!("{} {what}", job.uid);
        Fault::new(FaultKind::Conflict, message).hint("try again when the cloud has the job")
    };
    let (Phase::Held, Some(priority), false) = (job.phase, change.priority, change.publish) else {
        return Err(conflict("is not known to the cloud yet"));
    };
    let (context, uid) = (scope.context, job.uid.clone());
    let work = move |tx: &mut Tx<'_>| tx.requeue(context, &uid, priority);
    let Some(job) = scope.journal.write(work).await? else {
        return Err(conflict("was sent this moment"));
    };
    scope.queue.changed();
    Ok(Updated {
        job,
        applied: true,
        note: String::new(),
        request_id: String::new(),
    })
}

async fn look(scope: &Scope, job: &Job, id: &str) -> Result<Job, Fault> {
    let seq = scope.journal.next_seq();
    let seen = scope.provider().get(id, seq, Priority::Interactive).await?;
    let (context, uid) = (scope.context, job.uid.clone());
    let work = move |tx: &mut Tx<'_>| {
        apply(tx, context, &seen, None, new_uid, &mut Aftermath::default())?;
        tx.job(&uid)
    };
    let fresh = scope.journal.write(work).await?;
    Ok(fresh.unwrap_or_else(|| job.clone()))
}

fn shows(job: &Job, change: JobChange) -> bool {
    let priority = change
        .priority
        .is_none_or(|wanted| job.priority == Some(i32::from(wanted)));
    priority && (!change.publish || job.accessibility == "PUBLIC")
}

/// Why the backend's own rules say that a priority will not change.
fn hopeless(job: &Job, change: JobChange) -> Option<&'static str> {
    change.priority?;
    if job.resource_id.is_empty() {
        return Some("the cloud changes priorities only of jobs on a quota");
    }
    let waits = matches!(job.phase, Phase::Pending | Phase::Queued | Phase::Preparing);
    (!waits).then_some("the cloud changes priorities only until a job runs")
}
