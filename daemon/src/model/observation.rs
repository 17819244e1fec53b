//! What a backend said of one job at one moment, in the common model.

use std::collections::BTreeMap;

use super::{Code, Phase, Pod, Reason, Replica, Resources};

/// Which kind of answer it came from: a list may lag behind and leaves things out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// An item of a list.
    List,
    /// The job's own answer.
    Get,
}

/// A status that the job was in at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// The backend's word.
    pub status: String,
    /// Our word.
    pub phase: Phase,
    /// When it began, Unix ms.
    pub at_ms: Option<i64>,
}

/// One answer about one job.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The backend's id.
    pub native_id: String,
    /// Full display name.
    pub name: String,
    /// Our word.
    pub phase: Phase,
    /// The backend's word.
    pub status: String,
    /// More exact status.
    pub sub_status: String,
    /// Why.
    pub reason: Option<Reason>,
    /// The result is known but compute is still held.
    pub resources_held: bool,
    /// Statuses that it passed, oldest first; may be incomplete.
    pub history: Vec<Passed>,
    /// For example `PyTorchJob`.
    pub job_type: String,
    /// Redacted.
    pub command: String,
    /// Roles.
    pub replicas: Vec<Replica>,
    /// Totals.
    pub requested: Resources,
    /// 1 lowest to 9 highest.
    pub priority: Option<i32>,
    /// Workspace.
    pub workspace_id: String,
    /// Quota.
    pub resource_id: String,
    /// Submitter.
    pub user_id: String,
    /// Name of the submitter; empty where the answer does not tell.
    pub user_name: String,
    /// Tags, redacted; `None` when the answer does not tell any.
    pub tags: Option<BTreeMap<String, String>>,
    /// Minutes of running after which the backend stops it; 0 is no limit, `None` is not told.
    pub max_minutes: Option<u32>,
    /// The code that it runs.
    pub code: Option<Code>,
    /// `PUBLIC`, `PRIVATE`, or empty when it is not told.
    pub accessibility: String,
    /// Created, Unix ms.
    pub created_ms: Option<i64>,
    /// Handed to the cluster, Unix ms.
    pub submitted_ms: Option<i64>,
    /// First running, Unix ms.
    pub running_ms: Option<i64>,
    /// Any end, Unix ms.
    pub ended_ms: Option<i64>,
    /// How often it was restarted.
    pub restart_count: u32,
    /// `None` when this kind of answer does not tell.
    pub pods: Option<Vec<Pod>>,
    /// Where it came from.
    pub source: Source,
    /// Order of the request: a greater one was sent later.
    pub seq: u64,
    /// When the answer came, Unix ms.
    pub observed_ms: i64,
}
