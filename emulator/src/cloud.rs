//! The state of the emulated cloud, shared by the calls, the job tasks and the control handle.
//!
//! Every lock is held for plain data only, never across an await. Whatever changes here is told
//! to `changes`, so that nobody has to look twice without a reason.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::AbortHandle;

use crate::code_source::CodeSources;
use crate::control::CallLog;
use crate::error::ApiError;
use crate::fault::FaultBook;
use crate::job::{Job, Pod, Status};
use crate::journal::Journal;
use crate::nonce::Nonces;
use crate::options::Options;
use crate::rate::Bucket;
use crate::runner::{Groups, Order, Ports, drive};
use crate::signature::Key;
use crate::spec::Submission;
use crate::sync::lock;
use crate::{ids, scratch};

pub(crate) struct Cloud {
    pub(crate) options: Options,
    pub(crate) key: Key,
    pub(crate) nonces: Mutex<Nonces>,
    pub(crate) faults: Mutex<FaultBook>,
    pub(crate) bucket: Option<Mutex<Bucket>>,
    pub(crate) calls: CallLog,
    pub(crate) journal: Journal,
    pub(crate) groups: Groups,
    pub(crate) ports: Ports,
    pub(crate) code_sources: CodeSources,
    /// The values of `Host` that mean this emulator.
    own_hosts: [String; 4],
    /// Held from start to end, so that no second emulator uses the folder.
    scratch_lock: Mutex<Option<File>>,
    /// `PATH` and `LANG` of the jobs.
    pub(crate) base_envs: BTreeMap<String, String>,
    jobs: Mutex<Vec<Entry>>,
    gpus: Option<Arc<Semaphore>>,
    changes: watch::Sender<u64>,
    tasks: Mutex<Vec<AbortHandle>>,
}

/// A job and the way to its task.
struct Entry {
    job: Job,
    orders: mpsc::UnboundedSender<Order>,
}

impl Cloud {
    /// A cloud without jobs that is reached at this address.
    pub(crate) fn new(mut options: Options, addr: SocketAddr) -> std::io::Result<Self> {
        scratch::prepare(&options.scratch)?;
        options.scratch = options.scratch.canonicalize()?;
        let scratch_lock = scratch::lock_folder(&options.scratch)?;
        scratch::make_private_dir(&options.scratch.join("jobs"))?;
        let now_ms = options.clock.now_ms();
        Ok(Self {
            key: Key {
                id: ids::access_key_id(),
                secret: ids::access_key_secret(),
                token: options.security_token.clone(),
            },
            nonces: Mutex::default(),
            faults: Mutex::new(FaultBook::new(
                std::mem::take(&mut options.faults),
                options.seed,
            )),
            bucket: options
                .rate_limit
                .map(|rate| Mutex::new(Bucket::new(rate, now_ms))),
            calls: CallLog::default(),
            journal: Journal::open(&options.scratch)?,
            groups: Groups::default(),
            ports: Ports::default(),
            code_sources: CodeSources::new(std::mem::take(&mut options.code_sources), now_ms),
            own_hosts: own_hosts(addr),
            scratch_lock: Mutex::new(Some(scratch_lock)),
            base_envs: base_envs(&options),
            jobs: Mutex::default(),
            gpus: options
                .gpus
                .map(|gpus| Arc::new(Semaphore::new(gpus as usize))),
            changes: watch::Sender::new(0),
            tasks: Mutex::default(),
            options,
        })
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.options.clock.now_ms()
    }

    /// Whether a request with that `Host` was meant for this emulator.
    pub(crate) fn is_own_host(&self, host: &str) -> bool {
        self.own_hosts
            .iter()
            .any(|own| own.eq_ignore_ascii_case(host))
    }

    /// Tells all who wait that something is new.
    pub(crate) fn changed(&self) {
        self.changes.send_modify(|version| *version += 1);
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Takes in a job and starts its task.
    pub(crate) fn submit(self: &Arc<Self>, submission: Submission) -> String {
        let id = ids::job_id();
        let (orders, inbox) = mpsc::unbounded_channel();
        let job = Job::new(id.clone(), submission.clone(), self.now_ms());
        self.record(&job);
        lock(&self.jobs).push(Entry { job, orders });
        let task = tokio::spawn(drive(self.clone(), id.clone(), submission, inbox));
        let mut tasks = lock(&self.tasks);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task.abort_handle());
        self.changed();
        id
    }

    /// Reads all jobs, oldest first, and deleted ones among them.
    pub(crate) fn with_jobs<T>(&self, read: impl FnOnce(&mut dyn Iterator<Item = &Job>) -> T) -> T {
        read(&mut lock(&self.jobs).iter().map(|entry| &entry.job))
    }

    /// Reads or changes one job that is not deleted; ids are compared without regard to case.
    pub(crate) fn with_job<T>(
        &self,
        id: &str,
        work: impl FnOnce(&mut Job) -> T,
    ) -> Result<T, ApiError> {
        let mut jobs = lock(&self.jobs);
        let entry = jobs
            .iter_mut()
            .find(|entry| entry.job.id.eq_ignore_ascii_case(id) && !entry.job.is_deleted());
        entry
            .map(|entry| work(&mut entry.job))
            .ok_or_else(|| ApiError::job_not_found(id))
    }

    /// Sends an order to a job's task; lost when the task has ended.
    pub(crate) fn order(&self, id: &str, order: Order) {
        let jobs = lock(&self.jobs);
        if let Some(entry) = jobs
            .iter()
            .find(|entry| entry.job.id.eq_ignore_ascii_case(id))
        {
            let _ = entry.orders.send(order);
        }
    }

    /// Moves a job to a status; false when the state machine forbids it.
    pub(crate) fn advance(
        &self,
        id: &str,
        status: Status,
        reason_code: &'static str,
        reason_message: &str,
    ) -> bool {
        let now_ms = self.now_ms();
        let moved = self.with_job(id, |job| {
            let moved = job.advance(status, reason_code, reason_message.to_owned(), now_ms);
            if moved {
                self.record(job);
            }
            moved
        });
        self.changed();
        moved.unwrap_or(false)
    }

    /// Where a job's pods have their folders and logs.
    pub(crate) fn folder(&self, id: &str) -> PathBuf {
        self.options.scratch.join("jobs").join(id)
    }

    /// Removes what a job has left behind. One that never ran has no folder; one that cannot be
    /// removed stays, and no answer is made of it any more.
    pub(crate) fn remove_folder(&self, id: &str) {
        let _ = std::fs::remove_dir_all(self.folder(id));
        self.changed();
    }

    fn record(&self, job: &Job) {
        if let Some(last) = job.transitions().last() {
            let name = &job.submission.display_name;
            self.journal
                .transition(last.ms, &job.id, name, last.status.as_str());
        }
    }

    /// Gives a job its pods, the old ones becoming history; false when it has been stopped.
    pub(crate) fn enroll(&self, id: &str, pods: Vec<Pod>) -> bool {
        let enrolled = self.with_job(id, |job| {
            if !matches!(job.status(), Status::EnvPreparing | Status::Restarting) {
                return false;
            }
            let old = std::mem::replace(&mut job.pods, pods);
            for (new, mut old) in job.pods.iter_mut().zip(old) {
                let earlier = std::mem::take(&mut old.history);
                new.history = std::iter::once(old).chain(earlier).collect();
            }
            true
        });
        enrolled.unwrap_or(false)
    }

    pub(crate) fn pod_started(&self, id: &str, pod_id: &str, pid: i32) {
        let now_ms = self.now_ms();
        self.with_pod(id, pod_id, |pod| {
            pod.started_ms = Some(now_ms);
            pod.pid = Some(pid);
        });
    }

    pub(crate) fn pod_ended(&self, id: &str, pod_id: &str, exit_code: i32, killed: bool) {
        let now_ms = self.now_ms();
        self.with_pod(id, pod_id, |pod| {
            pod.finished_ms = Some(now_ms);
            pod.exit_code = Some(exit_code);
            pod.killed = killed;
            pod.pid = None;
            pod.log.close();
        });
    }

    fn with_pod(&self, id: &str, pod_id: &str, change: impl FnOnce(&mut Pod)) {
        let _ = self.with_job(id, |job| {
            if let Some(pod) = job.pods.iter_mut().find(|pod| pod.pod_id == pod_id) {
                change(pod);
            }
        });
        self.changed();
    }

    /// Waits in line for a job's GPUs. A job that asks for more than there are waits for ever
    /// without standing in the way of others.
    pub(crate) async fn take_gpus(&self, wanted: f64) -> Option<OwnedSemaphorePermit> {
        let (Some(gpus), Some(all)) = (&self.gpus, self.options.gpus) else {
            return None;
        };
        let Some(count) = (0..=all).find(|count| f64::from(*count) >= wanted) else {
            return std::future::pending().await;
        };
        gpus.clone().acquire_many_owned(count).await.ok()
    }

    /// Ends all job tasks, kills every process group and gives the folder free.
    pub(crate) fn close(&self) {
        for task in lock(&self.tasks).drain(..) {
            task.abort();
        }
        self.groups.close();
        *lock(&self.scratch_lock) = None;
    }
}

fn own_hosts(addr: SocketAddr) -> [String; 4] {
    let port = addr.port();
    let named = |host: &str| format!("{host}:{port}");
    [
        addr.to_string(),
        named("127.0.0.1"),
        named("localhost"),
        named("[::1]"),
    ]
}

fn base_envs(options: &Options) -> BTreeMap<String, String> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    let folders = options
        .path_prefix
        .iter()
        .map(|folder| folder.as_path().to_owned());
    let folders = folders.chain(std::env::split_paths(&path));
    let path = std::env::join_paths(folders).unwrap_or(path);
    let lang = std::env::var("LANG").unwrap_or_else(|_| "C.UTF-8".to_owned());
    let path = Path::new(&path).display().to_string();
    BTreeMap::from([("PATH".to_owned(), path), ("LANG".to_owned(), lang)])
}
