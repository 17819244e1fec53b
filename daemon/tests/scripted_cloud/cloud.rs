//! A cloud in memory that does what it is told.

mod line;
pub(crate) mod log;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Mutex,
    time::Duration,
};

use paid::{
    model::{Fault, FaultKind, Observation, Phase, Pod, Resources, Source},
    provider::{Listing, Nature, Page, StopAck},
    sys::Clock,
};
use serde_json::Value;

pub(crate) use line::Line;
pub(crate) use log::Logs;

fn pods_of(job: &str, count: usize, earlier: Option<&str>) -> Vec<Pod> {
    let pod = |number| Pod {
        pod_id: format!("{job}-worker-{number}"),
        pod_uid: format!("{job}-uid-{number}"),
        role: "Worker".into(),
        ..Pod::default()
    };
    let earlier = earlier.map(|uid| Pod {
        pod_uid: uid.into(),
        historic: true,
        ..pod(0)
    });
    (0..count).map(pod).chain(earlier).collect()
}

/// When the clock begins, Unix ms.
pub(crate) const EPOCH_MS: i64 = 1_800_000_000_000;

/// What a request asks for, in thousandths.
fn gpus(body: &Value) -> u64 {
    let specs = body["JobSpecs"].as_array().into_iter().flatten();
    let one = |spec: &Value| {
        let each: u64 = spec["ResourceConfig"]["GPU"].as_str()?.parse().ok()?;
        Some(each * 1000 * spec["PodCount"].as_u64()?)
    };
    specs.filter_map(one).sum()
}

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
    /// Says "slow down" for this many ms; 0 leaves the delay out.
    Throttle(u64),
    /// Cannot be reached; nothing was sent.
    Away,
    /// Makes nothing and never answers.
    Hang,
    /// Makes the job and never answers.
    MakeAndHang,
}

/// A job of the cloud.
#[derive(Debug, Clone)]
pub(crate) struct CloudJob {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) command: String,
    pub(crate) status: &'static str,
    pub(crate) created_ms: i64,
    pub(crate) listed_from_ms: i64,
    pub(crate) stops: u32,
    pub(crate) gpu_milli: u64,
    pub(crate) tags: Option<BTreeMap<String, String>>,
    pub(crate) running_ms: Option<i64>,
    pub(crate) ended_ms: Option<i64>,
    pub(crate) max_minutes: Option<u32>,
}

impl CloudJob {
    /// One that somebody else made, twenty days ago: without tags.
    pub(crate) fn named(id: &str, name: &str, status: &'static str) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            command: String::new(),
            status,
            created_ms: EPOCH_MS - 86_400_000 * 20,
            listed_from_ms: 0,
            stops: 0,
            gpu_milli: 1000,
            tags: None,
            running_ms: None,
            ended_ms: None,
            max_minutes: None,
        }
    }

    /// It has not ended.
    pub(crate) fn is_active(&self) -> bool {
        let ended = ["Succeeded", "SucceededReserving", "Stopped", "Failed"];
        !ended.contains(&self.status)
    }

    /// Its GPUs are taken.
    pub(crate) fn takes_gpus(&self) -> bool {
        self.is_active() || self.status == "SucceededReserving"
    }
}

/// What CreateJob has made.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// How many.
    pub(crate) jobs: u32,
    /// Jobs of each command.
    pub(crate) by_command: BTreeMap<String, u32>,
    /// How often the answer was lost, whether there was a job or none.
    pub(crate) lost: u32,
    /// The most that were active at the same time.
    pub(crate) most_active: usize,
    /// The most GPUs that were taken at the same time, in thousandths; also by what is held.
    pub(crate) most_gpu_milli: u64,
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
    /// How long a GetJob takes.
    pub(crate) get_takes: Duration,
    /// What the next stops say; nothing is stopped then.
    pub(crate) stop_refusals: VecDeque<StopAck>,
    /// What lists say of the status, when not the truth.
    pub(crate) listed_status: Option<&'static str>,
    /// What every list of ids fails with.
    pub(crate) ids_fault: Option<Fault>,
    /// Lists take no notice of ids.
    pub(crate) ignores_ids: bool,
    /// How many pods each job has.
    pub(crate) pods: usize,
    pub(crate) creates_seen: u32,
    /// What was made so far, also what was deleted.
    pub(crate) made: Made,
    pub(crate) gets_seen: u32,
    pub(crate) ids_got: Vec<String>,
    /// Times of lists for one full name, ms since the start.
    pub(crate) name_looks: Vec<i64>,
    pub(crate) lists_seen: u32,
    /// Lists of everything since some time: each look has one.
    pub(crate) looks_seen: u32,
    /// The next list finds a fault of ours.
    pub(crate) panics: bool,
    /// How long a list takes.
    pub(crate) list_takes: Duration,
    /// No list is answered.
    pub(crate) lists_hang: bool,
    /// New jobs are shown in lists this much later.
    pub(crate) list_lag_ms: i64,
    pub(crate) last_body: Option<Value>,
    /// How far the cloud's clock is behind the machine's.
    pub(crate) behind_ms: i64,
    pub(crate) logs: Logs,
}

impl State {
    fn note_most(&mut self) {
        let active = self.jobs.iter().filter(|job| job.is_active());
        self.made.most_active = self.made.most_active.max(active.count());
        let taken = self.jobs.iter().filter(|job| job.takes_gpus());
        let taken = taken.map(|job| job.gpu_milli).sum();
        self.made.most_gpu_milli = self.made.most_gpu_milli.max(taken);
    }
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
        change(
            &mut self
                .state
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        )
    }

    /// The present by the cloud's clock.
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.wall_ms() - self.with(|state| state.behind_ms)
    }

    fn observe(
        &self,
        job: &CloudJob,
        source: Source,
        seq: u64,
        status: &'static str,
    ) -> Observation {
        let (pods, earlier) = self.with(|state| (state.pods, state.logs.earlier));
        Observation {
            native_id: job.id.clone(),
            name: job.name.clone(),
            phase: match status {
                "Creating" => Phase::Pending,
                "Queuing" | "Bidding" => Phase::Queued,
                "EnvPreparing" | "Restarting" => Phase::Preparing,
                "Running" => Phase::Running,
                "Succeeded" | "SucceededReserving" => Phase::Succeeded,
                "Stopped" => Phase::Stopped,
                "Failed" => Phase::Failed,
                _ => Phase::Unknown,
            },
            status: status.into(),
            sub_status: String::new(),
            reason: None,
            resources_held: status == "SucceededReserving",
            history: Vec::new(),
            job_type: "PyTorchJob".into(),
            command: String::new(),
            replicas: Vec::new(),
            requested: Resources {
                cpu_milli: Some(1000),
                gpu_milli: Some(job.gpu_milli),
                memory_bytes: None,
            },
            priority: None,
            workspace_id: "w".into(),
            resource_id: String::new(),
            user_id: String::new(),
            created_ms: Some(job.created_ms),
            submitted_ms: None,
            user_name: String::new(),
            tags: job.tags.clone(),
            max_minutes: job.max_minutes,
            code: None,
            accessibility: String::new(),
            running_ms: job.running_ms,
            ended_ms: job.ended_ms,
            restart_count: 0,
            pods: (source == Source::Get).then(|| pods_of(&job.id, pods, earlier)),
            source,
            seq,
            observed_ms: self.clock.wall_ms(),
        }
    }

    fn create(&self, body: &Value) -> Result<String, Fault> {
        let now_ms = self.now_ms();
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
                Create::LostBefore => {
                    state.made.lost += 1;
                    return Err(lost());
                }
                Create::Away => return Err(Fault::new(FaultKind::Unavailable, "no network")),
                Create::Refuse => return Err(Fault::new(FaultKind::Invalid, "no such image")),
                Create::Throttle(ms) => {
                    let mut fault = Fault::new(FaultKind::Throttled, "slow down");
                    fault.retry_after = (ms > 0).then(|| Duration::from_millis(ms));
                    return Err(fault);
                }
                _ => {}
            }
            let late = match what {
                Create::LostAndLate(ms) => ms,
                _ => state.list_lag_ms,
            };
            state.made.jobs += 1;
            let id = format!("dlc{}", state.made.jobs);
            let command = body["UserCommand"].as_str().unwrap_or_default().to_owned();
            *state.made.by_command.entry(command.clone()).or_default() += 1;
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let tags = body.pointer("/Settings/Tags").and_then(Value::as_object);
            let tags = tags.map(|tags| tags.iter().map(|(key, value)| (key.clone(), text(value))));
            state.jobs.push(CloudJob {
                created_ms: now_ms,
                listed_from_ms: now_ms + late,
                gpu_milli: gpus(body),
                command,
                tags: tags.map(Iterator::collect),
                max_minutes: body["JobMaxRunningTimeMinutes"]
                    .as_u64()
                    .and_then(|minutes| u32::try_from(minutes).ok()),
                ..CloudJob::named(&id, &name, "Creating")
            });
            state.note_most();
            match what {
                Create::Answer | Create::MakeAndHang | Create::Hang => Ok(id),
                _ => {
                    state.made.lost += 1;
                    Err(lost())
                }
            }
        })
    }

    fn page(&self, listing: &Listing, seq: u64) -> Result<Page, Fault> {
        let now_ms = self.now_ms();
        let jobs = self.with(|state| {
            state.lists_seen += 1;
            let is_window = listing.status.is_none() && listing.ids.is_empty() && listing.page <= 1;
            state.looks_seen += u32::from(is_window);
            assert!(!std::mem::take(&mut state.panics), "scripted");
            let wanted = listing.own_named.clone().unwrap_or_default();
            if wanted.len() > "me-".len() {
                state.name_looks.push(now_ms - EPOCH_MS);
            }
            let refusal = state.ids_fault.clone().filter(|_| !listing.ids.is_empty());
            if let Some(fault) = state.list_faults.pop_front().or(refusal) {
                return Err(fault);
            }
            Ok(state
                .jobs
                .iter()
                .filter(|job| job.listed_from_ms <= now_ms)
                .filter(|job| {
                    listing
                        .created_from_ms
                        .is_none_or(|from| from <= job.created_ms)
                })
                .filter(|job| {
                    state.ignores_ids || listing.ids.is_empty() || listing.ids.contains(&job.id)
                })
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
        let size = self.nature.page_size as usize;
        let before = listing.page.saturating_sub(1) as usize * size;
        let page: Vec<_> = jobs.iter().skip(before).take(size).collect();
        Ok(Page {
            received: page.len(),
            total: Some(jobs.len() as u64),
            jobs: page
                .iter()
                .map(|(job, status)| self.observe(job, Source::List, seq, status))
                .collect(),
        })
    }
}
