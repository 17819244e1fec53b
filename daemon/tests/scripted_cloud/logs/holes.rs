//! What lies before a part of a log that was read first.

use super::*;
use crate::cloud::log::Lie;
use paid::{
    logs::{Followed, has_hole},
    seek::{Pattern, Seek, Verdict},
};

/// A closed job (its main pod was kept) of whose other pod somebody reads the last lines.
async fn closed_with_a_hole() -> (World, String) {
    let (world, uid) = running_job("{}").await;
    write(&world, POD, now_ms(&world), 3);
    // It runs for half an hour, and prints forty lines a second.
    world.hands.advance(secs(1_800));
    world.settle().await;
    write_long(&world, OTHER, 5, 1_700, 40);
    world.pass(secs(30)).await;
    end(&world, "Succeeded").await;
    world.pass(secs(90)).await;
    assert!(world.journal.logs().asked(&uid).await.unwrap().closed);
    assert_eq!(world.running().tails.active(), 0);
    // As a budget of two calls a second gives.
    world
        .cloud
        .with(|state| state.logs.takes = Duration::from_millis(500));
    let followed = follow(&world, &uid);
    followed.last_first(20);
    while followed.progress.borrow().ended.is_none() {
        world.pass(secs(1)).await;
    }
    let streams = world.journal.logs().streams(&uid).await.unwrap();
    assert!(has_hole(&streams), "{streams:?}");
    drop(followed);
    (world, uid)
}

/// Waits until no hole is left: who follows from the first line is told no end before.
async fn filled(world: &World, uid: &str, followed: &Followed) {
    for _ in 0..300 {
        let streams = world.journal.logs().streams(uid).await.unwrap();
        if !has_hole(&streams) {
            return;
        }
        world.pass(secs(1)).await;
    }
    panic!("a hole is left: {:?}", followed.progress.borrow());
}

#[tokio::test]
async fn a_hole_in_the_log_of_a_closed_job_is_filled_for_who_follows_it() {
    let (world, uid) = closed_with_a_hole().await;
    let followed = follow(&world, &uid);
    filled(&world, &uid, &followed).await;
}

#[tokio::test]
async fn a_wait_for_a_line_of_a_closed_job_ends() {
    let (world, uid) = closed_with_a_hole().await;
    let pattern = Pattern::new("never printed").unwrap();
    let mut seek = Seek::begin(world.running(), vec![uid.clone()], pattern, false);
    for _ in 0..900 {
        tokio::select! {
            biased;
            news = seek.news() => news.unwrap(),
            () = world.pass(secs(1)) => {}
        }
        if *seek.verdict(0) != Verdict::NotYet {
            return;
        }
    }
    panic!(
        "15 minutes after the end of a job that ended long ago: {:?}",
        seek.verdict(0)
    );
}

#[tokio::test]
async fn a_late_line_before_a_later_segment_is_read_where_our_clock_is_ahead() {
    for behind_ms in [0, 60_000] {
        let (world, uid) = running_job(r#"{"logs": {"lag": 0, "keep": "none"}}"#).await;
        world.cloud.with(|state| {
            state.pods = 1;
            state.behind_ms += behind_ms;
        });
        // 57,000 lines up to the present, and one of 14 s ago that appears 15 s late.
        write_long(&world, POD, 0, 300, 190);
        world.cloud.with(|state| {
            let place = 286 * 190 + 7;
            state.logs.delays.insert(place, 18_000);
        });
        let followed = follow(&world, &uid);
        followed.last_first(20);
        world.pass(secs(120)).await;
        let (texts, gaps) = stored(&world, &uid, POD).await;
        let streams = world.journal.logs().streams(&uid).await.unwrap();
        assert_eq!(
            (texts.len(), gaps.len()),
            (written(&world, POD).len(), 0),
            "our clock is {behind_ms} ms ahead: {streams:?}"
        );
    }
}

/// What follows the last segment is told while the part before it cannot be read.
#[tokio::test]
async fn who_waits_for_a_part_that_cannot_be_read_is_told_when_nobody_reads_any_more() {
    let (world, uid) = running_job(r#"{"logs": {"keep": "none"}}"#).await;
    write_long(&world, POD, 5, 300, 190);
    world
        .cloud
        .with(|state| state.logs.takes = Duration::from_millis(400));
    let followed = follow(&world, &uid);
    followed.last_first(20);
    world.pass(secs(12)).await;
    let streams = world.journal.logs().streams(&uid).await.unwrap();
    assert!(has_hole(&streams), "{streams:?}");
    // The right to read logs is taken away, and the job ends.
    world.cloud.with(|state| state.logs.barred = Some(POD));
    end(&world, "Succeeded").await;
    for _ in 0..300 {
        world.pass(secs(1)).await;
        if followed.progress.borrow().over {
            break;
        }
    }
    let progress = followed.progress.borrow().clone();
    assert!(progress.over && progress.ended.is_some(), "{progress:?}");
    let streams = world.journal.logs().streams(&uid).await.unwrap();
    assert!(has_hole(&streams), "{streams:?}");
}

/// The same with one pod: its log was read to its end, dropped by a person, and read anew.
#[tokio::test]
async fn the_dropped_log_of_an_ended_job_is_read_anew_to_its_beginning() {
    let (world, uid) = running_job("{}").await;
    world.cloud.with(|state| state.pods = 1);
    world.hands.advance(secs(1_800));
    world.settle().await;
    write_long(&world, POD, 5, 1_700, 40);
    world.pass(secs(60)).await;
    end(&world, "Succeeded").await;
    world.pass(secs(120)).await;
    let logs = world.journal.logs();
    assert!(logs.asked(&uid).await.unwrap().closed);
    logs.drop_logs(vec![uid.clone()], false).await.unwrap();
    world
        .cloud
        .with(|state| state.logs.takes = Duration::from_millis(500));
    // `paictl logs --tail 20`, or what an agent reads.
    let followed = follow(&world, &uid);
    followed.last_first(20);
    world.pass(secs(10)).await;
    assert!(has_hole(&logs.streams(&uid).await.unwrap()));
    drop(followed);
    // `paictl logs`
    let followed = follow(&world, &uid);
    filled(&world, &uid, &followed).await;
}

/// Where the next segment begins, one answer lacks one line of a settled second.
#[tokio::test]
async fn an_answer_that_lacks_a_line_where_segments_meet_loses_and_repeats_none() {
    let mut wrong = Vec::new();
    let run = async |lie: Option<(usize, Lie)>| {
        let (world, uid) = running_job(r#"{"logs": {"keep": "none"}}"#).await;
        world.cloud.with(|state| {
            state.pods = 1;
            state.logs.lie = lie;
        });
        write_long(&world, POD, 0, 60, 90);
        let followed = follow(&world, &uid);
        followed.last_first(20);
        world.pass(secs(60)).await;
        let (mut texts, gaps) = stored(&world, &uid, POD).await;
        let mut all = written(&world, POD);
        texts.sort();
        all.sort();
        let begin = world.journal.logs().streams(&uid).await.unwrap()[1].begin;
        let meets: Vec<_> = world.cloud.with(|state| {
            let windows = state.logs.asked.iter().enumerate();
            windows
                .filter(|(_, window)| window.to == Some(begin))
                .map(|(place, _)| place)
                .collect()
        });
        let mut distinct = texts.clone();
        distinct.dedup();
        (
            texts == all || !gaps.is_empty(),
            (texts.len(), distinct.len(), all.len()),
            meets,
        )
    };
    let (is_right, _, meets) = run(None).await;
    assert!(is_right && !meets.is_empty());
    for place in meets {
        let (is_right, lines, _) = run(Some((place, Lie::Without(3)))).await;
        if !is_right {
            wrong.push((place, lines));
        }
    }
    assert!(
        wrong.is_empty(),
        "place of the answer, (lines, distinct lines, written): {wrong:?}"
    );
}

/// A burst, and three lines after it: the last twenty lines are twenty.
#[tokio::test]
async fn the_last_lines_are_as_many_as_were_asked_for_also_behind_a_burst() {
    let (world, uid) = running_job(r#"{"logs": {"keep": "none"}}"#).await;
    world.cloud.with(|state| state.pods = 1);
    write_long(&world, POD, 20, 30, 190);
    write_long(&world, POD, 3, 3, 1);
    let followed = follow(&world, &uid);
    followed.last_first(20);
    world.settle().await;
    assert_eq!(followed.progress.borrow().finished, 1);
    let streams = world.journal.logs().streams(&uid).await.unwrap();
    let told: Vec<_> = streams
        .iter()
        .filter(|stream| stream.key.pod_id == POD)
        .map(|stream| (stream.segment, stream.last, stream.complete))
        .collect();
    // `--tail 20` takes nothing from before a hole.
    let newest = told.last().unwrap();
    assert!(newest.1 >= 20, "segment, lines, complete: {told:?}");
}

/// Whenever it is read: the way back begins at the end of the job, not at the present.
#[tokio::test]
async fn the_last_lines_of_a_job_that_ended_long_ago_are_its_last_ones() {
    for (later_s, seconds, of_a_second) in [(31, 30, 1_000), (900, 40, 300), (40_000, 1_700, 40)] {
        let (world, uid) = running_job(r#"{"logs": {"keep": "none"}}"#).await;
        world.cloud.with(|state| state.pods = 1);
        world.hands.advance(secs(1_800));
        world.settle().await;
        write_long(&world, POD, 0, seconds, of_a_second);
        let ended_ms = world.cloud.now_ms();
        world
            .cloud
            .with(|state| state.jobs[0].ended_ms = Some(ended_ms));
        end(&world, "Failed").await;
        world.hands.advance(secs(later_s));
        world.settle().await;
        let followed = follow(&world, &uid);
        followed.last_first(20);
        while followed.progress.borrow().finished == 0 {
            world.pass(secs(1)).await;
        }
        let logs = world.journal.logs();
        let streams = logs.streams(&uid).await.unwrap();
        let newest = streams.last().unwrap();
        assert!(newest.last >= 20, "{later_s}: {streams:?}");
        let page = logs.after(newest.id, newest.last - 1, 0, 9, 999, None);
        let last = page.await.unwrap().lines.pop().unwrap();
        let text = String::from_utf8(last.text).unwrap();
        assert_eq!(text, written(&world, POD).pop().unwrap(), "{later_s}");
        // Nor was it filed long after the end.
        let end_s = ended_ms.div_euclid(1000);
        let filed = last.second.unwrap();
        assert!(
            (end_s - 1..end_s + 60).contains(&filed),
            "{later_s}: {filed} of {end_s}"
        );
    }
}

/// The pod began anew, and the cloud drops the log of its dead incarnation before all of it is read. The job goes on.
#[tokio::test]
async fn a_part_that_the_cloud_does_not_have_any_more_holds_up_no_later_attempt() {
    let (world, uid) = running_job(r#"{"logs": {"keep": "none"}}"#).await;
    world.cloud.with(|state| {
        state.pods = 1;
        state.logs.earlier = Some("dead");
        state.logs.takes = Duration::from_millis(400);
    });
    write_long(&world, "dead", 5, 300, 190);
    write(&world, POD, now_ms(&world), 3);
    end(&world, "Restarting").await;
    end(&world, "Running").await;
    let followed = follow(&world, &uid);
    followed.last_first(20);
    world.pass(secs(14)).await;
    let logs = world.journal.logs();
    assert!(has_hole(&logs.streams(&uid).await.unwrap()));
    world.cloud.with(|state| state.logs.gone = Some("dead"));
    world.pass(secs(60)).await;
    let streams = logs.streams(&uid).await.unwrap();
    // Who follows from the first line is told nothing of the present attempt before.
    assert!(!has_hole(&streams), "{streams:?}");
}

/// The end of a dead incarnation's log is stored whole, and the right to read what lies before it is taken away.
#[tokio::test]
async fn a_part_that_nobody_may_read_is_not_asked_for_for_ever() {
    let (world, uid) = running_job(r#"{"logs": {"keep": "none"}}"#).await;
    world.cloud.with(|state| {
        state.pods = 0;
        state.logs.earlier = Some("dead");
        state.logs.takes = Duration::from_secs(2);
    });
    write_long(&world, "dead", 5, 300, 190);
    end(&world, "Restarting").await;
    end(&world, "Running").await;
    let followed = follow(&world, &uid);
    followed.last_first(20);
    let logs = world.journal.logs();
    let is_begun = async || {
        let streams = logs.streams(&uid).await.unwrap();
        streams.last().is_some_and(|stream| stream.complete)
    };
    while !is_begun().await {
        world.pass(secs(5)).await;
    }
    assert!(has_hole(&logs.streams(&uid).await.unwrap()));
    world.cloud.with(|state| state.logs.barred = Some(POD));
    end(&world, "Failed").await;
    world.pass(secs(300)).await;
    let progress = followed.progress.borrow().clone();
    assert!(progress.over && progress.ended.is_some(), "{progress:?}");
}

/// Its line may be in the log that nobody could read.
#[tokio::test]
async fn a_wait_for_a_line_of_a_log_that_cannot_be_read_does_not_say_that_there_is_none() {
    let (world, uid) = running_job("{}").await;
    world.cloud.with(|state| state.logs.barred = Some(POD));
    world
        .cloud
        .with(|state| state.logs.write(POD, EPOCH_MS, "needle"));
    end(&world, "Succeeded").await;
    let pattern = Pattern::new("needle").unwrap();
    let mut seek = Seek::begin(world.running(), vec![uid], pattern, false);
    for _ in 0..200 {
        tokio::select! {
            biased;
            news = seek.news() => if news.is_err() { return },
            () = world.pass(secs(1)) => {}
        }
    }
    let unsure = Verdict::Unsure("its log could not be read");
    assert_eq!(*seek.verdict(0), unsure);
}
