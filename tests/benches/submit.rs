//! What admission and intent add to a submit: the time from the call in the daemon to the moment at which the backend's
//! CreateJob begins, with a backend in memory; and how a thousand held submits drain.
//!
//! `cargo bench -p pai-tests --bench submit`

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::{BoxFuture, ready};
use pai_tests::bench;
use paid::{
    config,
    contexts::{self, Running},
    journal::Journal,
    model::{Caller, Fault, Observation, Phase, redact::Redactor},
    provider::{
        Identity, Listing, LogLines, LogWindow, Nature, Page, Priority, Provider, Receipt, StopAck,
    },
    scope::{Parts, Scope, Setup, place},
    submit::{self, Claims, Prints, Wish},
    sys::Clock,
};
use serde_json::Value;

const SUBMITS: usize = 500;
const HELD: usize = 1000;

fn main() {
    bench::block_on(async {
        for active in [0, 20, 100] {
            admission(active).await;
        }
        drain().await;
    });
}

/// A backend that has what it was given, and answers at once.
#[derive(Debug)]
struct Memory {
    nature: Nature,
    names: Mutex<Vec<(String, Instant)>>,
    looks: AtomicU32,
}

impl Provider for Memory {
    fn nature(&self) -> &Nature {
        &self.nature
    }

    fn list(
        &self,
        listing: Listing,
        _seq: u64,
        _priority: Priority,
    ) -> BoxFuture<'_, Result<Page, Fault>> {
        if listing.ids.is_empty() && listing.page <= 1 {
            self.looks.fetch_add(1, Ordering::Relaxed);
        }
        Box::pin(ready(Ok(Page {
            jobs: Vec::new(),
            total: Some(0),
            received: 0,
        })))
    }

    fn get<'a>(
        &'a self,
        _id: &'a str,
        _seq: u64,
        _priority: Priority,
    ) -> BoxFuture<'a, Result<Observation, Fault>> {
        Box::pin(std::future::pending())
    }

    fn submit<'a>(&'a self, body: &'a Value) -> BoxFuture<'a, Result<Receipt<String>, Fault>> {
        let mut names = self.names.lock().expect("no panic");
        let name = body["UserCommand"].as_str().unwrap_or_default().to_owned();
        names.push((name, Instant::now()));
        let value = format!("dlc{}", names.len());
        Box::pin(ready(Ok(Receipt {
            value,
            request_id: String::new(),
        })))
    }

    fn stop<'a>(&'a self, _id: &'a str) -> BoxFuture<'a, Result<Receipt<StopAck>, Fault>> {
        Box::pin(std::future::pending())
    }

    fn pod_logs(
        &self,
        _window: LogWindow,
        _priority: Priority,
    ) -> BoxFuture<'_, Result<LogLines, Fault>> {
        Box::pin(std::future::pending())
    }

    fn identity(&self) -> BoxFuture<'_, Result<Identity, Fault>> {
        Box::pin(ready(Ok(Identity::default())))
    }

    fn now_ms(&self) -> i64 {
        Clock::System.wall_ms()
    }

    fn calls(&self) -> BTreeMap<String, u64> {
        BTreeMap::new()
    }
}

/// A context on such a backend, with a store on this machine's disk.
struct Bench {
    running: Arc<Running>,
    backend: Arc<Memory>,
    folder: tempfile::TempDir,
}

async fn bench(limits: &str) -> Bench {
    let folder = tempfile::tempdir().expect("a folder");
    write_settings(folder.path(), limits);
    let settings = load(folder.path());
    let clock = Clock::System;
    let (journal, _) = Journal::open(folder.path(), clock.clone()).expect("a store");
    let backend = Arc::new(Memory {
        nature: Nature {
            kind: "memory",
            log_lag: Duration::ZERO,
            active_statuses: &["Running"],
            page_size: 100,
            ids_per_list: 50,
            visibility_lag: Duration::from_secs(3600),
        },
        names: Mutex::default(),
        looks: AtomicU32::new(0),
    });
    let place = place(&settings);
    let context = journal.write(move |tx| tx.context("/bench.json", &place));
    let scope = Scope::new(Parts {
        context: context.await.expect("the store can be written"),
        redactor: Redactor::new(settings.secrets.clone()),
        setup: Setup {
            settings: Arc::new(settings),
            provider: Arc::clone(&backend) as Arc<dyn Provider>,
        },
        journal,
        clock,
        claims: Claims::default(),
        prints: Prints::default(),
    });
    let running = contexts::run(Arc::new(scope)).await.expect("it runs");
    Bench {
        running,
        backend,
        folder,
    }
}

fn write_settings(folder: &Path, limits: &str) {
    let settings = format!(
        r#"{{"version": "0.5.0", "projectPrefix": "me", "regionId": "r", "workspaceId": "w", "resourceId": "q",
            "mounts": [], "limits": {limits},
            "codeSource": {{"codeSourceId": "code-1", "mountPath": "/code", "defaultBranch": "main"}},
            "profiles": {{"default": {{"jobType": "PyTorchJob", "jobSpecs": [{{"type": "Worker",
              "podCount": 1, "image": "i", "imageConfig": {{"password": "registry-pw"}},
              "resourceConfig": {{"CPU": "1", "GPU": "1", "memory": "1Gi"}}}}]}}}}}}"#
    );
    std::fs::write(folder.join("settings.json"), settings).expect("a file");
}

fn load(folder: &Path) -> config::Settings {
    let env = |key: &str| {
        key.starts_with("ALIBABA_CLOUD_ACCESS")
            .then(|| "bench-key".to_owned())
    };
    config::load(&folder.join("settings.json"), &env).expect("good settings")
}

fn wish(command: String, queue: bool) -> Wish {
    Wish {
        name: "train".into(),
        command,
        queue,
        ..Wish::default()
    }
}

async fn admission(active: usize) {
    let bench = bench(r#"{"maxRunningJobs": 100000, "maxGPU": 1000000, "maxCPU": 1000000}"#).await;
    let scope = &bench.running.scope;
    let context = scope.context;
    for number in 0..active {
        let mut job = bench::job(&format!("active-{number}"), Phase::Running);
        let put = scope
            .journal
            .write(move |tx| tx.put_job(context, &mut job, Vec::new()));
        put.await.expect("the store can be written");
    }
    bench.running.poller.look_now().await.expect("a look");
    let mut delays = Vec::with_capacity(SUBMITS);
    // What the disk takes for the least that could be stored, turn by turn with the submits.
    let mut writes = Vec::with_capacity(SUBMITS);
    let mut asked = Instant::now();
    for number in 0..SUBMITS {
        if asked.elapsed() > Duration::from_secs(5) {
            bench.running.poller.look_now().await.expect("a look");
            asked = Instant::now();
        }
        let began = Instant::now();
        let made = submit::submit(
            scope,
            &bench.running.poller,
            wish(format!("python train.py --seed {number}"), false),
            Caller::default(),
        );
        let uid = made.await.expect("there is room").job.uid;
        let sent = bench
            .backend
            .names
            .lock()
            .expect("no panic")
            .last()
            .map(|(_, at)| *at);
        delays.push(sent.expect("it was sent").saturating_duration_since(began));
        let began = Instant::now();
        // The jobs of this bench do not count for the next one.
        let forget = scope.journal.write(move |tx| {
            let Some(mut job) = tx.job(&uid)? else {
                return Ok(());
            };
            job.phase = Phase::Succeeded;
            tx.put_job(context, &mut job, Vec::new())
        });
        forget.await.expect("the store can be written");
        writes.push(began.elapsed());
    }
    tell(
        &format!("from the call to CreateJob, {active:>3} jobs active"),
        delays,
    );
    tell("one job's row written, nothing else", writes);
}

fn tell(what: &str, mut delays: Vec<Duration>) {
    delays.sort_unstable();
    println!(
        "{what}: p50 {:.2} ms  p99 {:.2} ms  longest {:.2} ms",
        bench::ms(bench::quantile(&delays, 0.50)),
        bench::ms(bench::quantile(&delays, 0.99)),
        bench::ms(delays[delays.len() - 1]),
    );
}

async fn drain() {
    let bench = bench(r#"{"maxRunningJobs": 1}"#).await;
    let scope = &bench.running.scope;
    for number in 0..=HELD {
        let made = submit::submit(
            scope,
            &bench.running.poller,
            wish(number.to_string(), true),
            Caller::default(),
        );
        made.await.expect("it is held");
    }
    println!("{HELD} submits are held");
    write_settings(bench.folder.path(), r#"{"maxRunningJobs": 100000}"#);
    let looks = bench.backend.looks.load(Ordering::Relaxed);
    let began = Instant::now();
    scope.adopt(Setup {
        settings: Arc::new(load(bench.folder.path())),
        ..scope.setup()
    });
    scope.queue.changed();
    let sent = || bench.backend.names.lock().expect("no panic").len();
    while sent() <= HELD {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = began.elapsed();
    let looks = bench.backend.looks.load(Ordering::Relaxed) - looks;
    let names = bench.backend.names.lock().expect("no panic");
    let in_order = names
        .iter()
        .enumerate()
        .all(|(n, (name, _))| *name == n.to_string());
    println!(
        "drained in {:.2} s ({:.2} ms each), in order: {in_order}, {looks} looks meanwhile (one in 3 s is usual)",
        took.as_secs_f64(),
        bench::ms(took) / HELD as f64,
    );
}
