//! A job as the journal remembers it. Times are Unix milliseconds, UTC.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Phase;

/// Why a job is in its state, in the backend's words (redacted).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The backend's code; empty when none.
    pub code: String,
    /// Free text.
    pub message: String,
}

/// One incarnation of one pod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pod {
    /// The backend's pod id; the same over restarts.
    pub pod_id: String,
    /// Unique per incarnation.
    pub pod_uid: String,
    /// Role in the job.
    pub role: String,
    /// The backend's own status word.
    pub status: String,
    /// More exact status; empty when none.
    pub sub_status: String,
    /// Node it runs on; empty when unknown.
    pub node: String,
    /// Address; empty when unknown.
    pub ip: String,
    /// When it was created.
    pub created_ms: Option<i64>,
    /// When it started.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub finished_ms: Option<i64>,
    /// An earlier incarnation.
    pub historic: bool,
}

/// One role of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Replica {
    /// Role, for example `Worker`.
    pub role: String,
    /// Number of pods.
    pub count: u32,
    /// To how many an elastic role may grow; 0 where that is not told.
    #[serde(skip_serializing_if = "is_zero")]
    pub most: u32,
    /// Image address.
    pub image: String,
    /// Instance type where one was asked for; empty otherwise.
    pub instance_type: String,
    /// What one pod asks for.
    pub each: Resources,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Amounts; `None` is unknown, not zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resources {
    /// Thousandths of a core.
    pub cpu_milli: Option<u64>,
    /// Thousandths of a GPU.
    pub gpu_milli: Option<u64>,
    /// Bytes.
    pub memory_bytes: Option<u64>,
}

/// The code that a job runs; what is unknown is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Code {
    /// Id of the code source.
    pub source_id: String,
    /// Branch.
    pub branch: String,
    /// Commit.
    pub commit: String,
    /// Where it is cloned to.
    pub mount_path: String,
}

/// Code of the reason of a job that was deleted through us: it was own, and is not listed any more.
pub const DELETED: &str = "Deleted";
/// Tag of every submit: the prefix under which it was made.
pub const TAG_PREFIX: &str = "pai-prefix";
/// Tag of every submit: our uid of the job.
pub const TAG_UID: &str = "pai-uid";

/// The first time at which a job was in a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// The backend's word; empty for our own phases.
    pub status: String,
    /// Our word.
    pub phase: Phase,
    /// Revision of the event that recorded it.
    pub rev: u64,
    /// When it happened by the backend's clock.
    pub at_ms: Option<i64>,
    /// When it was recorded.
    pub observed_ms: i64,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Ours, given at the intent.
    pub uid: String,
    /// The backend's id.
    pub native_id: Option<String>,
    /// Full display name at the backend.
    pub name: String,
    /// Our word for its state.
    pub phase: Phase,
    /// The backend's word; empty while the phase is ours.
    pub status: String,
    /// More exact status; empty when none.
    #[serde(default)]
    pub sub_status: String,
    /// Why.
    #[serde(default)]
    pub reason: Option<Reason>,
    /// The result is known but compute is still held.
    #[serde(default)]
    pub resources_held: bool,
    /// Ended, and the backend did not say how.
    #[serde(default)]
    pub result_unknown: bool,
    /// Of this context's principal and under its prefix.
    pub own: bool,
    /// For example `PyTorchJob`.
    #[serde(default)]
    pub job_type: String,
    /// Redacted.
    #[serde(default)]
    pub command: String,
    /// Roles.
    #[serde(default)]
    pub replicas: Vec<Replica>,
    /// Totals.
    #[serde(default)]
    pub requested: Resources,
    /// 1 lowest to 9 highest.
    #[serde(default)]
    pub priority: Option<i32>,
    /// Workspace.
    #[serde(default)]
    pub workspace_id: String,
    /// Quota; empty is the public pool.
    #[serde(default)]
    pub resource_id: String,
    /// Submitter.
    #[serde(default)]
    pub user_id: String,
    /// Profile of the submit; empty when unknown.
    #[serde(default)]
    pub profile: String,
    /// By the backend's clock; ours until it has told its own.
    #[serde(default)]
    pub created_ms: Option<i64>,
    /// Handed to the cluster.
    #[serde(default)]
    pub submitted_ms: Option<i64>,
    /// First running.
    #[serde(default)]
    pub running_ms: Option<i64>,
    /// Any end.
    #[serde(default)]
    pub ended_ms: Option<i64>,
    /// When an answer about it last came.
    pub observed_ms: i64,
    /// Order of the request whose answer is held: grows with each request of this store.
    pub observed_seq: u64,
    /// How often it was restarted.
    #[serde(default)]
    pub restart_count: u32,
    /// First times, in the order of recording.
    #[serde(default)]
    pub milestones: Vec<Milestone>,
    /// Revision of its newest event.
    pub rev: u64,
    /// A stop was asked for.
    #[serde(default)]
    pub stop_requested: bool,
    /// A stop must still be sent.
    #[serde(default)]
    pub stop_due: bool,
    /// Uid of the first job of the same name.
    #[serde(default)]
    pub twin_of: String,
    /// Tags at the backend, redacted.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The backend stops it after so many minutes of running; `None` is no known limit.
    #[serde(default)]
    pub max_minutes: Option<u32>,
    /// The code that it runs.
    #[serde(default)]
    pub code: Option<Code>,
    /// `PUBLIC`, `PRIVATE`, or empty when unknown.
    #[serde(default)]
    pub accessibility: String,
}

impl Job {
    /// A job of which only the uid and the name are known.
    pub fn new(uid: String, name: String, phase: Phase, now_ms: i64) -> Self {
        Self {
            uid,
            native_id: None,
            name,
            phase,
            status: String::new(),
            sub_status: String::new(),
            reason: None,
            resources_held: false,
            result_unknown: false,
            own: true,
            job_type: String::new(),
            command: String::new(),
            replicas: Vec::new(),
            requested: Resources::default(),
            priority: None,
            workspace_id: String::new(),
            resource_id: String::new(),
            user_id: String::new(),
            profile: String::new(),
            created_ms: None,
            submitted_ms: None,
            running_ms: None,
            ended_ms: None,
            observed_ms: now_ms,
            observed_seq: 0,
            restart_count: 0,
            milestones: Vec::new(),
            rev: 0,
            stop_requested: false,
            stop_due: false,
            twin_of: String::new(),
            tags: BTreeMap::new(),
            max_minutes: None,
            code: None,
            accessibility: String::new(),
        }
    }

    /// It will not change its result any more.
    pub fn has_ended(&self) -> bool {
        self.phase.is_end() || self.result_unknown
    }

    /// Worth looking at: not ended, or ended with compute still held.
    pub fn is_active(&self) -> bool {
        !self.has_ended() || self.resources_held
    }

    /// The id that people use: the backend's, or ours while it is not known.
    pub fn display_id(&self) -> &str {
        self.native_id.as_deref().unwrap_or(&self.uid)
    }

    /// When the backend's having it was first known, by our clock: the backend's own may be off, and the submit may have been
    /// made long before.
    pub fn known_since_ms(&self) -> i64 {
        let first = self.milestones.iter().find(|mile| !mile.phase.is_ours());
        first.map_or(self.observed_ms, |mile| mile.observed_ms)
    }

    /// At which revision the backend's having it was first known; zero where that is not told.
    pub fn known_since_rev(&self) -> u64 {
        let first = self.milestones.iter().find(|mile| !mile.phase.is_ours());
        first.map_or(0, |mile| mile.rev)
    }

    /// The first time in this status or phase of ours.
    pub fn milestone(&self, status: &str, phase: Phase) -> Option<&Milestone> {
        self.milestones
            .iter()
            .find(|mile| mile.status == status && mile.phase == phase)
    }
}
