//! A backend in memory: one running job whose pods all print the same. What it takes for an answer is counted, to be told apart
//! from what the daemon does with it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::{BoxFuture, ready};
use paid::{
    config,
    contexts::{self, Running},
    journal::Journal,
    model::{Fault, FaultKind, Job, Observation, Phase, Pod, Resources, Source, redact::Redactor},
    provider::{
        Identity, Listing, LogLines, LogWindow, Nature, Page, Priority, Provider, Receipt, StopAck,
    },
    scope::{Parts, Scope, Setup, place},
    submit::{Claims, Prints},
    sys::Clock,
};
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;

const JOB: &str = "dlc1";

/// The backend.
#[derive(Debug)]
pub(crate) struct Cloud {
    nature: Nature,
    pods: Vec<Pod>,
    created_ms: i64,
    /// Second and text, in order.
    lines: Vec<(i64, String)>,
    pub(crate) spent: Spent,
}

/// What its answers took.
#[derive(Debug, Default)]
pub(crate) struct Spent {
    pub(crate) calls: AtomicU64,
    pub(crate) lines: AtomicU64,
    /// Processor time.
    nanos: AtomicU64,
}

impl Spent {
    pub(crate) fn processor(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::Relaxed))
    }
}

impl Cloud {
    /// `lag` is for how long lines are not shown.
    pub(crate) fn new(pods: usize, lag: Duration, lines: Vec<(i64, String)>) -> Self {
        let created_ms = lines.first().map_or(0, |(second, _)| second * 1000);
        let pod = |number| Pod {
            pod_id: format!("{JOB}-worker-{number}"),
            pod_uid: format!("uid-{number}"),
            role: "Worker".into(),
            created_ms: Some(created_ms),
            ..Pod::default()
        };
        Self {
            nature: Nature {
                kind: "memory",
                log_lag: lag,
                active_statuses: &["Running"],
                page_size: 100,
                ids_per_list: 50,
                visibility_lag: Duration::from_secs(7 * 86_400),
            },
            pods: (0..pods).map(pod).collect(),
            created_ms,
            lines,
            spent: Spent::default(),
        }
    }

    fn answer(&self, window: &LogWindow) -> LogLines {
        let now = Clock::System.wall_ms().div_euclid(1000);
        let lag = i64::try_from(self.nature.log_lag.as_secs()).unwrap_or(0);
        let shown = window.to.unwrap_or(i64::MAX).min(now - lag);
        let from = self.lines.partition_point(|(at, _)| *at < window.from);
        let to = self.lines.partition_point(|(at, _)| *at <= shown).max(from);
        let first = from.max(to.saturating_sub(window.max_lines as usize));
        let lines = &self.lines[first..to];
        LogLines {
            lines: lines.iter().map(|(_, text)| text.clone()).collect(),
            server_second: Some(now),
            too_large: false,
        }
    }

    fn job(&self, source: Source, seq: u64) -> Observation {
        Observation {
            native_id: JOB.into(),
            name: "me-train".into(),
            phase: Phase::Running,
            status: "Running".into(),
            sub_status: String::new(),
            reason: None,
            resources_held: false,
            history: Vec::new(),
            job_type: "PyTorchJob".into(),
            command: String::new(),
            replicas: Vec::new(),
            requested: Resources::default(),
            priority: None,
            workspace_id: "w".into(),
            resource_id: String::new(),
            user_id: String::new(),
            user_name: String::new(),
            tags: None,
            max_minutes: None,
            code: None,
            accessibility: String::new(),
            created_ms: Some(self.created_ms),
            submitted_ms: None,
            running_ms: Some(self.created_ms),
            ended_ms: None,
            restart_count: 0,
            pods: (source == Source::Get).then(|| self.pods.clone()),
            source,
            seq,
            observed_ms: Clock::System.wall_ms(),
        }
    }
}

impl Provider for Cloud {
    fn nature(&self) -> &Nature {
        &self.nature
    }

    fn list(
        &self,
        _listing: Listing,
        seq: u64,
        _priority: Priority,
    ) -> BoxFuture<'_, Result<Page, Fault>> {
        Box::pin(ready(Ok(Page {
            jobs: vec![self.job(Source::List, seq)],
            total: Some(1),
            received: 1,
        })))
    }

    fn get<'a>(
        &'a self,
        _id: &'a str,
        seq: u64,
        _priority: Priority,
    ) -> BoxFuture<'a, Result<Observation, Fault>> {
        Box::pin(ready(Ok(self.job(Source::Get, seq))))
    }

    fn submit<'a>(&'a self, _body: &'a Value) -> BoxFuture<'a, Result<Receipt<String>, Fault>> {
        Box::pin(ready(Err(Fault::new(FaultKind::Unsupported, "a bench"))))
    }

    fn stop<'a>(&'a self, _id: &'a str) -> BoxFuture<'a, Result<Receipt<StopAck>, Fault>> {
        Box::pin(ready(Err(Fault::new(FaultKind::Unsupported, "a bench"))))
    }

    fn pod_logs(
        &self,
        window: LogWindow,
        _priority: Priority,
    ) -> BoxFuture<'_, Result<LogLines, Fault>> {
        let began = processor(ClockId::ThreadCPUTime);
        let answer = self.answer(&window);
        let took = processor(ClockId::ThreadCPUTime).saturating_sub(began);
        let count = |of: &AtomicU64, number: u128| {
            of.fetch_add(u64::try_from(number).unwrap_or(0), Ordering::Relaxed);
        };
        count(&self.spent.nanos, took.as_nanos());
        count(&self.spent.lines, answer.lines.len() as u128);
        count(&self.spent.calls, 1);
        Box::pin(ready(Ok(answer)))
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

/// Processor time so far, of this thread or of this process.
pub(crate) fn processor(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// A context on such a backend, with a store on this machine's disk.
pub(crate) struct Context {
    pub(crate) running: Arc<Running>,
    pub(crate) cloud: Arc<Cloud>,
    /// Our name of the job.
    pub(crate) uid: String,
    _folder: tempfile::TempDir,
}

pub(crate) async fn context(cloud: Cloud) -> Context {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = folder.path().join("settings.json");
    std::fs::write(&settings, SETTINGS).expect("a file");
    let env = |key: &str| {
        key.starts_with("ALIBABA_CLOUD_ACCESS")
            .then(|| "bench-key".to_owned())
    };
    let settings = config::load(&settings, &env).expect("good settings");
    let (journal, _) = Journal::open(folder.path(), Clock::System).expect("a store");
    let place = place(&settings);
    let context = journal.write(move |tx| tx.context("/bench.json", &place));
    let context = context.await.expect("the store can be written");
    let mut job = Job::new(
        "job-1".into(),
        "me-train".into(),
        Phase::Running,
        cloud.created_ms,
    );
    job.native_id = Some(JOB.into());
    job.status = "Running".into();
    job.created_ms = Some(cloud.created_ms);
    let (uid, pods) = (job.uid.clone(), cloud.pods.clone());
    let put = journal.write(move |tx| {
        tx.put_job(context, &mut job, Vec::new())?;
        tx.put_pods(&job.uid, &pods)
    });
    put.await.expect("the store can be written");
    let cloud = Arc::new(cloud);
    let scope = Scope::new(Parts {
        context,
        redactor: Redactor::new(settings.secrets.clone()),
        setup: Setup {
            settings: Arc::new(settings),
            provider: Arc::clone(&cloud) as Arc<dyn Provider>,
        },
        journal,
        clock: Clock::System,
        claims: Claims::default(),
        prints: Prints::default(),
    });
    Context {
        running: contexts::run(Arc::new(scope)).await.expect("it runs"),
        cloud,
        uid,
        _folder: folder,
    }
}

const SETTINGS: &str = r#"{"version": "0.5.0", "projectPrefix": "me", "regionId": "r", "workspaceId": "w", "resourceId": "q",
    "mounts": [], "codeSource": {"codeSourceId": "code-1", "mountPath": "/code", "defaultBranch": "main"},
    "profiles": {"default": {"jobType": "PyTorchJob", "jobSpecs": [{"type": "Worker", "podCount": 1, "image": "i",
      "imageConfig": {"password": "registry-pw"}, "resourceConfig": {"CPU": "1", "GPU": "1", "memory": "1Gi"}}]}}}"#;
