//! How long after the daemon's commit do waiting clients know? 1, 100 and 500 of them, each with a connection of its own,
//! with nothing else going on and, for 100, while log lines are stored and ten thousand jobs are listed.
//!
//! `cargo bench -p pai-tests --bench fanout`. The time runs from just before the commit (the journal's own work counts) to the
//! client's reading of the frame. Clients run in a thread of their own; daemon and clients share the machine's cores.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use pai_proto::{
    Client,
    v1::{ListJobsRequest, WaitJobsRequest, wait_jobs_request::Condition},
    wait::WaitUpdate,
};
use pai_tests::{World, bench};
use paid::{
    journal::{Journal, LogBatch},
    model::{EventDraft, EventKind, Job, LogKey, NewLine, Phase, Track},
};
use tokio::sync::mpsc;

const CHANGES: u32 = 200;
const JOBS: usize = 10_000;
const LINES: usize = 100_000;
const BATCH: usize = 1_000;
/// Between two batches of lines, two lists, and two changes.
const PACE: Duration = Duration::from_millis(50);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!("clients  under load  changes   p50 ms   p99 ms   max ms");
    for clients in [1, 100, 500] {
        run(clients, false).await;
    }
    run(100, true).await;
}

async fn run(clients: usize, loaded: bool) {
    let world = World::new().await;
    let inside = world.inside_now().await;
    let journal = inside.edge().journal.clone();
    let context = inside
        .edge()
        .contexts
        .current()
        .expect("a context")
        .scope
        .context;
    if loaded {
        bench::fill(&journal, context, JOBS).await;
    }
    let job = bench::job("job-watched", Phase::Running);
    put(&journal, context, job.clone()).await;
    let (told, mut seen) = mpsc::unbounded_channel();
    let waiting = wait_in_a_thread(&world, clients, told);
    // Each begins with the present state.
    for _ in 0..clients {
        seen.recv().await.expect("the present state");
    }
    let load = loaded.then(|| Load::start(&world, journal.clone()));
    let mut delays = Vec::new();
    for change in 0..CHANGES {
        let mut job = job.clone();
        job.status = format!("Step{change}");
        let committed = put(&journal, context, job).await;
        for _ in 0..clients {
            let at: Instant = seen.recv().await.expect("a change");
            delays.push(at.saturating_duration_since(committed));
        }
        tokio::time::sleep(PACE).await;
    }
    let share = load.map(Load::stop).unwrap_or_default();
    delays.sort_unstable();
    let at = |share: f64| bench::ms(bench::quantile(&delays, share));
    println!(
        "{clients:>7}  {:>10}  {CHANGES:>7}  {:>7.3}  {:>7.3}  {:>7.3}{share}",
        if loaded { "yes" } else { "no" },
        at(0.50),
        at(0.99),
        at(1.0),
    );
    waiting.store(true, Ordering::SeqCst);
    inside.shutdown().await;
}

/// Commits a change; when it was about to be committed.
async fn put(journal: &Journal, context: i64, mut job: Job) -> Instant {
    let status = job.status.clone();
    let work = move |tx: &mut paid::journal::Tx<'_>| {
        let event = EventDraft {
            to_status: status,
            to_phase: Some(Phase::Running),
            ..EventDraft::new(EventKind::Status)
        };
        tx.put_job(context, &mut job, vec![event])?;
        Ok(Instant::now())
    };
    journal.write(work).await.expect("a commit")
}

/// Clients on a runtime of their own. They end when the flag is set and a change comes, or with the process.
fn wait_in_a_thread(
    world: &World,
    clients: usize,
    told: mpsc::UnboundedSender<Instant>,
) -> Arc<AtomicBool> {
    let end = Arc::new(AtomicBool::new(false));
    let (options, ended) = (world.options(), Arc::clone(&end));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let all = async {
            let mut waits = tokio::task::JoinSet::new();
            for _ in 0..clients {
                let client = Client::connect(options.clone())
                    .await
                    .expect("a connection");
                let mut wait = client.wait(WaitJobsRequest {
                    ids: vec!["job-watched".into()],
                    condition: Some(Condition::Status("Never".into())),
                    ..Default::default()
                });
                let (told, ended) = (told.clone(), Arc::clone(&ended));
                waits.spawn(async move {
                    while let Some(Ok(update)) = wait.next().await {
                        let changed = matches!(update, WaitUpdate::Change(_));
                        if ended.load(Ordering::SeqCst)
                            || (changed && told.send(Instant::now()).is_err())
                        {
                            return;
                        }
                    }
                });
            }
            waits.join_all().await;
        };
        runtime.block_on(all);
    });
    end
}

/// Log lines that are stored and jobs that are listed, meanwhile.
struct Load {
    end: Arc<AtomicBool>,
    lines: Arc<AtomicU64>,
    lists: Arc<AtomicU64>,
}

impl Load {
    fn start(world: &World, journal: Journal) -> Self {
        let load = Self {
            end: Arc::default(),
            lines: Arc::default(),
            lists: Arc::default(),
        };
        let (end, lines) = (Arc::clone(&load.end), Arc::clone(&load.lines));
        tokio::spawn(async move {
            let key = LogKey {
                job_uid: "job-watched".into(),
                pod_id: "dlc1-worker-0".into(),
                pod_uid: "uid".into(),
            };
            let logs = journal.logs();
            let (stream, _) = logs.stream(key, "Worker".into(), 0).await.expect("a log");
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
        });
        let (end, lists) = (Arc::clone(&load.end), Arc::clone(&load.lists));
        let options = world.options();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let client = Client::connect(options).await.expect("a connection");
                while !end.load(Ordering::SeqCst) {
                    let listing = client
                        .list(ListJobsRequest::default())
                        .await
                        .expect("a list");
                    assert!(listing.jobs.len() > JOBS);
                    lists.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(PACE).await;
                }
            });
        });
        load
    }

    fn stop(self) -> String {
        self.end.store(true, Ordering::SeqCst);
        format!(
            "   ({} lines stored and {} lists of {JOBS} jobs meanwhile)",
            self.lines.load(Ordering::SeqCst),
            self.lists.load(Ordering::SeqCst)
        )
    }
}
