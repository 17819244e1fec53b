//! Statuses that a job was in more than once.

use super::*;

fn times(events: &[EventDraft]) -> Vec<Option<i64>> {
    events.iter().map(|event| event.at_ms).collect()
}

#[test]
fn each_restart_between_two_looks_is_told_with_both_of_its_steps_and_only_once() {
    let mut job = known_of(RESTARTED, 1, 1);
    let again = [("Running", "Restarting"), ("Restarting", "Running")];
    let (after, events) = changed(diff(&job, &seen_of(RESTARTED, 3, 2, Source::Get, true)));
    job = after;
    assert_eq!(steps(&events), again);
    assert_eq!(times(&events), [Some(3000), Some(4000)]);
    assert_eq!(job.restart_count, 1);
    commit(&mut job, &events, &mut 10);
    let same = diff(&job, &seen_of(RESTARTED, 3, 3, Source::Get, true));
    assert!(matches!(same, Verdict::Same(_)), "{same:?}");

    let (after, events) = changed(diff(&job, &seen_of(RESTARTED, 7, 4, Source::Get, true)));
    let by_way_of_the_queue = [
        ("Running", "Restarting"),
        ("Restarting", "Queuing"),
        ("Queuing", "EnvPreparing"),
        ("EnvPreparing", "Running"),
    ];
    assert_eq!(steps(&events), by_way_of_the_queue);
    assert_eq!(after.restart_count, 2);
}

#[test]
fn restarts_that_were_seen_are_not_told_again_by_the_history() {
    let mut job = known_of(RESTARTED, 1, 1);
    for (step, seq) in [(2, 2), (3, 3), (4, 4)] {
        let (after, events) = changed(diff(
            &job,
            &seen_of(RESTARTED, step, seq, Source::Get, false),
        ));
        assert_eq!(events.len(), 1);
        job = after;
        commit(&mut job, &events, &mut 10);
    }
    let same = diff(&job, &seen_of(RESTARTED, 4, 5, Source::Get, true));
    assert!(matches!(same, Verdict::Same(_)), "{same:?}");
    let (_, events) = changed(diff(&job, &seen_of(RESTARTED, 6, 6, Source::Get, true)));
    assert_eq!(
        steps(&events),
        [("Restarting", "Queuing"), ("Queuing", "EnvPreparing")]
    );
}

#[test]
fn a_restart_of_which_only_the_count_is_known_is_one_event() {
    let known = known_at(3, 1);
    let mut counted = seen(3, 2, Source::List, false);
    counted.restart_count = 1;
    assert!(wants_answer_of_its_own(&known, &counted));
    let (job, events) = changed(diff(&known, &counted));
    assert_eq!(steps(&events), [("Running", "Running")]);
    assert_eq!((job.restart_count, events[0].at_ms), (1, None));
    counted.seq = 3;
    assert!(matches!(diff(&job, &counted), Verdict::Same(_)));
}

#[test]
fn a_return_to_a_status_does_not_get_the_time_of_the_first_visit() {
    let mut job = known_of(RESTARTED, 1, 1);
    let (after, events) = changed(diff(&job, &seen_of(RESTARTED, 2, 2, Source::Get, true)));
    job = after;
    commit(&mut job, &events, &mut 10);
    // Lists give the first time of running only.
    let mut back = seen_of(RESTARTED, 3, 3, Source::List, true);
    back.history.truncate(2);
    let (_, events) = changed(diff(&job, &back));
    assert_eq!(steps(&events), [("Restarting", "Running")]);
    assert_eq!(times(&events), [None]);
}

#[test]
fn an_end_is_not_left_again_for_restarts_that_are_learnt_later() {
    let known = known_of(RESTARTED, 1, 1);
    let (mut job, events) = changed(diff(&known, &seen_of(RESTARTED, 8, 2, Source::List, false)));
    commit(&mut job, &events, &mut 10);
    let (job, events) = changed(diff(&job, &seen_of(RESTARTED, 8, 3, Source::Get, true)));
    assert_eq!(
        steps(&events),
        [("", "Restarting"), ("", "Queuing"), ("", "EnvPreparing")]
    );
    assert_eq!((job.status.as_str(), job.restart_count), ("Failed", 2));
}

#[test]
fn a_history_that_leaves_the_known_state_out_tells_nothing_twice() {
    const GAP: Life = &[
        ("Creating", Phase::Pending),
        ("EnvPreparing", Phase::Preparing),
        ("Running", Phase::Running),
        ("Restarting", Phase::Preparing),
        ("EnvPreparing", Phase::Preparing),
        ("Running", Phase::Running),
    ];
    let with_gap = |step, seq| {
        let mut seen = seen_of(GAP, step, seq, Source::Get, true);
        seen.history.remove(4);
        seen
    };
    let (mut job, events) = changed(diff(&known_of(GAP, 2, 1), &with_gap(4, 2)));
    assert_eq!(
        steps(&events),
        [("Running", "Restarting"), ("Restarting", "EnvPreparing")]
    );
    commit(&mut job, &events, &mut 10);
    let (_, events) = changed(diff(&job, &with_gap(5, 3)));
    assert_eq!(steps(&events), [("EnvPreparing", "Running")]);
    assert_eq!(times(&events), [Some(6000)]);
}
