//! A client that waits for changes of a job, in a thread of its own, and when it knows of each.

use std::{fmt, time::Duration};

use pai_proto::{
    Client,
    v1::{WaitJobsRequest, wait_jobs_request::Condition},
    wait::WaitUpdate,
};
use pai_tests::bench;
use paid::{
    journal::{Journal, Watch, WatchStart},
    model::{EventDraft, EventKind, Job, Phase},
    sys::{Clock, clock::Mono},
};
use tokio::sync::mpsc;

use super::{
    store::Filled,
    table::{list, median},
};

const CHANGES: usize = 100;
/// Between two of them.
const PACE: Duration = Duration::from_millis(40);
const WATCHED: &str = "job-watched";

pub(crate) struct Waiting {
    journal: Journal,
    context: i64,
    job: Job,
    changes: Watch,
    seen: mpsc::UnboundedReceiver<Mono>,
    count: usize,
}

/// What a round came to, in ms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    p50: f64,
    p99: f64,
    longest: f64,
    /// So long the host kept the processors.
    lost: u64,
}

/// What the rounds came to.
pub(crate) struct Delay {
    p50: f64,
    pub(crate) p99: f64,
    longest: f64,
    all: Vec<Round>,
}

impl Waiting {
    pub(crate) async fn start(filled: &Filled) -> Self {
        let (journal, context) = (filled.journal.clone(), filled.context);
        let job = bench::job(WATCHED, Phase::Running);
        put(&journal, context, job.clone()).await;
        let (told, mut seen) = mpsc::unbounded_channel();
        let options = filled.world.options();
        std::thread::spawn(move || {
            bench::block_on(async move {
                let client = Client::connect(options).await.expect("a connection");
                let mut wait = client.wait(WaitJobsRequest {
                    ids: vec![WATCHED.into()],
                    condition: Some(Condition::Status("Never".into())),
                    ..Default::default()
                });
                while let Some(Ok(update)) = wait.next().await {
                    let is_change = matches!(update, WaitUpdate::Change(_));
                    if is_change && told.send(Clock::System.mono()).is_err() {
                        return;
                    }
                }
            });
        });
        // It begins with the present state.
        seen.recv().await.expect("the present state");
        Self {
            changes: journal.watch(context, WatchStart::Now),
            journal,
            context,
            job,
            seen,
            count: 0,
        }
    }

    pub(crate) async fn round(&mut self) -> Round {
        let lost = bench::stolen_ms();
        let mut delays = Vec::with_capacity(CHANGES);
        for _ in 0..CHANGES {
            self.count += 1;
            self.job.status = format!("Step{}", self.count);
            put(&self.journal, self.context, self.job.clone()).await;
            let published = self.changes.next().await.expect("the change");
            let committed = published.committed.expect("it is a fresh one");
            let read = self.seen.recv().await.expect("the change");
            delays.push(read.saturating_sub(committed));
            tokio::time::sleep(PACE).await;
        }
        delays.sort_unstable();
        let at = |share| bench::ms(bench::quantile(&delays, share));
        Round {
            p50: at(0.50),
            p99: at(0.99),
            longest: at(1.0),
            lost: bench::stolen_ms().saturating_sub(lost),
        }
    }
}

/// The middle of the half of the rounds with the least p99: the others are those in which other programs had the processors.
pub(crate) fn quieter(mut rounds: Vec<Round>) -> Delay {
    rounds.sort_by(|a, b| a.p99.total_cmp(&b.p99));
    let half = &rounds[..rounds.len().div_ceil(2)];
    let middle = |of: fn(&Round) -> f64| median(half.iter().map(of).collect());
    Delay {
        p50: middle(|round| round.p50),
        p99: middle(|round| round.p99),
        longest: middle(|round| round.longest),
        all: rounds,
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.all.iter().map(|round| round.p99).collect();
        let lost: Vec<_> = self.all.iter().map(|round| round.lost as f64).collect();
        write!(
            f,
            "p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms (p99 of all rounds {}, which lost {} ms)",
            self.p50,
            self.p99,
            self.longest,
            list(&all, 1),
            list(&lost, 0)
        )
    }
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
