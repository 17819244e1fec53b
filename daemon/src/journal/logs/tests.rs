//! Lines come back as they were stored, over chunks and restarts, and a file that cannot be used is dropped.

mod broken;
mod kept;
mod masked;

use std::{os::unix::fs::MetadataExt as _, path::Path};

use super::*;
use crate::{journal::Journal, model::LogKey, sys::clock::ManualClock};

const NOW_MS: i64 = 1_800_000_000_000;

fn open_at(folder: &Path, now_ms: i64) -> Journal {
    let (journal, _) = Journal::open(folder, Clock::Manual(ManualClock::new(now_ms))).unwrap();
    journal
}

fn key(pod: &str) -> LogPod {
    LogPod {
        key: LogKey {
            job_uid: "job-1".into(),
            pod_id: pod.into(),
            pod_uid: format!("{pod}-uid"),
        },
        ..LogPod::default()
    }
}

fn lines(texts: impl IntoIterator<Item = String>) -> Vec<NewLine> {
    let line = |text: String| NewLine {
        text: text.into_bytes(),
        second: None,
        late: false,
    };
    texts.into_iter().map(line).collect()
}

fn batch(texts: impl IntoIterator<Item = String>, anchor: i64) -> LogBatch {
    LogBatch {
        lines: lines(texts),
        track: Track {
            anchor,
            zone: vec![1, u64::MAX],
        },
        gap: None,
    }
}

async fn all(logs: &LogStore, stream: i64) -> Vec<(u64, String)> {
    let mut read = Vec::new();
    let mut after = 0;
    loop {
        let page = logs.after(stream, after, 0, 100, 1000, None).await.unwrap();
        let Some(last) = page.lines.last() else {
            return read;
        };
        after = last.number;
        let text = |line: LogLine| (line.number, String::from_utf8(line.text).unwrap());
        read.extend(page.lines.into_iter().map(text));
    }
}

#[tokio::test]
async fn lines_and_progress_come_back_over_chunks_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let mut expected = Vec::new();
    // Less than a chunk, across one, several at once, and lines that are chunks of their own.
    for (round, count) in [3_u64, 508, 1, 700, 2000, 0, 5].into_iter().enumerate() {
        let journal = open_at(folder.path(), NOW_MS);
        let logs = journal.logs();
        let (stream, track) = logs.stream(key("a"), 7).await.unwrap();
        assert_eq!(stream.last, expected.len() as u64);
        let zone = if round == 0 {
            vec![]
        } else {
            vec![1, u64::MAX]
        };
        assert_eq!((track.anchor, track.zone), (7 + round as i64, zone));
        let long = |n| {
            if n == 4 {
                "x".repeat(300_000)
            } else {
                String::new()
            }
        };
        let texts: Vec<String> = (0..count)
            .map(|n| format!("{round}.{n}{}", long(n)))
            .collect();
        expected.extend(texts.clone());
        let last = logs
            .commit(stream.id, batch(texts, 8 + round as i64))
            .await
            .unwrap();
        assert_eq!(last, expected.len() as u64);
    }
    let journal = open_at(folder.path(), NOW_MS);
    let numbered: Vec<_> = (1..).zip(expected).collect();
    assert_eq!(all(journal.logs(), 1).await, numbered);
    let mode = folder.path().join("logs.db").metadata().unwrap().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_page_is_bounded_and_never_empty_before_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    let (stream, _) = logs.stream(key("a"), 0).await.unwrap();
    let texts = (0..1000).map(|n| format!("{n:04}"));
    logs.commit(stream.id, batch(texts, 1)).await.unwrap();
    let page = async |after, lines, bytes| {
        let page = logs
            .after(stream.id, after, 0, lines, bytes, None)
            .await
            .unwrap();
        let numbers: Vec<_> = page.lines.iter().map(|line| line.number).collect();
        (numbers.first().copied(), numbers.len())
    };
    assert_eq!(page(0, 10, 1000).await, (Some(1), 10));
    assert_eq!(page(510, 10, 1000).await, (Some(511), 10));
    assert_eq!(page(0, 10_000, 40).await, (Some(1), 10));
    assert_eq!(page(0, 10, 1).await, (Some(1), 1));
    assert_eq!(page(1000, 10, 100).await, (None, 0));
    assert_eq!(page(5000, 10, 100).await, (None, 0));
}

#[tokio::test]
async fn a_gap_lies_before_the_lines_that_came_with_it_and_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    let (stream, _) = logs.stream(key("a"), 0).await.unwrap();
    let before = batch(["one".into(), "two".into()], 1);
    logs.commit(stream.id, before).await.unwrap();
    let mut with_gap = batch(["three".into()], 1);
    with_gap.gap = Some((5, 6, "too many"));
    logs.commit(stream.id, with_gap).await.unwrap();
    let gaps = async |after, seen, lines| {
        let page = logs.after(stream.id, after, seen, lines, 1000, None).await;
        page.unwrap().gaps
    };
    assert_eq!(gaps(0, 0, 1).await, []);
    let gap = gaps(1, 0, 1).await.remove(0);
    assert_eq!((gap.after, gap.from_second, gap.to_second), (2, 5, 6));
    assert_eq!(gaps(2, gap.id, 1).await, []);
}

#[tokio::test]
async fn jobs_pods_and_their_order_are_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    for pod in ["b", "a", "b"] {
        logs.stream(key(pod), 0).await.unwrap();
    }
    let (a, _) = logs.stream(key("a"), 0).await.unwrap();
    logs.complete(vec![a.id]).await.unwrap();
    let streams = logs.streams("job-1").await.unwrap();
    let told: Vec<_> = streams
        .iter()
        .map(|stream| (stream.key.pod_id.as_str(), stream.complete))
        .collect();
    assert_eq!(told, [("b", false), ("a", true)]);
    assert_eq!(logs.streams("job-2").await.unwrap(), []);
}

#[tokio::test]
async fn a_pod_that_gets_its_name_late_keeps_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    let begin = |pod_uid: &str| {
        let mut pod = key("pod");
        pod.key.pod_uid = pod_uid.into();
        async { logs.stream(pod, 5).await.unwrap().0 }
    };
    let unnamed = begin("").await;
    logs.commit(unnamed.id, batch(["one".into()], 7))
        .await
        .unwrap();
    let named = begin("u").await;
    assert_eq!((named.id, named.last), (unnamed.id, 1));
    assert_eq!(named.key.pod_uid, "u");
    let next = begin("v").await;
    assert_ne!(next.id, named.id, "another incarnation");
    let third = begin("").await;
    assert_ne!(third.id, next.id, "an attempt that is not named yet");
    assert_eq!(begin("w").await.id, third.id);
    assert_eq!(logs.streams("job-1").await.unwrap().len(), 3);
}

/// Opens a journal, counts the logs that it knows, and stores a line.
async fn begun(folder: &Path, now_ms: i64) -> (usize, String) {
    let journal = open_at(folder, now_ms);
    let logs = journal.logs();
    let known = logs.streams("job-1").await.unwrap().len();
    let (stream, _) = logs.stream(key("a"), 0).await.unwrap();
    logs.commit(stream.id, batch(["x".into()], 1))
        .await
        .unwrap();
    (known, logs.id().to_owned())
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_moved_aside() {
    let broken = |path: &Path| {
        let text = "this is no database, and it is longer than a header of one";
        std::fs::write(path, text).unwrap();
    };
    let of_a_later_version = |path: &Path| {
        let file = rusqlite::Connection::open(path).unwrap();
        file.execute_batch("CREATE TABLE stream (other TEXT); PRAGMA user_version = 99")
            .unwrap();
    };
    for make in [&broken as &dyn Fn(&Path), &of_a_later_version] {
        // A folder for each: a file is never taken away from a journal that has it open.
        let folder = tempfile::tempdir().unwrap();
        make(&folder.path().join("logs.db"));
        let (known, id) = begun(folder.path(), NOW_MS).await;
        assert_eq!(known, 0);
        assert_eq!(begun(folder.path(), NOW_MS).await, (1, id));
        assert!(folder.path().join("logs.db.unusable").exists());
    }
}
