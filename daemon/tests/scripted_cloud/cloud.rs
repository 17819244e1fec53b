//! A cloud in memory that does what it is told.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use paid::{
    model::{Fault, FaultKind, Observation, Phase, Resources, Source},
    provider::{Identity, Listing, Nature, Page, Priority, Provider, StopAck},
    sys::Clock,
};
use serde_json::Value;

/// When the clock begins, Unix ms.
pub(crate) const EPOCH_MS: i64 = 1_800_000_000_000;

/// What a CreateJob does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Create {
    /// Makes the job and says so.
    Answer,
    /// Makes the job; the answer is lost.
    Lost,
    /// Makes nothing; the answer is lost.
    LostBefore,
    /// Makes the job, which lists show only after this many ms; the answer is lost.
    LostAndLate(i64),
    /// Says no.
    Refuse,
    /// Says "slow down" for this many ms.
    Throttle(u64),
}

/// A job of the cloud.
#[derive(Debug, Clone)]
pub(crate) struct CloudJob {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: &'static str,
    pub(crate) created_ms: i64,
    pub(crate) listed_from_ms: i64,
    pub(crate) stops: u32,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) jobs: Vec<CloudJob>,
    /// What the next CreateJobs do; `Answer` when empty.
    pub(crate) creates: VecDeque<Create>,
    /// The next lists fail with these.
    pub(crate) list_faults: VecDeque<Fault>,
    /// The next GetJobs fail with these.
    pub(crate) get_faults: VecDeque<Fault>,
    /// What lists say of the status, when not the truth.
    pub(crate) listed_status: Option<&'static str>,
    pub(crate) creates_seen: u32,
    pub(crate) gets_seen: u32,
    /// Times of lists for one full name, ms since the start.
    pub(crate) name_looks: Vec<i64>,
    pub(crate) lists_seen: u32,
    pub(crate) last_body: Option<Value>,
}

/// The cloud.
#[derive(Debug)]
pub(crate) struct Cloud {
    pub(crate) state: Mutex<State>,
    clock: Clock,
    nature: Nature,
}

impl Cloud {
    pub(crate) fn new(clock: Clock) -> Self {
        let nature = Nature {
            kind: "scripted",
            log_lag: Duration::ZERO,
            active_statuses: &["Creating", "Queuing", "Running"],
            page_size: 100,
            ids_per_list: 50,
            visibility_lag: Duration::from_secs(60),
        };
        Self {
            state: Mutex::default(),
            clock,
            nature,
        }
    }

    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap())
    }

    fn observe(
        &self,
        job: &CloudJob,
        source: Source,
        seq: u64,
        status: &'static str,
    ) -> Observation {
        Observation {
            native_id: job.id.clone(),
            name: job.name.clone(),
            phase: match status {
                "Creating" => Phase::Pending,
                "Queuing" => Phase::Queued,
                "Running" => Phase::Running,
                "Succeeded" => Phase::Succeeded,
                "Stopped" => Phase::Stopped,
                _ => Phase::Unknown,
            },
            status: status.into(),
            sub_status: String::new(),
            reason: None,
            resources_held: false,
            history: Vec::new(),
            job_type: "PyTorchJob".into(),
            command: String::new(),
            replicas: Vec::new(),
            requested: Resources {
                cpu_milli: Some(1000),
                gpu_milli: Some(1000),
                memory_bytes: None,
            },
            priority: None,
            workspace_id: "w".into(),
            resource_id: String::new(),
            user_id: String::new(),
            created_ms: Some(job.created_ms),
            submitted_ms: None,
            running_ms: None,
            ended_ms: None,
            restart_count: 0,
            pods: (source == Source::Get).then(Vec::new),
            source,
            seq,
            observed_ms: self.clock.wall_ms(),
        }
    }

    fn create(&self, body: &Value) -> Result<String, Fault> {
        let now_ms = self.clock.wall_ms();
        let name = body["DisplayName"].as_str().unwrap().to_owned();
        self.with(|state| {
            state.creates_seen += 1;
            state.last_body = Some(body.clone());
            let what = state.creates.pop_front().unwrap_or(Create::Answer);
            let lost = || {
                let mut fault = Fault::new(FaultKind::Unavailable, "cut");
                fault.maybe_done = true;
                fault
            };
            match what {
                Create::LostBefore => return Err(lost()),
                Create::Refuse => return Err(Fault::new(FaultKind::Invalid, "no such image")),
                Create::Throttle(ms) => {
                    let mut fault = Fault::new(FaultKind::Throttled, "slow down");
                    fault.retry_after = Some(Duration::from_millis(ms));
                    return Err(fault);
                }
                _ => {}
            }
            let late = match what {
                Create::LostAndLate(ms) => ms,
                _ => 0,
            };
            let id = format!("dlc{}", state.jobs.len() + 1);
            state.jobs.push(CloudJob {
                id: id.clone(),
                name,
                status: "Creating",
                created_ms: now_ms,
                listed_from_ms: now_ms + late,
                stops: 0,
            });
            match what {
                Create::Answer => Ok(id),
                _ => Err(lost()),
            }
        })
    }

    fn page(&self, listing: &Listing, seq: u64) -> Result<Page, Fault> {
        let now_ms = self.clock.wall_ms();
        let jobs = self.with(|state| {
            state.lists_seen += 1;
            let wanted = listing.own_named.clone().unwrap_or_default();
            if wanted.len() > "me-".len() {
                state.name_looks.push(now_ms - EPOCH_MS);
            }
            if let Some(fault) = state.list_faults.pop_front() {
                return Err(fault);
            }
            Ok(state
                .jobs
                .iter()
                .filter(|job| job.listed_from_ms <= now_ms)
                .filter(|job| listing.ids.is_empty() || listing.ids.contains(&job.id))
                .filter(|job| job.name.contains(&wanted))
                .filter(|job| {
                    listing
                        .status
                        .as_deref()
                        .is_none_or(|status| status == job.status)
                })
                .map(|job| (job.clone(), state.listed_status.unwrap_or(job.status)))
                .collect::<Vec<_>>())
        })?;
        Ok(Page {
            received: jobs.len(),
            total: Some(jobs.len() as u64),
            jobs: jobs
                .iter()
                .map(|(job, status)| self.observe(job, Source::List, seq, status))
                .collect(),
        })
    }
}

/// One daemon's way to the cloud. After its death no call of it returns: what that daemon was doing stands still for
/// ever, as after a kill.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) alive: Arc<AtomicBool>,
}

impl Line {
    async fn up(&self) -> &Cloud {
        if !self.alive.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        &self.cloud
    }
}

impl Provider for Line {
    fn nature(&self) -> &Nature {
        &self.cloud.nature
    }

    fn list(
        &self,
        listing: Listing,
        seq: u64,
        _priority: Priority,
    ) -> BoxFuture<'_, Result<Page, Fault>> {
        Box::pin(async move { self.up().await.page(&listing, seq) })
    }

    fn get<'a>(
        &'a self,
        id: &'a str,
        seq: u64,
        _priority: Priority,
    ) -> BoxFuture<'a, Result<Observation, Fault>> {
        Box::pin(async move {
            let cloud = self.up().await;
            let found = cloud.with(|state| {
                state.gets_seen += 1;
                if let Some(fault) = state.get_faults.pop_front() {
                    return Err(fault);
                }
                Ok(state.jobs.iter().find(|job| job.id == id).cloned())
            })?;
            match found {
                Some(job) => Ok(cloud.observe(&job, Source::Get, seq, job.status)),
                None => Err(Fault::new(FaultKind::NotFound, "no such job")),
            }
        })
    }

    fn submit<'a>(&'a self, body: &'a Value) -> BoxFuture<'a, Result<String, Fault>> {
        Box::pin(async move { self.up().await.create(body) })
    }

    fn stop<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<StopAck, Fault>> {
        Box::pin(async move {
            self.up().await.with(|state| {
                let job = state.jobs.iter_mut().find(|job| job.id == id).unwrap();
                job.stops += 1;
                job.status = "Stopped";
            });
            Ok(StopAck::Accepted)
        })
    }

    fn identity(&self) -> BoxFuture<'_, Result<Identity, Fault>> {
        Box::pin(async { Ok(Identity::default()) })
    }

    fn calls(&self) -> BTreeMap<String, u64> {
        BTreeMap::new()
    }
}
