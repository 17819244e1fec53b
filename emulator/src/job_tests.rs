use Status::*;

use super::*;

const ALL: [Status; 11] = [
    Creating,
    Queuing,
    EnvPreparing,
    Running,
    Restarting,
    Stopping,
    SucceededReserving,
    FailedReserving,
    Succeeded,
    Failed,
    Stopped,
];

fn job() -> Job {
    let body = br#"{"DisplayName":"a","JobType":"PyTorchJob","UserCommand":"true",
                    "JobSpecs":[{"Type":"Worker","Image":"i"}]}"#;
    Job::new("dlc1".into(), Submission::parse(body, "ws").unwrap(), 1000)
}

fn advance(job: &mut Job, status: Status, ms: i64) -> bool {
    job.advance(status, "", String::new(), ms)
}

#[test]
fn a_job_passes_its_states_in_order() {
    let mut job = job();
    for (step, status) in [Queuing, EnvPreparing, Running, Succeeded]
        .into_iter()
        .enumerate()
    {
        assert!(advance(
            &mut job,
            status,
            2000 + i64::try_from(step).unwrap()
        ));
    }
    assert_eq!(job.status(), Succeeded);
    assert_eq!(job.created_ms(), 1000);
    assert_eq!(first_ms(job.transitions(), &[Running]), Some(2002));
    assert_eq!(finish_ms(job.transitions()), Some(2003));
}

#[test]
fn nothing_follows_a_final_status() {
    for end in ALL.into_iter().filter(|status| status.is_final()) {
        for next in ALL {
            assert!(!next.may_follow(end), "{end} then {next}");
        }
    }
}

#[test]
fn a_stop_is_possible_from_every_state_that_lives_and_ends_in_stopped() {
    for before in [Creating, Queuing, EnvPreparing, Running, Restarting] {
        assert!(Stopping.may_follow(before), "{before}");
    }
    let after: Vec<Status> = ALL
        .into_iter()
        .filter(|next| next.may_follow(Stopping))
        .collect();
    assert_eq!(after, [Stopped]);
}

#[test]
fn a_job_that_is_kept_goes_to_its_own_end_and_to_no_other() {
    for (kept, end) in [(SucceededReserving, Succeeded), (FailedReserving, Failed)] {
        for before in ALL {
            assert_eq!(kept.may_follow(before), before == Running, "{before}");
        }
        let after: Vec<Status> = ALL
            .into_iter()
            .filter(|next| next.may_follow(kept))
            .collect();
        assert_eq!(after, [end]);
    }
}

#[test]
fn what_is_kept_has_run_and_not_ended() {
    let mut job = job();
    for (ms, status) in [(2, Queuing), (3, EnvPreparing), (4, Running)] {
        advance(&mut job, status, ms * 1000);
    }
    assert_eq!(ran_until_ms(job.transitions()), None);
    advance(&mut job, FailedReserving, 5000);
    assert_eq!(ran_until_ms(job.transitions()), Some(5000));
    assert_eq!(finish_ms(job.transitions()), None);
    advance(&mut job, Failed, 6000);
    assert_eq!(ran_until_ms(job.transitions()), Some(5000));
    assert_eq!(finish_ms(job.transitions()), Some(6000));
}

#[test]
fn the_past_can_be_shown() {
    let mut job = job();
    advance(&mut job, Queuing, 2000);
    advance(&mut job, EnvPreparing, 3000);
    assert!(job.as_of(999).is_empty());
    assert_eq!(job.as_of(1000).len(), 1);
    assert_eq!(job.as_of(2999).last().unwrap().status, Queuing);
}

#[test]
fn times_never_decrease_when_the_clock_is_set_back() {
    let mut job = job();
    assert!(advance(&mut job, Queuing, 500));
    assert_eq!(job.transitions()[1].ms, 1000);
}

#[test]
fn a_change_shows_from_its_time_on_and_the_newest_wins() {
    let mut job = job();
    assert_eq!(
        (job.priority(9000), job.accessibility(9000)),
        (1, "PRIVATE")
    );
    job.change(Key::Priority, 5.into(), 3000);
    job.change(Key::Priority, 7.into(), 4000);
    job.change(Key::Accessibility, "PUBLIC".into(), 5000);
    let seen: Vec<u64> = [2999, 3000, 3999, 4000]
        .into_iter()
        .map(|ms| job.priority(ms))
        .collect();
    assert_eq!(seen, [1, 5, 5, 7]);
    assert_eq!(job.accessibility(4999), "PRIVATE");
    assert_eq!(job.accessibility(5000), "PUBLIC");
    assert_eq!(job.modified_ms(1999), 1000);
    assert_eq!(job.modified_ms(4500), 4000);
    assert!(advance(&mut job, Queuing, 6000));
    assert_eq!(job.modified_ms(i64::MAX), 6000);
}

#[test]
fn what_was_sent_as_null_or_empty_counts_as_not_sent() {
    let body = br#"{"DisplayName":"a","JobType":"PyTorchJob","UserCommand":"true","Priority":null,
                    "Accessibility":"","JobSpecs":[{"Type":"Worker","Image":"i"}]}"#;
    let job = Job::new("dlc1".into(), Submission::parse(body, "ws").unwrap(), 1000);
    assert_eq!(
        (job.priority(1000), job.accessibility(1000)),
        (1, "PRIVATE")
    );
}

#[test]
fn a_deleted_job_is_known_to_those_who_look_at_the_past() {
    let mut job = job();
    assert!(!job.exists_at(999) && job.exists_at(1000) && job.exists_at(i64::MAX));
    job.delete(3000);
    assert!(job.exists_at(2999) && !job.exists_at(3000));
}
