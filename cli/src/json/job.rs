//! Jobs, and the answers that are about one.

use std::collections::BTreeMap;

use pai_proto::v1;
use serde::Serialize;

use super::{job_id, known, phase, time, word};

/// A job in a list.
#[derive(Debug, Serialize)]
pub struct Job {
    /// The backend's id, or the uid while none is known.
    pub job_id: String,
    uid: String,
    name: String,
    phase: String,
    status: Option<String>,
    sub_status: Option<String>,
    reason: Option<Reason>,
    backend: String,
    profile: Option<String>,
    job_type: Option<String>,
    own: bool,
    created_at: Option<String>,
    submitted_at: Option<String>,
    running_at: Option<String>,
    ended_at: Option<String>,
    observed_at: Option<String>,
    stale_since: Option<String>,
    stop_requested: bool,
    resources_held: bool,
    result_unknown: bool,
    restart_count: u32,
    twin_of: Option<String>,
    requested: Resources,
    /// While it is held: its place in the queue, from 1.
    queue_position: Option<u32>,
    tags: BTreeMap<String, String>,
    /// Only in the list of a whole workspace.
    user_name: Option<String>,
}

/// Everything about a job.
#[derive(Debug, Serialize)]
pub struct JobDetail {
    #[serde(flatten)]
    job: Job,
    command: String,
    priority: Option<i32>,
    workspace_id: Option<String>,
    resource_id: Option<String>,
    user_id: Option<String>,
    replicas: Vec<Replica>,
    pods: Vec<Pod>,
    milestones: Vec<Milestone>,
    rev: u64,
    stale_reason: Option<String>,
    max_run_minutes: Option<u32>,
    code: Option<Code>,
    /// `PUBLIC` or `PRIVATE`.
    accessibility: Option<String>,
}

#[derive(Debug, Serialize)]
struct Code {
    code_source_id: Option<String>,
    branch: Option<String>,
    commit: Option<String>,
    mount_path: Option<String>,
}

/// The answer of a submit.
#[derive(Debug, Serialize)]
pub struct Submitted {
    #[serde(flatten)]
    job: Job,
    joined: bool,
    warnings: Vec<String>,
}

/// The answer of a stop: `requested`, `already_ended`, `when_found` or `not_sent`. With `--wait` the job is as it ended.
#[derive(Debug, Serialize)]
pub struct Stopped {
    #[serde(flatten)]
    job: Job,
    outcome: String,
}

/// The answer of a delete, with the job as it was.
#[derive(Debug, Serialize)]
pub struct Deleted {
    #[serde(flatten)]
    job: Job,
    deleted: bool,
}

/// The answer of a change: `applied`, or `accepted` where the job does not show it.
#[derive(Debug, Serialize)]
pub struct Updated {
    #[serde(flatten)]
    job: Job,
    outcome: String,
    priority: Option<i32>,
    accessibility: Option<String>,
    note: Option<String>,
}

/// One job of a wait. What describes the job is absent when nothing is known of it.
#[derive(Debug, Serialize)]
pub struct Waited {
    /// As it was written on the command line.
    id: String,
    reached: bool,
    unreachable: bool,
    timed_out: bool,
    reached_by: Option<Milestone>,
    #[serde(flatten)]
    job: Option<Job>,
}

#[derive(Debug, Serialize)]
struct Reason {
    code: Option<String>,
    message: Option<String>,
}

#[derive(Debug, Serialize)]
struct Resources {
    cpu_milli: Option<u64>,
    gpu_milli: Option<u64>,
    memory_bytes: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Replica {
    role: String,
    count: u32,
    image: Option<String>,
    instance_type: Option<String>,
    per_pod: Resources,
}

#[derive(Debug, Serialize)]
struct Pod {
    pod_id: String,
    pod_uid: String,
    role: String,
    status: String,
    sub_status: Option<String>,
    node: Option<String>,
    ip: Option<String>,
    created_at: Option<String>,
    started_at: Option<String>,
    finished_at: Option<String>,
    historic: bool,
}

#[derive(Debug, Serialize)]
struct Milestone {
    status: Option<String>,
    phase: String,
    at: Option<String>,
    observed_at: Option<String>,
}

impl From<&v1::Job> for Job {
    fn from(job: &v1::Job) -> Self {
        let requested = job.requested.unwrap_or_default();
        Self {
            job_id: job_id(job).into(),
            uid: job.uid.clone(),
            name: job.name.clone(),
            phase: phase(job.phase()),
            status: known(&job.status),
            sub_status: known(&job.sub_status),
            reason: job.reason.as_ref().map(|reason| Reason {
                code: known(&reason.code),
                message: known(&reason.message),
            }),
            backend: job.backend.clone(),
            profile: known(&job.profile),
            job_type: known(&job.job_type),
            own: job.own,
            created_at: time(job.created_at_ms),
            submitted_at: time(job.submitted_at_ms),
            running_at: time(job.running_at_ms),
            ended_at: time(job.ended_at_ms),
            observed_at: time(Some(job.observed_at_ms)),
            stale_since: time(job.stale_since_ms),
            stop_requested: job.stop_requested,
            resources_held: job.resources_held,
            result_unknown: job.result_unknown,
            restart_count: job.restart_count,
            twin_of: known(&job.twin_of),
            requested: Resources {
                cpu_milli: requested.cpu_milli,
                gpu_milli: requested.gpu_milli,
                memory_bytes: requested.memory_bytes,
            },
            queue_position: job.queue_position,
            tags: job.tags.clone().into_iter().collect(),
            user_name: known(&job.user_name),
        }
    }
}

impl JobDetail {
    /// A job and why its data is old, if it is.
    pub fn new(job: &v1::Job, stale_reason: &str) -> Self {
        Self {
            job: job.into(),
            command: job.command.clone(),
            priority: job.priority,
            workspace_id: known(&job.workspace_id),
            resource_id: known(&job.resource_id),
            user_id: known(&job.user_id),
            replicas: job.replicas.iter().map(Into::into).collect(),
            pods: job.pods.iter().map(Into::into).collect(),
            milestones: job.milestones.iter().map(Into::into).collect(),
            rev: job.rev,
            stale_reason: known(stale_reason),
            max_run_minutes: job.max_run_minutes,
            code: job.code.as_ref().map(Into::into),
            accessibility: known(&job.accessibility),
        }
    }
}

impl From<&v1::JobCode> for Code {
    fn from(code: &v1::JobCode) -> Self {
        Self {
            code_source_id: known(&code.code_source_id),
            branch: known(&code.branch),
            commit: known(&code.commit),
            mount_path: known(&code.mount_path),
        }
    }
}

impl Submitted {
    /// The job of the answer, and what the answer said about it.
    pub fn new(job: &v1::Job, joined: bool, warnings: &[String]) -> Self {
        Self {
            job: job.into(),
            joined,
            warnings: warnings.to_vec(),
        }
    }
}

impl Stopped {
    /// The job of the answer, and what will happen to it.
    pub fn new(job: &v1::Job, outcome: v1::stop_job_response::Outcome) -> Self {
        Self {
            job: job.into(),
            outcome: word(outcome.as_str_name(), "OUTCOME_"),
        }
    }

    /// What became of the job, if it is this one.
    pub fn ended(&mut self, job: &v1::Job) {
        if self.job.uid == job.uid {
            self.job = job.into();
        }
    }
}

impl Deleted {
    /// The job of the answer.
    pub fn new(job: &v1::Job) -> Self {
        Self {
            job: job.into(),
            deleted: true,
        }
    }
}

impl Updated {
    /// The job as it is now, and whether it shows the change.
    pub fn new(job: &v1::Job, outcome: v1::update_job_response::Outcome, note: &str) -> Self {
        Self {
            job: job.into(),
            outcome: word(outcome.as_str_name(), "OUTCOME_"),
            priority: job.priority,
            accessibility: known(&job.accessibility),
            note: known(note),
        }
    }
}

impl Waited {
    /// One result of a wait that ended, perhaps for want of time.
    pub fn new(result: &v1::WaitResult, timed_out: bool) -> Self {
        Self {
            id: result.id.clone(),
            reached: result.reached,
            unreachable: result.unreachable,
            timed_out: timed_out && !result.reached && !result.unreachable,
            reached_by: result.milestone.as_ref().map(Into::into),
            job: result.job.as_ref().map(Into::into),
        }
    }
}

impl From<&v1::Replica> for Replica {
    fn from(replica: &v1::Replica) -> Self {
        Self {
            role: replica.role.clone(),
            count: replica.count,
            image: known(&replica.image),
            instance_type: known(&replica.instance_type),
            per_pod: Resources {
                cpu_milli: replica.cpu_milli,
                gpu_milli: replica.gpu_milli,
                memory_bytes: replica.memory_bytes,
            },
        }
    }
}

impl From<&v1::Pod> for Pod {
    fn from(pod: &v1::Pod) -> Self {
        Self {
            pod_id: pod.pod_id.clone(),
            pod_uid: pod.pod_uid.clone(),
            role: pod.role.clone(),
            status: pod.status.clone(),
            sub_status: known(&pod.sub_status),
            node: known(&pod.node),
            ip: known(&pod.ip),
            created_at: time(pod.created_at_ms),
            started_at: time(pod.started_at_ms),
            finished_at: time(pod.finished_at_ms),
            historic: pod.historic,
        }
    }
}

impl From<&v1::Milestone> for Milestone {
    fn from(milestone: &v1::Milestone) -> Self {
        Self {
            status: known(&milestone.status),
            phase: phase(milestone.phase()),
            at: time(milestone.at_ms),
            observed_at: time(Some(milestone.observed_at_ms)),
        }
    }
}
