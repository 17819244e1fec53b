//! Has a job reached a condition? Pure: a wait asks "has reached", never "is" (invariant 2).

use crate::model::{Job, Milestone, Phase};

/// What somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    /// Any end.
    Terminal,
    /// This phase; for running also a later one that proves it.
    Phase(Phase),
    /// The backend's own word, ignoring case.
    Status(String),
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    /// It has; proved by this.
    Yes(Option<Milestone>),
    /// It has ended without.
    Never,
    /// Not yet.
    NotYet,
}

pub(super) fn reach(job: &Job, condition: &Condition) -> Reach {
    let reached = match condition {
        Condition::Terminal => job.has_ended().then(|| newest(job)),
        Condition::Phase(phase) => in_phase(job, *phase),
        Condition::Status(word) => job
            .milestones
            .iter()
            .find(|mile| mile.status.eq_ignore_ascii_case(word))
            .map(|mile| Some(mile.clone())),
    };
    match reached {
        Some(proof) => Reach::Yes(proof),
        None if job.has_ended() => Reach::Never,
        None => Reach::NotYet,
    }
}

fn in_phase(job: &Job, phase: Phase) -> Option<Option<Milestone>> {
    if let Some(mile) = job.milestones.iter().find(|mile| mile.phase == phase) {
        return Some(Some(mile.clone()));
    }
    if job.phase == phase {
        return Some(newest(job));
    }
    // A job cannot succeed without having run; a start time proves it for any end.
    let ran = job.phase == Phase::Succeeded || job.running_ms.is_some();
    (phase == Phase::Running && ran).then(|| newest(job))
}

fn newest(job: &Job) -> Option<Milestone> {
    job.milestones
        .iter()
        .rfind(|mile| mile.phase == job.phase && mile.status == job.status)
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(phase: Phase, status: &str, passed: &[(&str, Phase)]) -> Job {
        let mut job = Job::new("u".into(), "n".into(), phase, 0);
        status.clone_into(&mut job.status);
        for (rev, (status, phase)) in (1_u64..).zip(passed) {
            job.milestones.push(Milestone {
                status: (*status).into(),
                phase: *phase,
                rev,
                at_ms: None,
                observed_ms: 0,
            });
        }
        job
    }

    fn yes(job: &Job, condition: &Condition) -> bool {
        matches!(reach(job, condition), Reach::Yes(_))
    }

    #[test]
    fn a_job_that_ran_and_ended_between_two_looks_did_reach_running() {
        let done = job(
            Phase::Succeeded,
            "Succeeded",
            &[("Running", Phase::Running), ("Succeeded", Phase::Succeeded)],
        );
        assert!(yes(&done, &Condition::Phase(Phase::Running)));
        assert!(yes(&done, &Condition::Status("running".into())));
        assert!(yes(&done, &Condition::Terminal));
    }

    #[test]
    fn success_or_a_start_time_proves_running() {
        assert!(yes(
            &job(Phase::Succeeded, "Succeeded", &[]),
            &Condition::Phase(Phase::Running)
        ));
        let mut failed = job(Phase::Failed, "Failed", &[]);
        assert_eq!(
            reach(&failed, &Condition::Phase(Phase::Running)),
            Reach::Never
        );
        failed.running_ms = Some(1);
        assert!(yes(&failed, &Condition::Phase(Phase::Running)));
    }

    #[test]
    fn what_can_no_longer_come_is_said() {
        let stopped = job(Phase::Stopped, "Stopped", &[("Queuing", Phase::Queued)]);
        assert_eq!(
            reach(&stopped, &Condition::Status("Running".into())),
            Reach::Never
        );
        assert!(yes(&stopped, &Condition::Status("queuing".into())));
        let unknown = job(Phase::Unknown, "Hibernating", &[]);
        assert_eq!(reach(&unknown, &Condition::Terminal), Reach::NotYet);
    }
}
