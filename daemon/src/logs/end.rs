//! When everything of an ended job can be read. Pure.

use std::time::Duration;

use crate::model::{Job, Phase};

/// As far as the backend's clock and ours may differ before it matters here.
const CLOCKS_DIFFER: Duration = Duration::from_secs(15 * 60);
/// For so long after its end a job may name no pods although it had some (fact sheet §6.9).
const PODS_RETURN: Duration = Duration::from_secs(60);

/// From this moment on, by our clock in Unix ms, a window to the present has every line; `None` while the job goes on.
pub(super) fn readable_from_ms(job: &Job, lag: Duration) -> Option<i64> {
    if !job.has_ended() {
        return None;
    }
    let observed = job
        .milestones
        .iter()
        .filter(|mile| mile.phase.is_end())
        .map(|mile| mile.observed_ms)
        .min()
        .unwrap_or(job.observed_ms);
    // An end that lies far back by the backend's own clock needs no wait since we came to know of it.
    let told = job.ended_ms.map(|ended| ended + ms(CLOCKS_DIFFER));
    Some(told.map_or(observed, |told| told.min(observed)) + ms(lag))
}

/// Whether a job without pods may still name some.
pub(super) fn pods_may_return(job: &Job, now_ms: i64) -> bool {
    had_pods(job) && readable_from_ms(job, PODS_RETURN).is_some_and(|until_ms| now_ms < until_ms)
}

/// Whether a job has come so far that it had pods.
pub(super) fn had_pods(job: &Job) -> bool {
    let with_pods = |phase| matches!(phase, Phase::Preparing | Phase::Running);
    // One that is stopped in the queue had none; of one that was first seen stopping nothing is known.
    let first = job.milestones.first();
    job.running_ms.is_some()
        // Nothing else leads there.
        || job.phase == Phase::Succeeded
        || first.is_some_and(|mile| mile.phase == Phase::Stopping)
        || job.milestones.iter().any(|mile| with_pods(mile.phase))
}

fn ms(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Milestone;

    const LAG: Duration = Duration::from_secs(10);

    fn ended(ended_ms: Option<i64>, observed_ms: i64) -> Job {
        let mut job = Job::new("job-1".into(), "me-a".into(), Phase::Succeeded, 9_000_000);
        job.ended_ms = ended_ms;
        job.milestones.push(Milestone {
            status: "Succeeded".into(),
            phase: Phase::Succeeded,
            rev: 1,
            at_ms: None,
            observed_ms,
        });
        job
    }

    #[test]
    fn lines_come_for_as_long_as_the_lag_after_the_end() {
        let running = Job::new("job-1".into(), "me-a".into(), Phase::Running, 0);
        assert_eq!(readable_from_ms(&running, LAG), None);
        for (ended_ms, observed_ms, from_ms) in [
            (None, 5_000, 15_000),
            (Some(4_000), 5_000, 15_000),
            // First seen long after its end.
            (Some(0), 2_000_000, 910_000),
            // Their clock is ahead of ours.
            (Some(99_000), 5_000, 15_000),
        ] {
            let job = ended(ended_ms, observed_ms);
            assert_eq!(readable_from_ms(&job, LAG), Some(from_ms));
        }
    }

    #[test]
    fn pods_of_a_job_that_ran_may_be_missing_for_a_while() {
        let mut job = ended(None, 5_000);
        assert!(pods_may_return(&job, 6_000), "nothing else leads there");
        job.phase = Phase::Failed;
        assert!(!pods_may_return(&job, 6_000), "it never ran");
        job.running_ms = Some(1);
        assert!(pods_may_return(&job, 6_000));
        assert!(!pods_may_return(&job, 65_000));
    }

    #[test]
    fn a_job_that_was_stopped_in_the_queue_had_no_pods() {
        let passed = |phases: &[Phase]| {
            let mut job = ended(None, 5_000);
            job.phase = Phase::Stopped;
            let end = job.milestones.remove(0);
            for phase in phases {
                let mile = Milestone {
                    phase: *phase,
                    ..end.clone()
                };
                job.milestones.push(mile);
            }
            had_pods(&job)
        };
        assert!(!passed(&[Phase::Queued, Phase::Stopping, Phase::Stopped]));
        assert!(passed(&[Phase::Stopping, Phase::Stopped]));
        assert!(passed(&[Phase::Queued, Phase::Preparing, Phase::Stopping]));
    }
}
