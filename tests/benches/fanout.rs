//! How long after the daemon's commit do waiting clients know? 1, 100 and 500 of them, each with a connection of its own,
//! with nothing else going on and, for 100, while log lines are stored and ten thousand jobs are listed.
//!
//! `cargo bench -p pai-tests --bench fanout`. The time runs from the end of the commit to the client's reading of the
//! frame. A virtual machine loses its processors for some milliseconds once in a while, and its p99 tells of that: rounds are
//! made until the host has left us the processors in eight of them, at most 48, and the figures are those of the eight in
//! which it kept them for the least time. Ten clients share a thread, the daemon has one, and all share the machine's cores.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use pai_proto::{
    Client, ConnectOptions,
    v1::{ListJobsRequest, WaitJobsRequest, wait_jobs_request::Condition},
    wait::{Wait, WaitUpdate},
};
use pai_tests::{World, bench};
use paid::{
    journal::{Journal, LogBatch, WatchStart},
    model::{EventDraft, EventKind, Job, LogKey, LogPod, NewLine, Phase, Track},
    sys::{Clock, clock::Mono},
};
use tokio::sync::mpsc;

/// Rounds that count.
const COUNTED: usize = 8;
/// Most rounds that are made to get them.
const ROUNDS_MAX: usize = 48;
/// A round of about 5.5 s is quiet when the host kept the processors for less than this: 0.5 % of their time where there are two.
const QUIET_MS: u64 = 60;
const CHANGES: usize = 100;
const CLIENTS_OF_A_THREAD: usize = 10;
const JOBS: usize = 10_000;
const LINES: usize = 100_000;
const BATCH: usize = 1_000;
/// Between two batches of lines, and two changes.
const PACE: Duration = Duration::from_millis(50);
/// p50, p99 and max.
const SHARES: [f64; 3] = [0.50, 0.99, 1.0];
/// Between two lists: somebody looks again and again, and one who does nothing else.
const LISTS: [Duration; 2] = [Duration::from_secs(1), Duration::from_millis(50)];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!(
        "rounds of {CHANGES} changes each; the middle of the {COUNTED} that lost least to the host, and the p99 of all"
    );
    println!(
        "clients  under load   p50 ms   p99 ms   max ms   p99 of all rounds (ms lost), least lost first"
    );
    // `-- 100` or `-- load` for some of it only.
    let only: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let asked = |name: &str| only.is_empty() || only.iter().any(|one| one == name);
    for clients in [1, 100, 500] {
        if asked(&clients.to_string()) {
            run(clients, None).await;
        }
    }
    for between in LISTS {
        if asked("load") {
            run(100, Some(between)).await;
        }
    }
}

async fn run(clients: usize, lists: Option<Duration>) {
    let world = World::new().await;
    let inside = world.inside_now().await;
    let journal = inside.edge().journal.clone();
    let context = inside
        .edge()
        .contexts
        .get(None)
        .await
        .expect("a context")
        .scope
        .context;
    if lists.is_some() {
        bench::fill(&journal, context, JOBS).await;
    }
    let job = bench::job("job-watched", Phase::Running);
    put(&journal, context, job.clone()).await;
    let (told, mut seen) = mpsc::unbounded_channel();
    let waiting = wait_in_threads(&world, clients, &told);
    // Each begins with the present state.
    seen.recv().await.expect("the present state");
    let mut changes = journal.watch(context, WatchStart::Now);
    let mut rounds = Vec::new();
    let mut done = String::new();
    for round in 0..ROUNDS_MAX {
        let load = lists.map(|between| Load::start(&world, journal.clone(), round, between));
        let mut delays = Vec::new();
        let lost = bench::stolen_ms();
        for change in 0..CHANGES {
            let mut job = job.clone();
            job.status = format!("Step{round}-{change}");
            put(&journal, context, job).await;
            let published = changes.next().await.expect("the change");
            let committed = published.committed.expect("it is a fresh one");
            let read: Vec<Mono> = seen.recv().await.expect("a change");
            delays.extend(read.into_iter().map(|at| at.saturating_sub(committed)));
            tokio::time::sleep(PACE).await;
        }
        done = load.map(Load::stop).unwrap_or_default();
        delays.sort_unstable();
        rounds.push(Round {
            lost_ms: bench::stolen_ms().saturating_sub(lost),
            figures: SHARES.map(|share| bench::ms(bench::quantile(&delays, share))),
        });
        let quiet = rounds.iter().filter(|round| round.lost_ms <= QUIET_MS);
        if quiet.count() >= COUNTED {
            break;
        }
    }
    rounds.sort_by_key(|round| round.lost_ms);
    let [p50, p99, max] = [0, 1, 2].map(|what| middle(&rounds[..COUNTED], what));
    let all = rounds
        .iter()
        .map(|of| format!("{:.1} ({})", of.figures[1], of.lost_ms));
    let all: Vec<_> = all.collect();
    println!(
        "{clients:>7}  {:>10}  {p50:>7.3}  {p99:>7.3}  {max:>7.3}   {}{done}",
        if lists.is_some() { "yes" } else { "no" },
        all.join(", "),
    );
    waiting.store(true, Ordering::SeqCst);
    inside.shutdown().await;
}

/// What a round came to.
struct Round {
    /// So long the host kept the processors, all of them together.
    lost_ms: u64,
    /// Milliseconds, one per share of [`SHARES`].
    figures: [f64; 3],
}

/// The median over some rounds: the upper one of two.
fn middle(rounds: &[Round], what: usize) -> f64 {
    let mut values: Vec<_> = rounds.iter().map(|round| round.figures[what]).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Commits a change.
async fn put(journal: &Journal, context: i64, mut job: Job) {
    let status = job.status.clone();
    let work = move |tx: &mut paid::journal::Tx<'_>| {
        let event = EventDraft {
            to_status: status,
            to_phase: Some(Phase::Running),
            ..EventDraft::new(EventKind::Status)
        };
        tx.put_job(context, &mut job, vec![event])
    };
    journal.write(work).await.expect("a commit");
}

/// Clients in threads of their own. Once all of them know of a change it is told when each one knew. They end when the flag
/// is set and a change comes, or with the process.
fn wait_in_threads(
    world: &World,
    clients: usize,
    told: &mpsc::UnboundedSender<Vec<Mono>>,
) -> Arc<AtomicBool> {
    let end = Arc::new(AtomicBool::new(false));
    let read = Arc::new(Mutex::new(Vec::with_capacity(clients)));
    for first in (0..clients).step_by(CLIENTS_OF_A_THREAD) {
        let waiter = Waiter {
            told: told.clone(),
            ended: Arc::clone(&end),
            read: Arc::clone(&read),
            all: clients,
        };
        let options = world.options();
        let count = CLIENTS_OF_A_THREAD.min(clients - first);
        let thread = std::thread::Builder::new().name("clients".into());
        let started =
            thread.spawn(move || bench::block_on(wait_for_changes(options, count, waiter)));
        started.expect("a thread");
    }
    end
}

async fn wait_for_changes(options: ConnectOptions, clients: usize, waiter: Waiter) {
    let mut waits = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let client = Client::connect(options.clone()).await;
        let wait = client.expect("a connection").wait(WaitJobsRequest {
            ids: vec!["job-watched".into()],
            condition: Some(Condition::Status("Never".into())),
            ..Default::default()
        });
        waits.spawn(waiter.clone().run(wait));
    }
    waits.join_all().await;
}

#[derive(Clone)]
struct Waiter {
    told: mpsc::UnboundedSender<Vec<Mono>>,
    ended: Arc<AtomicBool>,
    /// When each client that knows of the newest change read of it.
    read: Arc<Mutex<Vec<Mono>>>,
    /// So many clients there are.
    all: usize,
}

impl Waiter {
    async fn run(self, mut wait: Wait) {
        while let Some(Ok(update)) = wait.next().await {
            if self.ended.load(Ordering::SeqCst) {
                return;
            }
            if matches!(update, WaitUpdate::Change(_)) {
                let at = Clock::System.mono();
                let mut read = self.read.lock().expect("no panic");
                read.push(at);
                if read.len() == self.all {
                    // The bench may be over.
                    let _unheard = self.told.send(std::mem::take(&mut read));
                }
            }
        }
    }
}

/// Log lines that are stored and jobs that are listed, meanwhile.
struct Load {
    end: Arc<AtomicBool>,
    lines: Arc<AtomicU64>,
    lists: Arc<AtomicU64>,
}

impl Load {
    fn start(world: &World, journal: Journal, round: usize, between: Duration) -> Self {
        let load = Self {
            end: Arc::default(),
            lines: Arc::default(),
            lists: Arc::default(),
        };
        let (end, lines) = (Arc::clone(&load.end), Arc::clone(&load.lines));
        // In a thread of its own: making the lines is no work of the daemon.
        let storing = async move {
            let pod = LogPod {
                key: LogKey {
                    job_uid: "job-watched".into(),
                    pod_id: format!("dlc1-worker-{round}"),
                    pod_uid: "uid".into(),
                },
                role: "Worker".into(),
                born_ms: 0,
            };
            let logs = journal.logs();
            let (stream, _) = logs.stream(pod, 0).await.expect("a log");
            let mut stored = 0;
            while !end.load(Ordering::SeqCst) && stored < LINES {
                let line = |n| NewLine {
                    text: format!(
                        "2026-11-21 12:00:00 step {n} loss 0.{n:05} lr 1e-4 tokens/s 12345"
                    )
                    .into_bytes(),
                    second: None,
                    late: false,
                };
                let batch = LogBatch {
                    lines: (stored..stored + BATCH).map(line).collect(),
                    track: Track::default(),
                    gap: None,
                };
                logs.commit(stream.id, batch).await.expect("a commit");
                stored += BATCH;
                lines.store(stored as u64, Ordering::SeqCst);
                tokio::time::sleep(PACE).await;
            }
        };
        std::thread::spawn(|| bench::block_on(storing));
        let (end, lists) = (Arc::clone(&load.end), Arc::clone(&load.lists));
        let options = world.options();
        std::thread::spawn(move || {
            bench::block_on(async {
                let client = Client::connect(options).await.expect("a connection");
                while !end.load(Ordering::SeqCst) {
                    let listing = client
                        .list(ListJobsRequest::default())
                        .await
                        .expect("a list");
                    assert!(listing.jobs.len() > JOBS);
                    lists.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(between).await;
                }
            });
        });
        load
    }

    fn stop(self) -> String {
        self.end.store(true, Ordering::SeqCst);
        format!(
            "   ({} lines stored and {} lists of {JOBS} jobs in the last round)",
            self.lines.load(Ordering::SeqCst),
            self.lists.load(Ordering::SeqCst)
        )
    }
}
