//! Which jobs a wait is about.

use std::{sync::Arc, time::Duration};

use crate::{
    contexts::Running,
    journal::Published,
    model::{EventKind, Fault, FaultKind, Job, Phase},
    rpc::{first_look, resolve},
    sys::clock::Mono,
};

/// How much longer than the wait itself its jobs may be looked for: its client gives up soon after it.
const GRACE: Duration = Duration::from_secs(1);

/// A job that is waited for.
pub(super) struct Target {
    /// As the client wrote it.
    pub(super) id: String,
    /// As it is now.
    pub(super) job: Arc<Job>,
}

/// Finds them all.
///
/// # Errors
/// Why one is not found, or that the time of the wait was over before.
pub(super) async fn find(
    running: &Running,
    ids: &[String],
    deadline: Option<Mono>,
) -> Result<Vec<Target>, Fault> {
    let found = async {
        let mut targets = Vec::with_capacity(ids.len());
        for id in ids {
            let job = Arc::new(resolve::job(running, id).await?);
            targets.push(Target {
                id: id.clone(),
                job,
            });
        }
        Ok(targets)
    };
    tokio::select! {
        found = found => found,
        () = running.scope.clock.until(deadline.map(|at| at + GRACE)) => Err(late(running)),
    }
}

fn late(running: &Running) -> Fault {
    let unanswered = || {
        let what = "the cloud was asked for the jobs to wait for, and has not answered in time";
        Fault::new(FaultKind::Unavailable, what).hint("try again, or wait longer")
    };
    first_look::answered(running).map_or_else(|fault| fault, |()| unanswered())
}

/// The event with its job. One that was forgotten is not in the table any more: it is what we held, with what the event says.
pub(super) fn with_job(targets: &[Target], published: Arc<Published>) -> Arc<Published> {
    let event = &published.event;
    let held = targets
        .iter()
        .find(|target| event.job_uid.as_deref() == Some(&target.job.uid));
    match (held, &published.job) {
        (Some(held), None) if event.what.kind == EventKind::NotSubmitted => {
            let job = Job {
                phase: event.what.to_phase.unwrap_or(Phase::Gone),
                reason: event.what.reason.clone(),
                ended_ms: Some(event.observed_ms),
                rev: event.rev,
                ..(*held.job).clone()
            };
            Arc::new(Published {
                job: Some(Arc::new(job)),
                ..(*published).clone()
            })
        }
        _ => published,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Event, EventDraft, Reason};

    fn read_back(uid: &str, kind: EventKind) -> Arc<Published> {
        let what = EventDraft {
            to_phase: Some(Phase::Gone),
            reason: Some(Reason {
                code: "Refused".into(),
                message: "no quota".into(),
            }),
            ..EventDraft::new(kind)
        };
        Arc::new(Published {
            event: Event {
                rev: 9,
                context: 1,
                job_uid: Some(uid.into()),
                observed_ms: 7,
                what,
            },
            job: None,
            committed: None,
            encoded: std::sync::OnceLock::new(),
        })
    }

    #[test]
    fn who_was_behind_hears_that_a_submit_did_not_take_place() {
        let job = Job::new("job-a".into(), "train".into(), Phase::Submitting, 0);
        let targets = [Target {
            id: "train".into(),
            job: Arc::new(job),
        }];
        let told = with_job(&targets, read_back("job-a", EventKind::NotSubmitted));
        let job = told.job.as_ref().unwrap();
        assert!(job.has_ended());
        assert_eq!((job.name.as_str(), job.rev), ("train", 9));
        assert_eq!(job.reason.as_ref().unwrap().message, "no quota");
        for (uid, kind) in [
            ("job-b", EventKind::NotSubmitted),
            ("job-a", EventKind::Status),
        ] {
            assert!(with_job(&targets, read_back(uid, kind)).job.is_none());
        }
    }
}
