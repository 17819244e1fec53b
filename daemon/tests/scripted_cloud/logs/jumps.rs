//! The last lines of a long log come first, and what lies before them is read later.

use super::*;

/// Writes numbered lines, so many in each of so many seconds that ended so long ago.
fn write_numbered(world: &World, ended_s: i64, seconds: i64, lines_of_a_second: usize) {
    let first_ms = now_ms(world) - (ended_s + seconds) * 1000;
    world.cloud.with(|state| {
        for second in 0..seconds {
            for n in 0..lines_of_a_second {
                state
                    .logs
                    .write(POD, first_ms + second * 1000, format!("{second}.{n}"));
            }
        }
    });
}

async fn numbers(world: &World, uid: &str) -> Vec<(u32, u64, bool)> {
    let streams = world.journal.logs().streams(uid).await.unwrap();
    let of_it = streams.iter().filter(|stream| stream.key.pod_id == POD);
    of_it
        .map(|stream| (stream.segment, stream.last, stream.complete))
        .collect()
}

#[tokio::test]
async fn the_last_lines_come_first_and_then_everything_before_them_once() {
    for (ends, keeps_tail) in ANSWERS {
        let (world, uid) = running_job(r#"{"logs": {"keep": "none"}}"#).await;
        world.cloud.with(|state| {
            state.pods = 1;
            state.logs.ends = ends;
            state.logs.keeps_tail = keeps_tail;
        });
        write_numbered(&world, 5, 300, 190);
        let followed = follow(&world, &uid);
        followed.last_first(20);
        let before = world.cloud.with(|state| state.logs.asked.len());
        world.settle().await;
        let look = followed.progress.borrow().finished;
        assert_eq!(look, 1, "{ends:?}");
        let found = numbers(&world, &uid).await;
        assert_eq!(found.len(), 2, "{ends:?} {found:?}");
        assert!(found[1].1 >= 20, "{ends:?} {found:?}");
        let calls = world.cloud.with(|state| state.logs.asked.len()) - before;
        // Those that fill the rest come after the look.
        assert!(calls < 100, "{calls}");
        write(&world, POD, now_ms(&world), 3);
        world.pass(secs(60)).await;
        let (texts, gaps) = stored(&world, &uid, POD).await;
        assert!(
            texts == written(&world, POD),
            "{ends:?} {keeps_tail}: {}",
            texts.len()
        );
        assert_eq!(gaps, []);
        let found = numbers(&world, &uid).await;
        assert!(found[0].2 && !found[1].2, "{found:?}");
    }
}

#[tokio::test]
async fn a_log_that_one_answer_holds_has_one_segment() {
    let (world, uid) = running_job(r#"{"logs": {"keep": "none"}}"#).await;
    write_numbered(&world, 5, 300, 10);
    let followed = follow(&world, &uid);
    followed.last_first(20);
    world.pass(secs(4)).await;
    assert_eq!(numbers(&world, &uid).await, [(1, 3_000, false)]);
}

#[tokio::test]
async fn a_daemon_that_was_away_for_long_shows_the_end_first_too() {
    let (mut world, uid) = running_job("{}").await;
    let followed = follow(&world, &uid);
    write_numbered(&world, 0, 10, 5);
    world.pass(secs(4)).await;
    drop(followed);
    world.kill();
    world.hands.advance(secs(1_000));
    world.start().await;
    write_numbered(&world, 5, 900, 100);
    let followed = follow(&world, &uid);
    followed.last_first(50);
    world.pass(secs(2)).await;
    let found = numbers(&world, &uid).await;
    assert_eq!(found.len(), 2, "{found:?}");
    // It dies while it fills.
    drop(followed);
    world.kill();
    world.start().await;
    let followed = follow(&world, &uid);
    world.pass(secs(60)).await;
    let (texts, gaps) = stored(&world, &uid, POD).await;
    assert!(texts == written(&world, POD), "{}", texts.len());
    assert_eq!(
        (gaps.len(), followed.progress.borrow().fault.clone()),
        (0, None)
    );
}

#[tokio::test]
async fn a_job_that_ends_while_its_beginning_is_not_read_yet_is_read_to_its_beginning() {
    let (world, uid) = running_job("{}").await;
    world.cloud.with(|state| state.pods = 1);
    write_numbered(&world, 5, 300, 190);
    let followed = follow(&world, &uid);
    followed.last_first(20);
    world.settle().await;
    world.cloud.with(|state| state.jobs[0].status = "Succeeded");
    world.running().poller.look_now().await.unwrap();
    drop(followed);
    world.pass(secs(200)).await;
    let (texts, _) = stored(&world, &uid, POD).await;
    assert!(texts == written(&world, POD), "{}", texts.len());
    assert!(
        numbers(&world, &uid)
            .await
            .iter()
            .all(|(.., complete)| *complete)
    );
}

#[tokio::test]
async fn what_is_stored_already_is_in_no_later_segment() {
    for (ends, keeps_tail) in ANSWERS {
        let (world, uid) = running_job("{}").await;
        world.cloud.with(|state| {
            state.logs.ends = ends;
            state.logs.keeps_tail = keeps_tail;
        });
        let followed = follow(&world, &uid);
        followed.last_first(20);
        world.pass(secs(4)).await;
        // Young lines are read again: the anchor stays before them.
        for count in [30, 0, 30] {
            write(&world, POD, now_ms(&world), count);
            world.pass(secs(2)).await;
        }
        // And now one answer does not hold everything behind the anchor.
        for _ in 0..3 {
            write(&world, POD, now_ms(&world), 2_200);
            world.pass(secs(3)).await;
        }
        world.pass(secs(90)).await;
        let (texts, gaps) = stored(&world, &uid, POD).await;
        assert!(
            texts == written(&world, POD),
            "{ends:?} {keeps_tail}: {} of {}",
            texts.len(),
            written(&world, POD).len()
        );
        assert_eq!(gaps, []);
    }
}

#[tokio::test]
async fn a_segment_that_begins_with_a_burst_shares_no_line_with_the_one_before() {
    for keeps_tail in [true, false] {
        let (world, uid) = running_job(r#"{"logs": {"lag": 0}}"#).await;
        world.cloud.with(|state| state.logs.keeps_tail = keeps_tail);
        let followed = follow(&world, &uid);
        followed.last_first(20);
        world.pass(secs(8)).await;
        // As many as one answer may hold.
        write(&world, POD, now_ms(&world), 4_990);
        world.pass(secs(60)).await;
        let (texts, gaps) = stored(&world, &uid, POD).await;
        assert!(numbers(&world, &uid).await.len() > 1);
        assert!(texts == written(&world, POD), "{}", texts.len());
        assert_eq!(gaps, []);
    }
}

#[tokio::test]
async fn a_late_line_before_a_later_segment_has_its_second() {
    let (world, uid) = running_job(r#"{"logs": {"lag": 0}}"#).await;
    let first_ms = now_ms(&world);
    write(&world, POD, first_ms, 3);
    let followed = follow(&world, &uid);
    followed.last_first(20);
    world.pass(secs(4)).await;
    write(&world, POD, now_ms(&world), 3);
    world.pass(secs(16)).await;
    // One answer does not hold this, and before it there is a late line.
    write(&world, POD, now_ms(&world), 4_990);
    world.cloud.with(|state| {
        let late = (POD.to_owned(), first_ms + 1_000, "late".to_owned());
        state.logs.lines.insert(3, late);
    });
    world.pass(secs(60)).await;
    let logs = world.journal.logs();
    let streams = logs.streams(&uid).await.unwrap();
    assert!(streams.len() > 1, "{streams:?}");
    let page = logs.after(streams[0].id, 0, 0, usize::MAX, usize::MAX, None);
    let page = page.await.unwrap();
    let late: Vec<_> = page.lines.iter().filter(|line| line.late).collect();
    assert_eq!(late.len(), 1, "{late:?}");
    assert_eq!(
        (late[0].text.as_slice(), late[0].second),
        (b"late".as_slice(), Some(first_ms / 1000 + 1))
    );
}

/// As `paictl logs --prune` does, whose last step takes some time: what it drops is then no more, and is still being read.
#[tokio::test]
async fn a_log_that_is_dropped_while_its_last_lines_are_looked_for_is_read_from_its_beginning() {
    let (world, uid) = running_job(r#"{"logs": {"keep": "none"}}"#).await;
    world.cloud.with(|state| {
        state.pods = 1;
        state.logs.takes = Duration::from_millis(400);
    });
    write_numbered(&world, 5, 300, 90);
    let followed = follow(&world, &uid);
    followed.last_first(20);
    world.pass(secs(1)).await;
    let (running, logs) = (world.running(), world.journal.logs());
    running.tails.forget(&uid);
    logs.drop_logs(vec![uid.clone()], false).await.unwrap();
    world.pass(secs(6)).await;
    running.tails.read_anew(&uid);
    world.pass(secs(60)).await;
    let (texts, gaps) = stored(&world, &uid, POD).await;
    assert_eq!((texts.len(), gaps.len()), (written(&world, POD).len(), 0));
}
