//! Edges at which lines could be lost, repeated, or told as complete: segments that meet, drops, rights that come and go, late names.

use paid::{
    journal::LogBatch,
    model::{LogKey, LogPod, NewLine, Track},
    seek::{Pattern, Seek, Verdict},
};

use super::*;
use crate::cloud::log::Lie;

fn asked(world: &World) -> usize {
    world.cloud.with(|state| state.logs.asked.len())
}

/// Numbered lines: so many in each of so many seconds that ended so long ago.
fn write_numbered(world: &World, ended_s: i64, seconds: i64, lines_of_a_second: usize) {
    let first_ms = now_ms(world) - (ended_s + seconds) * 1000;
    world.cloud.with(|state| {
        for second in 0..seconds {
            for n in 0..lines_of_a_second {
                let at_ms = first_ms + second * 1000;
                state.logs.write(POD, at_ms, format!("{second}.{n}"));
            }
        }
    });
}

fn pod(job_uid: &str, pod_id: &str, born_ms: i64) -> LogPod {
    LogPod {
        key: LogKey {
            job_uid: job_uid.into(),
            pod_id: pod_id.into(),
            pod_uid: "uid".into(),
        },
        role: String::new(),
        born_ms,
    }
}

fn line(text: &str) -> NewLine {
    NewLine {
        text: text.into(),
        second: Some(1),
        late: false,
    }
}

/// A log that prints steadily, followed with `--tail`: more lines lie behind the anchor than one answer holds, so a look
/// begins a new segment, at a second that is before what the old segment has already.
#[tokio::test]
async fn a_followed_log_that_prints_steadily_repeats_no_line_after_a_jump() {
    let (world, uid) = running_job(r#"{"logs": {"keep": "none"}}"#).await;
    world.cloud.with(|state| state.pods = 1);
    let followed = follow(&world, &uid);
    followed.last_first(20);
    for second in 0..150 {
        let at_ms = now_ms(&world);
        world.cloud.with(|state| {
            for n in 0..100 {
                state.logs.write(POD, at_ms, format!("{second}.{n}"));
            }
        });
        world.pass(secs(1)).await;
    }
    world.pass(secs(60)).await;
    let segments = world.journal.logs().streams(&uid).await.unwrap().len();
    let (texts, _) = stored(&world, &uid, POD).await;
    let written = written(&world, POD);
    assert!(
        texts == written,
        "{} lines for {}, {segments} segments",
        texts.len(),
        written.len()
    );
}

/// Kept mode: one refused call while a hole is open closes the hole, without a gap.
#[tokio::test]
async fn a_hole_that_cannot_be_read_for_a_moment_is_read_later_or_told_as_a_gap() {
    let (world, uid) = running_job("{}").await;
    world.cloud.with(|state| state.pods = 1);
    write_numbered(&world, 5, 300, 190);
    let followed = follow(&world, &uid);
    followed.last_first(20);
    world.settle().await;
    drop(followed);
    world.cloud.with(|state| state.logs.barred = Some(POD));
    world.pass(secs(45)).await;
    world.cloud.with(|state| state.logs.barred = None);
    world.pass(secs(120)).await;
    let (texts, gaps) = stored(&world, &uid, POD).await;
    let streams = world.journal.logs().streams(&uid).await.unwrap();
    assert!(
        texts == written(&world, POD) || !gaps.is_empty(),
        "{} lines, no gap, {:?}",
        texts.len(),
        streams
            .iter()
            .map(|stream| (stream.segment, stream.last, stream.complete))
            .collect::<Vec<_>>()
    );
}

/// The rights to read logs are missing for a minute around the job's end.
#[tokio::test]
async fn a_log_that_could_not_be_read_is_not_closed_as_complete() {
    let (world, uid) = running_job("{}").await;
    world.cloud.with(|state| state.pods = 1);
    world.pass(secs(2)).await;
    world.cloud.with(|state| state.logs.barred = Some(POD));
    write(&world, POD, now_ms(&world), 9);
    end(&world, "Failed").await;
    world.pass(secs(120)).await;
    world.cloud.with(|state| state.logs.barred = None);
    let followed = follow(&world, &uid);
    world.pass(secs(10)).await;
    let (texts, _) = stored(&world, &uid, POD).await;
    let ended = followed.progress.borrow().ended.clone();
    assert!(
        texts.len() == 9 || ended.as_ref().is_some_and(|ended| !ended.complete),
        "{} of 9 lines, and {ended:?}",
        texts.len()
    );
}

/// What a person, or a limit, dropped is read from the cloud again at the next tidying, and dropped again, and so on.
#[tokio::test]
async fn what_was_dropped_is_not_read_again_by_itself() {
    let (world, uid) = running_job("{}").await;
    world.pass(secs(30)).await;
    write(&world, POD, now_ms(&world), 5);
    end(&world, "Succeeded").await;
    world.pass(secs(90)).await;
    let logs = world.journal.logs();
    assert!(logs.asked(&uid).await.unwrap().closed);
    logs.drop_logs(vec![uid.clone()], false).await.unwrap();
    let before = asked(&world);
    world.pass(secs(700)).await;
    let (texts, _) = stored(&world, &uid, POD).await;
    assert_eq!((texts.len(), asked(&world) - before), (0, 0));
}

/// A wait for a line ends with "never" while the line lies in what is still to be read before a later segment.
#[tokio::test]
async fn a_wait_for_a_line_does_not_give_up_before_the_hole_is_read() {
    let (world, uid) = running_job(r#"{"logs": {"keep": "none"}}"#).await;
    world.cloud.with(|state| state.pods = 1);
    let at_ms = now_ms(&world) - 400_000;
    world
        .cloud
        .with(|state| state.logs.write(POD, at_ms, "needle"));
    write_numbered(&world, 1, 300, 190);
    end(&world, "Succeeded").await;
    let followed = follow(&world, &uid);
    followed.last_first(20);
    world.pass(secs(3)).await;
    let pattern = Pattern::new("needle").unwrap();
    let mut seek = Seek::begin(world.running(), vec![uid.clone()], pattern, false);
    for _ in 0..120 {
        tokio::select! {
            biased;
            news = seek.news() => news.unwrap(),
            () = world.pass(secs(1)) => {}
        }
        if *seek.verdict(0) != Verdict::NotYet {
            break;
        }
    }
    assert!(
        matches!(seek.verdict(0), Verdict::Found(_)),
        "{:?}",
        seek.verdict(0)
    );
}

/// Where the next segment begins, one answer is empty.
#[tokio::test]
async fn one_empty_answer_where_segments_meet_loses_and_repeats_no_line() {
    let mut wrong = Vec::new();
    for (ends, keeps_tail) in [((true, true), true), ((true, false), true)] {
        let run = async |lie: Option<(usize, Lie)>| {
            let (world, uid) = running_job(r#"{"logs": {"keep": "none"}}"#).await;
            world.cloud.with(|state| {
                state.pods = 1;
                state.logs.ends = ends;
                state.logs.keeps_tail = keeps_tail;
                state.logs.lie = lie;
            });
            write_numbered(&world, 0, 60, 90);
            let followed = follow(&world, &uid);
            followed.last_first(20);
            world.pass(secs(60)).await;
            let (texts, gaps) = stored(&world, &uid, POD).await;
            let begin = world.journal.logs().streams(&uid).await.unwrap()[1].begin;
            let meets: Vec<_> = world.cloud.with(|state| {
                let windows = state.logs.asked.iter().enumerate();
                windows
                    .filter(|(_, window)| window.to == Some(begin))
                    .map(|(place, _)| place)
                    .collect()
            });
            (
                texts == written(&world, POD) || !gaps.is_empty(),
                texts.len(),
                meets,
            )
        };
        let (is_right, _, meets) = run(None).await;
        assert!(is_right && !meets.is_empty());
        for place in meets {
            let (is_right, lines, _) = run(Some((place, Lie::Empty))).await;
            if !is_right {
                wrong.push((ends, place, lines));
            }
        }
    }
    assert!(wrong.is_empty(), "ends, place, lines of 5400: {wrong:?}");
}

/// Right after the end the cloud names no pods for a while (fact sheet 6.9).
#[tokio::test]
async fn pods_of_a_failed_job_that_are_named_again_after_a_while_are_read() {
    let (world, uid) = running_job("{}").await;
    write(&world, POD, now_ms(&world), 5);
    write(&world, OTHER, now_ms(&world), 7);
    world.pass(secs(60)).await;
    world.cloud.with(|state| state.pods = 0);
    end(&world, "Failed").await;
    world.pass(secs(45)).await;
    world.cloud.with(|state| state.pods = 2);
    world.pass(secs(200)).await;
    let (texts, _) = stored(&world, &uid, OTHER).await;
    assert_eq!(texts.len(), 7);
}

/// Ids of dropped logs are given to others: what is still being read of the dropped one lands in them.
#[tokio::test]
async fn a_batch_for_a_dropped_log_is_not_stored_in_another() {
    let world = World::new(ROOMY).await;
    let logs = world.journal.logs();
    let (dropped, _) = logs.stream(pod("job-a", "a", 1), 0).await.unwrap();
    logs.drop_logs(vec!["job-a".into()], false).await.unwrap();
    let (other, _) = logs.stream(pod("job-b", "b", 1), 0).await.unwrap();
    let batch = LogBatch {
        lines: vec![line("of job a")],
        track: Track {
            anchor: 7,
            zone: vec![1],
        },
        gap: None,
    };
    let stored = logs.commit(dropped.id, batch).await;
    let page = logs.after(other.id, 0, 0, 9, 99, None).await.unwrap();
    assert!(
        stored.is_err() && page.lines.is_empty(),
        "job b has {:?}",
        page.lines
    );
}

/// A pod that is not listed any more has no time at which it was made.
#[tokio::test]
async fn a_later_segment_comes_behind_the_earlier_one_whatever_is_known_of_the_pod() {
    let world = World::new(ROOMY).await;
    let logs = world.journal.logs();
    logs.stream(pod("job-a", "a", 5_000), 0).await.unwrap();
    let (next, _) = logs.next_segment(pod("job-a", "a", 0), 10).await.unwrap();
    let streams = logs.streams("job-a").await.unwrap();
    let order: Vec<_> = streams.iter().map(|stream| stream.segment).collect();
    assert_eq!((next.segment, order), (2, vec![1, 2]));
    logs.next_segment(pod("job-a", "a", 0), 20).await.unwrap();
}

/// A pod that begins anew again and again: each of its dead incarnations is asked for with every look, until the job ends.
#[tokio::test]
async fn an_incarnation_that_is_over_is_not_asked_for_with_every_look() {
    let (world, _) = running_job("{}").await;
    world.cloud.with(|state| {
        state.pods = 1;
        state.logs.earlier = Some("dead");
        state.jobs[0].status = "Restarting";
    });
    world.running().poller.look_now().await.unwrap();
    world.cloud.with(|state| state.jobs[0].status = "Running");
    world.running().poller.look_now().await.unwrap();
    world.pass(secs(180)).await;
    let of_the_dead = || {
        world.cloud.with(|state| {
            let windows = state.logs.asked.iter();
            windows.filter(|window| window.pod_uid == "dead").count()
        })
    };
    let before = of_the_dead();
    assert!(before > 0);
    world.pass(secs(300)).await;
    assert!(of_the_dead() - before <= 3, "{}", of_the_dead() - before);
}

/// A pod is not listed for some minutes, is listed again, and then ends for good.
#[tokio::test]
async fn a_pod_that_was_missing_once_is_read_to_its_end() {
    let (world, uid) = running_job(r#"{"logs": {"lag": 8}}"#).await;
    world.cloud.with(|state| state.logs.lag_ms = 7_000);
    let _followed = follow(&world, &uid);
    let listed = async || {
        let uid = uid.clone();
        let pods = world.journal.read(move |reader| reader.pods(&uid)).await;
        pods.unwrap().len()
    };
    for (pods, seconds) in [(2, 4), (1, 150), (2, 10), (1, 30)] {
        world.cloud.with(|state| state.pods = pods);
        while listed().await != pods {
            write(&world, OTHER, now_ms(&world), 1);
            world.pass(secs(1)).await;
        }
        world.pass(secs(seconds)).await;
    }
    let (texts, _) = stored(&world, &uid, OTHER).await;
    assert_eq!(texts.len(), written(&world, OTHER).len());
}
