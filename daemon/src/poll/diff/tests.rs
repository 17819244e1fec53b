//! What may be believed, by example and by the thousand.

mod lives;
mod restarts;

use super::*;
use crate::model::{Milestone, Resources};

/// A life as the backend lived it: statuses, each of which began a second after the one before.
type Life = &'static [(&'static str, Phase)];

const LIFE: Life = &[
    ("Creating", Phase::Pending),
    ("Queuing", Phase::Queued),
    ("EnvPreparing", Phase::Preparing),
    ("Running", Phase::Running),
    ("Stopping", Phase::Stopping),
    ("Stopped", Phase::Stopped),
];

/// With restarts, straight and by way of the queue.
const RESTARTED: Life = &[
    ("Creating", Phase::Pending),
    ("Running", Phase::Running),
    ("Restarting", Phase::Preparing),
    ("Running", Phase::Running),
    ("Restarting", Phase::Preparing),
    ("Queuing", Phase::Queued),
    ("EnvPreparing", Phase::Preparing),
    ("Running", Phase::Running),
    ("Failed", Phase::Failed),
];

/// With a status that nobody knows, and compute that is held after the end.
const ODD: Life = &[
    ("Creating", Phase::Pending),
    ("Queuing", Phase::Queued),
    ("Bidding", Phase::Queued),
    ("Running", Phase::Running),
    ("Hibernating", Phase::Unknown),
    ("SucceededReserving", Phase::Succeeded),
    ("Succeeded", Phase::Succeeded),
];

fn seen(step: usize, seq: u64, source: Source, history: bool) -> Observation {
    seen_of(LIFE, step, seq, source, history)
}

fn seen_of(life: Life, step: usize, seq: u64, source: Source, history: bool) -> Observation {
    let (status, phase) = life[step];
    let passed = |n: usize| Passed {
        status: life[n].0.into(),
        phase: life[n].1,
        at_ms: Some(1000 * (n as i64 + 1)),
    };
    Observation {
        native_id: "dlc1".into(),
        name: "me-a".into(),
        phase,
        status: status.into(),
        sub_status: String::new(),
        reason: None,
        resources_held: status.ends_with("Reserving"),
        history: if history {
            (0..=step).map(passed).collect()
        } else {
            Vec::new()
        },
        job_type: "PyTorchJob".into(),
        command: "x".into(),
        replicas: Vec::new(),
        requested: Resources::default(),
        priority: None,
        workspace_id: "w".into(),
        resource_id: String::new(),
        user_id: String::new(),
        created_ms: Some(1000),
        submitted_ms: None,
        user_name: String::new(),
        tags: None,
        max_minutes: None,
        code: None,
        accessibility: String::new(),
        running_ms: None,
        ended_ms: phase.is_end().then_some(6000),
        restart_count: 0,
        pods: None,
        source,
        seq,
        observed_ms: 1000 * (seq as i64) + 500,
    }
}

/// Does what the journal does with events: revisions and milestones.
fn commit(job: &mut Job, events: &[EventDraft], rev: &mut u64) {
    for event in events {
        *rev += 1;
        job.rev = *rev;
        let step = Passed {
            status: event.to_status.clone(),
            phase: event.to_phase.unwrap(),
            at_ms: event.at_ms,
        };
        for passed in event.reached.iter().cloned().chain([step]) {
            if job.milestone(&passed.status, passed.phase).is_none() {
                job.milestones.push(Milestone {
                    status: passed.status,
                    phase: passed.phase,
                    rev: *rev,
                    at_ms: passed.at_ms,
                    observed_ms: 0,
                });
            }
        }
    }
}

fn known_at(step: usize, seq: u64) -> Job {
    known_of(LIFE, step, seq)
}

fn known_of(life: Life, step: usize, seq: u64) -> Job {
    let first = seen_of(life, step, seq, Source::Get, true);
    let (mut job, events) = first_sight("job-1".into(), true, &first);
    commit(&mut job, &events, &mut 0);
    job
}

fn changed(verdict: Verdict) -> (Job, Vec<EventDraft>) {
    match verdict {
        Verdict::Changed { job, events } => (*job, events),
        other => panic!("{other:?}"),
    }
}

fn steps(events: &[EventDraft]) -> Vec<(&str, &str)> {
    events
        .iter()
        .map(|event| (event.from_status.as_str(), event.to_status.as_str()))
        .collect()
}

#[test]
fn statuses_between_two_looks_are_told_in_order_with_their_own_times() {
    let (_, events) = changed(diff(&known_at(0, 1), &seen(3, 2, Source::Get, true)));
    assert_eq!(
        steps(&events),
        [
            ("Creating", "Queuing"),
            ("Queuing", "EnvPreparing"),
            ("EnvPreparing", "Running")
        ]
    );
    let times: Vec<_> = events.iter().map(|event| event.at_ms).collect();
    assert_eq!(times, [Some(2000), Some(3000), Some(4000)]);
}

#[test]
fn a_status_that_is_learnt_later_gets_a_later_event_and_leaves_the_state_alone() {
    let (mut job, events) = changed(diff(&known_at(0, 1), &seen(3, 2, Source::List, false)));
    assert_eq!(steps(&events), [("Creating", "Running")]);
    commit(&mut job, &events, &mut 10);
    let (later, events) = changed(diff(&job, &seen(3, 3, Source::Get, true)));
    assert_eq!(steps(&events), [("", "Queuing"), ("", "EnvPreparing")]);
    assert_eq!(later.status, "Running");
    assert_eq!(events[0].at_ms, Some(2000));
}

#[test]
fn an_answer_to_an_older_request_is_dropped() {
    assert_eq!(
        diff(&known_at(3, 7), &seen(2, 6, Source::Get, true)),
        Verdict::Outdated
    );
}

#[test]
fn the_same_answer_twice_is_no_event() {
    let known = known_at(3, 7);
    assert!(matches!(
        diff(&known, &seen(3, 8, Source::List, true)),
        Verdict::Same(_)
    ));
}

#[test]
fn a_step_backwards_in_a_list_is_doubtful_and_in_its_own_answer_is_not() {
    let known = known_at(3, 1);
    assert!(is_doubtful(&known, &seen(1, 2, Source::List, true)));
    assert!(may_be_late(&known, &seen(1, 2, Source::List, true)));
    assert!(!is_doubtful(&known, &seen(1, 2, Source::Get, true)));
    let mut restarting = seen(2, 2, Source::List, false);
    restarting.status = "Restarting".into();
    assert!(is_doubtful(&known, &restarting), "needs its own answer");
    assert!(
        !may_be_late(&known, &restarting),
        "but the list cannot be late: it never was there"
    );
}

#[test]
fn an_unknown_status_keeps_its_text_and_is_no_end() {
    let mut odd = seen(3, 2, Source::Get, false);
    odd.status = "Hibernating".into();
    odd.phase = Phase::Unknown;
    let (job, events) = changed(diff(&known_at(3, 1), &odd));
    assert_eq!(steps(&events), [("Running", "Hibernating")]);
    assert!(!job.has_ended() && job.is_active());
    assert_eq!(job.status, "Hibernating");
}

#[test]
fn an_unknown_status_with_a_finish_time_is_an_end_only_in_the_jobs_own_answer() {
    let mut odd = seen(3, 2, Source::List, false);
    odd.status = "Archived".into();
    odd.phase = Phase::Unknown;
    odd.ended_ms = Some(9000);
    let known = known_at(3, 1);
    let (job, _) = changed(diff(&known, &odd));
    assert!(!job.has_ended());
    assert!(wants_answer_of_its_own(&job, &odd));
    odd.source = Source::Get;
    odd.seq = 3;
    let (job, events) = changed(diff(&job, &odd));
    assert!(job.has_ended() && job.result_unknown);
    assert_eq!((job.ended_ms, events.len()), (Some(9000), 1));
    odd.source = Source::List;
    odd.seq = 4;
    assert!(matches!(diff(&job, &odd), Verdict::Same(still) if still.has_ended()));
}

#[test]
fn a_held_result_is_known_and_its_release_is_an_event() {
    let mut held = seen(3, 2, Source::Get, false);
    held.status = "SucceededReserving".into();
    held.phase = Phase::Succeeded;
    held.resources_held = true;
    let (mut job, events) = changed(diff(&known_at(3, 1), &held));
    assert!(job.has_ended() && job.is_active());
    commit(&mut job, &events, &mut 10);
    let mut released = held;
    released.status = "Succeeded".into();
    released.resources_held = false;
    released.seq = 3;
    let (job, events) = changed(diff(&job, &released));
    assert_eq!(steps(&events), [("SucceededReserving", "Succeeded")]);
    assert!(!job.is_active());
}

#[test]
fn a_confirmed_submit_tells_what_was_passed() {
    let mut ours = Job::new("job-1".into(), "me-a".into(), Phase::Unconfirmed, 0);
    ours.profile = "gpu".into();
    let (job, events) = changed(diff(&ours, &seen(3, 1, Source::List, true)));
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, EventKind::Confirmed);
    assert_eq!(events[0].reached.len(), 3);
    assert_eq!(
        (job.native_id.as_deref(), job.profile.as_str()),
        (Some("dlc1"), "gpu")
    );
}

#[test]
fn gone_is_an_end_that_keeps_the_last_status() {
    let (job, event) = gone(&known_at(3, 1), 77_000);
    assert_eq!((job.phase, job.status.as_str()), (Phase::Gone, "Running"));
    assert_eq!(event.to_phase, Some(Phase::Gone));
    assert_eq!(job.ended_ms, Some(77_000));
}

#[test]
fn what_a_list_says_of_equal_rank_is_doubted_where_the_job_has_been_before() {
    let known = known_of(ODD, 2, 1);
    let late = seen_of(ODD, 1, 2, Source::List, true);
    assert!(is_doubtful(&known, &late) && may_be_late(&known, &late));
    let bidding = seen_of(ODD, 2, 2, Source::List, true);
    assert!(!is_doubtful(&known_of(ODD, 1, 1), &bidding));

    let released = known_of(ODD, 6, 1);
    let held = seen_of(ODD, 5, 2, Source::List, true);
    assert!(is_doubtful(&released, &held));
    let release = seen_of(ODD, 6, 2, Source::List, true);
    assert!(!is_doubtful(&known_of(ODD, 5, 1), &release));
    let mut failed = release;
    failed.phase = Phase::Failed;
    assert!(is_doubtful(&released, &failed), "another end");
}
