//! Jobs as a test sees them: exact times and process ids, no lag.

use serde::Serialize;

use crate::job::{Job, Pod, Status};

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobView {
    /// Id of the job.
    pub job_id: String,
    /// Its DisplayName.
    pub name: String,
    /// Now.
    pub status: Status,
    /// 1 (lowest) to 9, as UpdateJob has left it, shown by the API or not yet.
    pub priority: u64,
    /// `PUBLIC` or `PRIVATE`, as UpdateJob has left it, shown by the API or not yet.
    pub accessibility: String,
    /// All changes so far, the first being `Creating`.
    pub transitions: Vec<TransitionView>,
    /// Current incarnations; empty until the environment is prepared.
    pub pods: Vec<PodView>,
}

/// A change of status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TransitionView {
    /// Exact time, unix ms.
    pub ms: i64,
    /// What the job became.
    pub status: Status,
}

/// A pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PodView {
    /// Id of the pod, `{job_id}-{role}-{index}`.
    pub pod_id: String,
    /// Id of this incarnation.
    pub pod_uid: String,
    /// Ids of its earlier incarnations, newest first.
    pub earlier_uids: Vec<String>,
    /// Leader of its process group, while it runs.
    pub pid: Option<i32>,
    /// Once it has ended.
    pub exit_code: Option<i32>,
    /// Log lines stored so far, visible or not.
    pub lines: usize,
}

impl From<&Job> for JobView {
    fn from(job: &Job) -> Self {
        let transitions = job.transitions().iter();
        Self {
            job_id: job.id.clone(),
            name: job.submission.display_name.clone(),
            status: job.status(),
            priority: job.priority(i64::MAX),
            accessibility: job.accessibility(i64::MAX).to_owned(),
            transitions: transitions
                .map(|each| TransitionView {
                    ms: each.ms,
                    status: each.status,
                })
                .collect(),
            pods: job.pods.iter().map(PodView::from).collect(),
        }
    }
}

impl From<&Pod> for PodView {
    fn from(pod: &Pod) -> Self {
        Self {
            pod_id: pod.pod_id.clone(),
            pod_uid: pod.pod_uid.clone(),
            earlier_uids: pod.history.iter().map(|old| old.pod_uid.clone()).collect(),
            pid: pod.pid,
            exit_code: pod.exit_code,
            lines: pod.log.len(),
        }
    }
}
