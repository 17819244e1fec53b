//! Answers that are false, or of which nothing can be had.

use super::*;
use crate::cloud::log::Lie;

#[tokio::test]
async fn an_empty_answer_proves_nothing() {
    // At first contact, and later.
    for before in [0, 46] {
        let (world, uid) = running_job("{}").await;
        write(&world, POD, now_ms(&world) - 300_000, 5);
        let followed = follow(&world, &uid);
        if before == 0 {
            world.cloud.with(|state| state.logs.blank = true);
        }
        world.pass(secs(10)).await;
        write(&world, POD, now_ms(&world), before);
        world.pass(secs(4)).await;
        world.cloud.with(|state| state.logs.blank = true);
        write(&world, POD, now_ms(&world), 3);
        world.pass(secs(80)).await;
        write(&world, POD, now_ms(&world), 2);
        world.cloud.with(|state| state.logs.blank = false);
        world.pass(secs(5)).await;
        drop(followed);
        let (texts, gaps) = stored(&world, &uid, POD).await;
        assert_eq!(texts, written(&world, POD), "{before}");
        assert_eq!(gaps, []);
    }
}

/// A job whose log has so many numbered lines in each of so many seconds, 100 s ago; nobody has read it.
async fn unread_job(seconds: i64, lines_of_a_second: usize) -> (World, String) {
    let (world, uid) = running_job("{}").await;
    let first_ms = now_ms(&world) - 100_000;
    world.cloud.with(|state| {
        for second in 0..seconds {
            for n in 0..lines_of_a_second {
                let at_ms = first_ms + second * 1000;
                state.logs.write(POD, at_ms, format!("line {second}.{n}"));
            }
        }
    });
    (world, uid)
}

/// Reads a log of which this answer is false; what is stored then, what was written, and the gaps.
async fn read_with(place: usize, lie: Lie) -> (Vec<String>, Vec<String>, usize) {
    let (world, uid) = unread_job(3, 2_300).await;
    world.cloud.with(|state| {
        state.pods = 1;
        state.logs.lie = Some((place, lie));
    });
    let _followed = follow(&world, &uid);
    world.pass(secs(40)).await;
    let (texts, gaps) = stored(&world, &uid, POD).await;
    (texts, written(&world, POD), gaps.len())
}

#[tokio::test]
async fn one_empty_answer_loses_and_repeats_no_line() {
    for place in 0..20 {
        let (texts, written, gaps) = read_with(place, Lie::Empty).await;
        assert!(texts == written, "{place}: {} lines", texts.len());
        assert_eq!(gaps, 0, "{place}");
    }
}

#[tokio::test]
async fn one_answer_without_a_line_that_was_shown_repeats_none() {
    for place in 0..20 {
        let (mut texts, mut written, _) = read_with(place, Lie::Without(3)).await;
        // What was not shown at first comes late.
        texts.sort();
        written.sort();
        assert!(texts == written, "{place}: {} lines", texts.len());
    }
}

#[tokio::test]
async fn answers_that_are_too_large_are_asked_for_in_parts() {
    let (world, uid) = unread_job(6, 100).await;
    world.cloud.with(|state| {
        state.logs.too_large = 2_000;
        let at_ms = state.logs.lines[0].1 + 30_000;
        state.logs.write(POD, at_ms, "x".repeat(3_000));
        state.logs.write(POD, at_ms + 5_000, "the end");
    });
    write(&world, OTHER, now_ms(&world), 7);
    let _followed = follow(&world, &uid);
    world.pass(secs(60)).await;
    let (texts, gaps) = stored(&world, &uid, POD).await;
    let mut all = written(&world, POD);
    all.retain(|line| line.len() < 3_000);
    assert!(texts == all, "{}", texts.len());
    assert_eq!(gaps.len(), 1, "the large line");
    let (texts, gaps) = stored(&world, &uid, OTHER).await;
    assert_eq!((texts.len(), gaps.len()), (7, 0));
}

#[tokio::test]
async fn an_empty_answer_at_the_end_is_asked_for_again() {
    let (world, uid) = unread_job(1, 3).await;
    world.cloud.with(|state| {
        state.pods = 1;
        state.jobs[0].status = "Succeeded";
        state.logs.lie = Some((0, Lie::Empty));
    });
    world.running().poller.look_now().await.unwrap();
    world.pass(secs(20)).await;
    let followed = follow(&world, &uid);
    world.pass(secs(6)).await;
    assert!(followed.progress.borrow().ended.clone().unwrap().complete);
    let (texts, _) = stored(&world, &uid, POD).await;
    assert_eq!(texts, written(&world, POD));
}

#[tokio::test]
async fn a_log_that_lacks_lines_is_not_complete_before_they_are_given_up_with_a_gap() {
    let (world, uid) = running_job("{}").await;
    let followed = follow(&world, &uid);
    write(&world, POD, now_ms(&world), 9);
    world.pass(secs(4)).await;
    world.cloud.with(|state| {
        state.logs.blank = true;
        state.jobs[0].status = "Succeeded";
    });
    world.running().poller.look_now().await.unwrap();
    world.pass(secs(60)).await;
    assert_eq!(followed.progress.borrow().ended, None);
    world.pass(secs(80)).await;
    assert!(followed.progress.borrow().ended.is_some());
    let (texts, gaps) = stored(&world, &uid, POD).await;
    assert_eq!((texts.len(), gaps.len()), (9, 1));
}
