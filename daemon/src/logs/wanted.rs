//! Of which pods lines are stored although nobody follows the job. Pure.

use crate::{
    config::Keep,
    journal::Asked,
    model::{Job, Phase, Pod},
};

/// Roles that speak for a job before its workers do, in lower case (fact sheet §4.3; roles are the backend's own words).
const MAIN_ROLES: [&str; 6] = [
    "master",
    "chief",
    "aimaster",
    "launcher",
    "head",
    "scheduler",
];

/// Pods of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pods {
    /// All incarnations of all.
    All,
    /// All incarnations of the main one.
    Main,
}

/// Whose lines are stored; `None`: nobody's.
pub(super) fn of_job(job: &Job, keep: Keep, asked: Asked) -> Option<Pods> {
    let kept = match keep {
        _ if asked.keep => Pods::All,
        Keep::All => Pods::All,
        Keep::Main => Pods::Main,
        Keep::None => return None,
    };
    if !job.own && !asked.keep {
        return None;
    }
    if job.has_ended() {
        let reads = !asked.closed && (asked.keep || was_seen_active(job));
        return reads.then_some(match job.phase {
            // What went wrong may stand in any of them.
            Phase::Failed => Pods::All,
            _ => kept,
        });
    }
    let may_print = match job.phase {
        Phase::Running | Phase::Stopping | Phase::Unknown => true,
        // Attempts before this one.
        Phase::Preparing | Phase::Queued => job.restart_count > 0 || job.running_ms.is_some(),
        _ => false,
    };
    may_print.then_some(kept)
}

/// Whether it ran before our eyes: the logs of what had ended before are history.
fn was_seen_active(job: &Job) -> bool {
    let end = job.milestones.iter().find(|mile| mile.phase.is_end());
    let first = job.milestones.first();
    let seen = first
        .zip(end)
        .is_some_and(|(first, end)| first.observed_ms < end.observed_ms);
    seen && super::end::had_pods(job)
}

/// Those of these pods, in their order.
pub(super) fn choose(mut pods: Vec<Pod>, which: Pods) -> Vec<Pod> {
    if which == Pods::All {
        return pods;
    }
    let main = pods
        .iter()
        .min_by_key(|pod| rank(pod))
        .map(|pod| pod.pod_id.clone());
    pods.retain(|pod| main.as_ref() == Some(&pod.pod_id));
    pods
}

/// The least one is the main one.
fn rank(pod: &Pod) -> (usize, u64, String) {
    let role = pod.role.to_ascii_lowercase();
    let place = MAIN_ROLES.iter().position(|main| *main == role);
    let number = pod
        .pod_id
        .rsplit('-')
        .next()
        .and_then(|number| number.parse().ok());
    (
        place.unwrap_or(MAIN_ROLES.len()),
        number.unwrap_or(u64::MAX),
        pod.pod_id.clone(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Milestone;

    fn job(phase: Phase, passed: &[Phase]) -> Job {
        let mut job = Job::new("job-1".into(), "me-a".into(), phase, 0);
        job.own = true;
        for (observed_ms, phase) in (0..).zip(passed) {
            job.milestones.push(Milestone {
                status: String::new(),
                phase: *phase,
                rev: 1,
                at_ms: None,
                observed_ms,
            });
        }
        job
    }

    const NOTHING: Asked = Asked {
        keep: false,
        closed: false,
    };
    const KEEP: Asked = Asked {
        keep: true,
        closed: false,
    };

    #[test]
    fn of_active_jobs_what_the_settings_say_and_of_failed_ones_all() {
        use Phase::{Failed, Pending, Preparing, Queued, Running, Stopping, Succeeded};
        let ran = [Queued, Running];
        let ended = |phase| job(phase, &[Running, phase]);
        for (job, keep, pods) in [
            (job(Running, &ran), Keep::Main, Some(Pods::Main)),
            (job(Running, &ran), Keep::All, Some(Pods::All)),
            (job(Running, &ran), Keep::None, None),
            (job(Stopping, &ran), Keep::Main, Some(Pods::Main)),
            (job(Pending, &[]), Keep::Main, None),
            (job(Queued, &[]), Keep::All, None),
            (job(Preparing, &[]), Keep::Main, None),
            (ended(Failed), Keep::Main, Some(Pods::All)),
            (ended(Failed), Keep::None, None),
            (ended(Succeeded), Keep::Main, Some(Pods::Main)),
        ] {
            assert_eq!(
                of_job(&job, keep, NOTHING),
                pods,
                "{:?} {keep:?}",
                job.phase
            );
        }
        let mut restarting = job(Preparing, &ran);
        restarting.restart_count = 1;
        assert_eq!(of_job(&restarting, Keep::Main, NOTHING), Some(Pods::Main));
    }

    #[test]
    fn what_somebody_asked_for_is_kept_whatever_the_settings_say_and_whosever_it_is() {
        let mut running = job(Phase::Running, &[Phase::Running]);
        running.own = false;
        assert_eq!(of_job(&running, Keep::Main, NOTHING), None);
        assert_eq!(of_job(&running, Keep::Main, KEEP), Some(Pods::All));
        assert_eq!(of_job(&running, Keep::None, KEEP), Some(Pods::All));
        // Also of a job that was never seen active.
        let ended = job(Phase::Succeeded, &[Phase::Succeeded]);
        assert_eq!(of_job(&ended, Keep::All, NOTHING), None);
        assert_eq!(of_job(&ended, Keep::All, KEEP), Some(Pods::All));
    }

    #[test]
    fn a_log_that_was_read_to_its_end_is_not_read_again() {
        let ended = job(Phase::Failed, &[Phase::Running, Phase::Failed]);
        let closed = Asked {
            keep: true,
            closed: true,
        };
        assert_eq!(of_job(&ended, Keep::All, closed), None);
    }

    #[test]
    fn the_main_pod_is_the_master_else_the_first_worker() {
        let pod = |id: &str, role: &str| Pod {
            pod_id: id.into(),
            role: role.into(),
            ..Pod::default()
        };
        let ids = |pods: Vec<Pod>| pods.into_iter().map(|pod| pod.pod_id).collect::<Vec<_>>();
        let (w10, w2) = (
            pod("dlc1-worker-10", "Worker"),
            pod("dlc1-worker-2", "Worker"),
        );
        let master = pod("dlc1-master-0", "Master");
        let chief = pod("dlc1-chief-0", "Chief");
        for (pods, main) in [
            (
                vec![w10.clone(), w2.clone(), master.clone(), chief.clone()],
                "dlc1-master-0",
            ),
            (vec![w10.clone(), chief, w2.clone()], "dlc1-chief-0"),
            (vec![w10.clone(), w2.clone()], "dlc1-worker-2"),
            (vec![pod("odd", ""), w10.clone()], "dlc1-worker-10"),
            (vec![pod("odd", "")], "odd"),
        ] {
            assert_eq!(ids(choose(pods, Pods::Main)), [main]);
        }
        // All its incarnations.
        let twice = choose(vec![w2.clone(), w10.clone(), w2.clone()], Pods::Main);
        assert_eq!(ids(twice), ["dlc1-worker-2", "dlc1-worker-2"]);
        assert_eq!(choose(vec![w2, w10], Pods::All).len(), 2);
        assert_eq!(choose(Vec::new(), Pods::Main), []);
    }
}
