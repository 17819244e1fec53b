//! When everything of an ended job can be read. Pure.

use std::time::Duration;

use super::keeper::READABLE_MS;
use crate::model::{Job, Phase};

/// As far as the backend's clock and ours may differ before it matters here.
const CLOCKS_DIFFER: Duration = Duration::from_secs(15 * 60);
/// For so long after its end a job may name no pods although it had some (fact sheet §6.9).
const PODS_RETURN: Duration = Duration::from_secs(120);

/// Now, by the clock that others may set and by one that only counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Unix ms.
    pub(super) wall_ms: i64,
    /// For so long the job is known to have ended.
    pub(super) ended_for: Duration,
}

impl Moment {
    /// Whether the end of a job is so long ago. A window to the present has every line once that is the backend's lag.
    pub(super) fn is_after_end(self, job: &Job, span: Duration) -> bool {
        from_ms(job, span).is_some_and(|from_ms| self.wall_ms >= from_ms || self.ended_for >= span)
    }

    /// How long that is from now.
    pub(super) fn until_after_end(self, job: &Job, span: Duration) -> Duration {
        let left_ms = from_ms(job, span).map_or(0, |from_ms| from_ms - self.wall_ms);
        let left = Duration::from_millis(u64::try_from(left_ms).unwrap_or(0));
        left.min(span.saturating_sub(self.ended_for))
    }

    /// Whether a job without pods, or with too few, may still name some.
    pub(super) fn pods_may_return(self, job: &Job) -> bool {
        job.has_ended() && had_pods(job) && !self.is_after_end(job, PODS_RETURN)
    }
}

/// The moment so long after a job's end, by our clock in Unix ms; `None` while the job goes on.
fn from_ms(job: &Job, lag: Duration) -> Option<i64> {
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

/// Whether the end of a job was so long ago, at `now_ms` in Unix ms, that the backend may not keep its logs any more: that it shows
/// no line proves nothing then.
pub fn may_be_forgotten(job: &Job, now_ms: i64) -> bool {
    let end_ms = from_ms(job, Duration::ZERO);
    had_pods(job) && end_ms.is_some_and(|end_ms| now_ms - end_ms > READABLE_MS)
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
        assert_eq!(from_ms(&running, LAG), None);
        for (ended_ms, observed_ms, expected) in [
            (None, 5_000, 15_000),
            (Some(4_000), 5_000, 15_000),
            // First seen long after its end.
            (Some(0), 2_000_000, 910_000),
            // Their clock is ahead of ours.
            (Some(99_000), 5_000, 15_000),
        ] {
            let job = ended(ended_ms, observed_ms);
            assert_eq!(from_ms(&job, LAG), Some(expected));
        }
    }

    fn at(wall_ms: i64, ended_for_s: u64) -> Moment {
        Moment {
            wall_ms,
            ended_for: Duration::from_secs(ended_for_s),
        }
    }

    #[test]
    fn a_clock_that_is_set_back_holds_up_nothing() {
        let job = ended(None, 5_000);
        assert!(!at(14_999, 9).is_after_end(&job, LAG));
        assert!(at(15_000, 0).is_after_end(&job, LAG));
        assert!(at(-600_000, 10).is_after_end(&job, LAG));
        let running = Job::new("job-1".into(), "me-a".into(), Phase::Running, 0);
        assert!(!at(i64::MAX, 99).is_after_end(&running, LAG));
        assert!(!at(0, 0).pods_may_return(&running));
    }

    #[test]
    fn how_long_the_last_lines_take_goes_by_the_clock_that_is_sooner_there() {
        let job = ended(None, 5_000);
        let left = |at: Moment| at.until_after_end(&job, LAG).as_millis();
        assert_eq!(left(at(6_500, 0)), 8_500);
        assert_eq!(left(at(-600_000, 4)), 6_000);
        assert_eq!(left(at(15_000, 0)), 0);
        assert_eq!(left(at(0, 11)), 0);
    }

    #[test]
    fn pods_of_a_job_that_ran_may_be_missing_for_a_while() {
        let mut job = ended(None, 5_000);
        let soon = at(124_999, 119);
        assert!(soon.pods_may_return(&job), "nothing else leads there");
        job.phase = Phase::Failed;
        assert!(!soon.pods_may_return(&job), "it never ran");
        job.running_ms = Some(1);
        assert!(soon.pods_may_return(&job));
        assert!(!at(125_000, 0).pods_may_return(&job));
    }

    #[test]
    fn a_log_may_be_forgotten_a_week_after_the_end_of_a_job_that_had_one() {
        let mut job = ended(None, 5_000);
        assert!(!may_be_forgotten(&job, READABLE_MS));
        assert!(may_be_forgotten(&job, READABLE_MS + 5_001));
        job.phase = Phase::Failed;
        assert!(!may_be_forgotten(&job, i64::MAX), "it never ran");
        let running = Job::new("job-1".into(), "me-a".into(), Phase::Running, 0);
        assert!(!may_be_forgotten(&running, i64::MAX));
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
