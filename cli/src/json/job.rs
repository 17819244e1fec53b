//! Jobs.

use std::collections::BTreeMap;

use pai_proto::v1;
use serde::Serialize;

use super::{job_id, known, phase, time};

/// A job in a list.
#[derive(Debug, Serialize)]
pub struct Job {
    /// The backend's id, or the uid while none is known.
    pub job_id: String,
    /// Ours.
    pub uid: String,
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
    /// `null` where the daemon is too old to say.
    log: Option<Log>,
}

/// What the daemon has stored of a job's log.
#[derive(Debug, Serialize)]
struct Log {
    lines: u64,
    pods: u32,
    /// Of these pods everything is stored, and nothing will come.
    complete: bool,
    /// Somebody asked for the logs of all pods.
    kept: bool,
}

#[derive(Debug, Serialize)]
struct Code {
    code_source_id: Option<String>,
    branch: Option<String>,
    commit: Option<String>,
    mount_path: Option<String>,
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

/// When a status was first reached.
#[derive(Debug, Serialize)]
pub struct Milestone {
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
    /// A job, why its data is old, if it is, and what is stored of its log, where that is known.
    pub fn new(job: &v1::Job, stale_reason: &str, log: Option<&v1::StoredLog>) -> Self {
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
            log: log.map(|log| Log {
                lines: log.lines,
                pods: log.pods,
                complete: log.complete,
                kept: log.kept,
            }),
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
