//! Storing lines: the store alone, and the whole way from a backend's answers.

use std::{
    collections::BTreeMap,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use paid::{
    journal::{Journal, LogBatch},
    model::{LogKey, LogPod, NewLine, Track},
    sys::Clock,
};

use serde_json::json;

use super::{
    cloud::{Cloud, context},
    table::{Budget, list, median, row},
    text,
};

const LINES: usize = 300_000;
/// Of an answer.
const BATCH: usize = 5_000;
const RUNS: usize = 5;
/// Lines of a pod in a second.
const RATE: usize = 100;
const ENOUGH: Budget = Budget::AtLeast(200_000.0, "lines/s");
const SMALL: Budget = Budget::AtMost(30.0, "%");

pub(crate) async fn run() {
    for (name, lines) in [
        ("trainer", text::trainer(LINES)),
        ("fixtures", text::fixtures(LINES)),
    ] {
        store(name, &lines).await;
        parse(name, &lines);
        tail(name, lines).await;
    }
}

/// A log in a new store.
pub(crate) async fn begin(journal: &Journal, job_uid: &str) -> i64 {
    let pod = LogPod {
        key: LogKey {
            job_uid: job_uid.into(),
            pod_id: "dlc1-worker-0".into(),
            pod_uid: "uid-0".into(),
        },
        role: "Worker".into(),
        born_ms: 0,
    };
    let (stream, _) = journal.logs().stream(pod, 0).await.expect("a log");
    stream.id
}

/// A batch as the tailer makes it; the last lines of it are young.
pub(crate) fn batch(lines: &[String], second: i64) -> LogBatch {
    let line = |(n, text): (usize, &String)| NewLine {
        text: text.clone().into_bytes(),
        second: Some(second + i64::try_from(n / RATE).unwrap_or(0)),
        late: false,
    };
    LogBatch {
        lines: lines.iter().enumerate().map(line).collect(),
        track: Track {
            anchor: second,
            zone: (0..BATCH as u64).collect(),
        },
        gap: None,
    }
}

async fn store(name: &str, lines: &[String]) {
    let raw = text::bytes(lines);
    let (mut rates, mut packed, mut file) = (Vec::new(), 0, 0);
    for _ in 0..RUNS {
        let folder = tempfile::tempdir().expect("a folder");
        let (journal, _) = Journal::open(folder.path(), Clock::System).expect("a store");
        let stream = begin(&journal, "job-1").await;
        let batches: Vec<_> = (1_795_000_000..)
            .step_by(BATCH / RATE)
            .zip(lines.chunks(BATCH))
            .map(|(second, lines)| batch(lines, second))
            .collect();
        let began = Instant::now();
        for batch in batches {
            let committed = journal.logs().commit(stream, batch).await;
            committed.expect("the store can be written");
        }
        rates.push(lines.len() as f64 / began.elapsed().as_secs_f64());
        let would_drop = journal.logs().drop_logs(vec!["job-1".into()], true).await;
        packed = would_drop.expect("the store can be read").bytes;
        // What the file takes once everything is in it.
        drop(journal);
        let closed = Instant::now();
        let wal = folder.path().join("logs.db-wal");
        while wal.exists() && closed.elapsed().as_secs() < 10 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        file = std::fs::metadata(folder.path().join("logs.db"))
            .expect("the file")
            .len();
    }
    row(
        &format!(
            "{name}, {} bytes a line: the store alone, commits of {BATCH} lines",
            raw / lines.len()
        ),
        &format!("{:.0} lines/s ({})", median(rates.clone()), list(&rates, 0)),
        median(rates),
        &ENOUGH,
    );
    let share = |bytes: u64| bytes as f64 * 100.0 / raw as f64;
    row(
        &format!("{name}: stored size of {:.1} MB", raw as f64 / 1e6),
        &format!(
            "packed and open lines {:.1} %, file {:.1} %",
            share(packed),
            share(file)
        ),
        share(file),
        &SMALL,
    );
}

/// The way from a body to lines, which a backend in memory does not have.
fn parse(name: &str, lines: &[String]) {
    let bodies = lines
        .chunks(BATCH)
        .map(|lines| json!({"Logs": lines}).to_string());
    let bodies: Vec<_> = bodies.collect();
    let mut rates = Vec::new();
    for _ in 0..RUNS {
        let began = Instant::now();
        for body in &bodies {
            let parsed: Result<BTreeMap<String, Vec<String>>, _> = serde_json::from_str(body);
            assert!(parsed.is_ok());
        }
        rates.push(lines.len() as f64 / began.elapsed().as_secs_f64());
    }
    row(
        &format!(
            "{name}: JSON of answers of {BATCH} lines to lines, which is not in the next line"
        ),
        &format!("{:.0} lines/s", median(rates)),
        0.0,
        &Budget::None,
    );
}

/// Through windows, alignment and the store, with what lies back in time: nothing is waited for.
async fn tail(name: &str, lines: Vec<String>) {
    let count = lines.len();
    let (mut rates, mut told) = (Vec::new(), String::new());
    for _ in 0..RUNS {
        let now = Clock::System.wall_ms().div_euclid(1000);
        let begun = now - 120 - i64::try_from(count / RATE).unwrap_or(0);
        let at = |n: usize| begun + i64::try_from(n / RATE).unwrap_or(0);
        let dated = lines.iter().enumerate();
        let dated = dated.map(|(n, text)| (at(n), text.clone())).collect();
        let context = context(Cloud::new(1, Duration::from_secs(10), dated)).await;
        let began = Instant::now();
        let mut followed = context.running.tails.follow(&context.uid);
        let finished = followed.progress.wait_for(|progress| progress.finished > 0);
        drop(finished.await.expect("it is read"));
        let took = began.elapsed();
        let logs = context.running.scope.journal.logs();
        let streams = logs.streams(&context.uid).await.expect("the store");
        let stored: u64 = streams.iter().map(|stream| stream.last).sum();
        let fault = followed.progress.borrow().fault.clone();
        assert_eq!(stored, count as u64, "{fault:?}");
        let spent = &context.cloud.spent;
        let ours = took.saturating_sub(spent.processor());
        rates.push(count as f64 / ours.as_secs_f64());
        told = format!(
            "in the last run {:.2} s, of which the backend's {} answers of {:.1} times the lines took {:.2} s, which do not count",
            took.as_secs_f64(),
            spent.calls.load(Ordering::Relaxed),
            spent.lines.load(Ordering::Relaxed) as f64 / count as f64,
            spent.processor().as_secs_f64(),
        );
    }
    row(
        &format!("{name}: read by the tailer, {RATE} lines a second, {count} lines back"),
        &format!(
            "{:.0} lines/s ({}); {told}",
            median(rates.clone()),
            list(&rates, 0)
        ),
        median(rates),
        &ENOUGH,
    );
}
