//! What is kept, what is dropped, and a file of an earlier version.

use std::collections::HashSet;

use super::*;

const LIMITS: LogLimits = LogLimits {
    job_bytes: u64::MAX,
    total_bytes: u64::MAX,
    age_ms: i64::MAX,
};

fn everything() -> HashSet<String> {
    ["job-1", "a", "b"].map(String::from).into()
}

/// A pod of another job.
fn of_job(job: &str, pod: &str, uid: &str, born_ms: i64) -> LogPod {
    LogPod {
        key: LogKey {
            job_uid: job.into(),
            pod_id: pod.into(),
            pod_uid: uid.into(),
        },
        role: String::new(),
        born_ms,
    }
}

fn at(second: i64, texts: impl IntoIterator<Item = String>) -> LogBatch {
    let mut batch = batch(texts, 1);
    for line in &mut batch.lines {
        line.second = Some(second);
    }
    batch
}

/// Lines that do not shrink when they are packed.
fn noise(lines: usize) -> Vec<String> {
    use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
    let mut dice = StdRng::seed_from_u64(lines as u64);
    (0..lines)
        .map(|_| hex::encode(dice.random::<[u8; 32]>()))
        .collect()
}

#[tokio::test]
async fn lines_since_a_second_are_found_in_chunks_and_in_the_open_tail() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    let (stream, _) = logs.stream(key("a"), 0).await.unwrap();
    for (second, count) in [(10, 700), (11, 1), (20, 900), (30, 5)] {
        let texts = (0..count).map(|n| format!("{second}.{n}"));
        logs.commit(stream.id, at(second, texts)).await.unwrap();
    }
    for (second, before) in [
        (0, 0),
        (10, 0),
        (11, 700),
        (12, 701),
        (20, 701),
        (21, 1_601),
        (30, 1_601),
        (31, 1_606),
    ] {
        let found = logs.before_second(stream.id, second).await.unwrap();
        assert_eq!(found, before, "{second}");
    }
}

#[tokio::test]
async fn attempts_are_counted_in_the_order_in_which_the_pods_were_made() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    let pods = [
        of_job("j", "w1", "only", 5),
        of_job("j", "w0", "third", 30),
        of_job("j", "w0", "first", 10),
        of_job("j", "w0", "second", 20),
    ];
    for pod in pods {
        logs.stream(pod, 0).await.unwrap();
    }
    let again = of_job("j", "w0", "second", 20);
    let (later, _) = logs.next_segment(again.clone(), 77).await.unwrap();
    assert_eq!((later.segment, later.begin), (2, 77));
    let (newest, track) = logs.stream(again, 0).await.unwrap();
    assert_eq!(
        (newest.id, track.anchor),
        (later.id, 77),
        "it is read from now on"
    );
    let streams = logs.streams("j").await.unwrap();
    let told: Vec<_> = streams
        .iter()
        .map(|stream| (stream.key.pod_uid.as_str(), stream.attempt, stream.segment))
        .collect();
    assert_eq!(
        told,
        [
            ("only", 1, 1),
            ("first", 1, 1),
            ("second", 2, 1),
            ("second", 2, 2),
            ("third", 3, 1)
        ]
    );
}

#[tokio::test]
async fn over_the_limits_the_beginning_goes_and_numbers_stay() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    let (stream, _) = logs.stream(key("a"), 0).await.unwrap();
    logs.commit(stream.id, batch(noise(5_000), 1))
        .await
        .unwrap();
    let held = logs.held().await.unwrap().bytes;
    let limits = LogLimits {
        job_bytes: held / 2,
        ..LIMITS
    };
    let foretold = logs
        .prune(everything(), limits, NOW_MS, true)
        .await
        .unwrap();
    assert_eq!(
        logs.held().await.unwrap().bytes,
        held,
        "nothing was dropped"
    );
    let pruned = logs
        .prune(everything(), limits, NOW_MS, false)
        .await
        .unwrap();
    assert!(
        pruned.bytes >= foretold.bytes && pruned.left <= held / 2,
        "{pruned:?}"
    );
    assert_eq!(logs.held().await.unwrap().bytes, pruned.left);
    let stream = logs.streams("job-1").await.unwrap().remove(0);
    assert!(stream.dropped > 2_000 && stream.last == 5_000, "{stream:?}");
    let kept = all(logs, stream.id).await;
    assert_eq!(kept.first().unwrap().0, stream.dropped + 1);
    assert_eq!(kept.last().unwrap().0, 5_000);
    assert_eq!(
        logs.before_second(stream.id, 0).await.unwrap(),
        stream.dropped
    );
    // What comes next goes on.
    let last = logs
        .commit(stream.id, batch(["x".into()], 1))
        .await
        .unwrap();
    assert_eq!(last, 5_001);
    assert_eq!(
        logs.prune(everything(), limits, NOW_MS, false)
            .await
            .unwrap()
            .jobs,
        0
    );
}

#[tokio::test]
async fn what_is_old_or_too_much_goes_whole_but_for_what_is_being_read_and_the_file_shrinks() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    for job in ["a", "b"] {
        let (stream, _) = logs.stream(of_job(job, "w", "u", 0), 0).await.unwrap();
        logs.commit(stream.id, batch(noise(20_000), 1))
            .await
            .unwrap();
    }
    let size = || {
        let wal = folder.path().join("logs.db-wal");
        let of = |path: &Path| path.metadata().map_or(0, |meta| meta.len());
        of(&folder.path().join("logs.db")) + of(&wal)
    };
    let before = size();
    let nothing = LogLimits {
        age_ms: -1,
        ..LIMITS
    };
    let reading = logs.reading("b");
    assert_eq!(logs.busy(), 1);
    assert_eq!(
        logs.prune(everything(), nothing, NOW_MS, false)
            .await
            .unwrap()
            .jobs,
        1
    );
    assert_eq!(logs.jobs().await.unwrap(), ["b"]);
    drop(reading);
    logs.ask("b", |asked| asked.keep = true).await.unwrap();
    assert!(logs.asked("b").await.unwrap().keep);
    let dropped = logs.drop_logs(vec!["b".into(), "none".into()], false).await;
    assert_eq!(dropped.unwrap().jobs, 1);
    assert_eq!(logs.held().await.unwrap(), LogsHeld { jobs: 0, bytes: 0 });
    assert!(logs.asked("b").await.unwrap().keep, "that is noted still");
    drop(journal);
    assert!(size() < before / 2, "{} of {before}", size());
}

#[tokio::test]
async fn a_file_of_the_first_version_keeps_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("logs.db");
    std::fs::write(&path, include_bytes!("logs-v1.db")).unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    assert_eq!(logs.id(), "0123456789abcdef");
    let stream = logs.streams("job-1").await.unwrap().remove(0);
    assert_eq!((stream.segment, stream.attempt, stream.last), (1, 1, 514));
    let lines = all(logs, stream.id).await;
    let expected: Vec<_> = (1..=514).map(|n| (n, format!("line {n}"))).collect();
    assert_eq!(lines, expected);
    assert_eq!(logs.track(stream.id).await.unwrap().zone, [1, u64::MAX]);
    assert!(logs.held().await.unwrap().bytes > 0);
    // What it was written for goes on.
    logs.commit(stream.id, batch(["more".into()], 9))
        .await
        .unwrap();
    let page = logs.after(stream.id, 514, 0, 9, 999, None).await.unwrap();
    assert_eq!((page.lines.len(), page.gaps.len()), (1, 1));
}

/// A chunk as the first version wrote it.
#[derive(Clone, PartialEq, prost::Message)]
struct OldChunk {
    #[prost(message, repeated, tag = "1")]
    lines: Vec<OldLine>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct OldLine {
    #[prost(bytes = "vec", tag = "1")]
    text: Vec<u8>,
    #[prost(sint64, optional, tag = "2")]
    second: Option<i64>,
}

#[tokio::test]
async fn the_seconds_of_a_file_of_the_first_version_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("logs.db");
    std::fs::write(&path, include_bytes!("logs-v1.db")).unwrap();
    let line = |number: i64| OldLine {
        text: format!("line {number}").into(),
        second: Some(1_000 + number),
    };
    let chunk = OldChunk {
        lines: (1..=512).map(line).collect(),
    };
    let packed = zstd::bulk::compress(&prost::Message::encode_to_vec(&chunk), 3).unwrap();
    let file = rusqlite::Connection::open(&path).unwrap();
    let replaced = file.execute("UPDATE chunk SET lines = ?1", [packed]);
    assert_eq!(replaced.unwrap(), 1);
    file.execute("UPDATE tail SET second = 1_000 + number", [])
        .unwrap();
    drop(file);
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    let stream = logs.streams("job-1").await.unwrap().remove(0).id;
    for (second, before) in [
        (1, 0),
        (1_400, 399),
        (1_513, 512),
        (1_514, 513),
        (9_999, 514),
    ] {
        let found = logs.before_second(stream, second).await.unwrap();
        assert_eq!(found, before, "{second}");
    }
    assert_eq!(logs.newest_second(stream).await.unwrap(), Some(1_514));
}

#[tokio::test]
async fn over_the_limits_the_oldest_lines_of_all_pods_go() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    for second in 1..=10 {
        for pod in ["a", "b"] {
            let (stream, _) = logs.stream(key(pod), 0).await.unwrap();
            logs.commit(stream.id, at(second, noise(512)))
                .await
                .unwrap();
        }
    }
    let limits = LogLimits {
        job_bytes: logs.held().await.unwrap().bytes * 55 / 100,
        ..LIMITS
    };
    let pruned = logs.prune(everything(), limits, NOW_MS, false).await;
    pruned.unwrap();
    let streams = logs.streams("job-1").await.unwrap();
    assert_eq!(streams.len(), 2);
    for stream in &streams {
        assert!((2_000..4_000).contains(&stream.dropped), "{streams:?}");
    }
}

/// Somebody begins to read while the drop waits for its turn.
#[tokio::test]
async fn what_is_read_by_then_is_not_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    let (stream, _) = logs.stream(key("a"), 0).await.unwrap();
    let much = logs.commit(stream.id, batch(noise(100_000), 1));
    let limits = LogLimits {
        age_ms: 0,
        ..LIMITS
    };
    let dropping = logs.prune(everything(), limits, NOW_MS + 1, false);
    let reading = async { logs.reading("job-1") };
    let (_, dropped, _reading) = tokio::join!(much, dropping, reading);
    let left = logs.streams("job-1").await.unwrap();
    assert_eq!(left.len(), 1, "{dropped:?}");
}
