//! One row of the one counter.

use serde::{Deserialize, Serialize};

use super::{Passed, Phase, Reason};

/// What an event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The job is known from now on.
    Discovered,
    /// The status or phase changed.
    Status,
    /// The backend confirmed a submit.
    Confirmed,
    /// The submit did not take place.
    NotSubmitted,
    /// A stop was requested.
    StopRequested,
    /// A second job of the same name turned up.
    Twin,
    /// The scope's data is old.
    Stale,
    /// The scope's data is fresh again.
    Fresh,
}

/// An event before it has a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDraft {
    /// What it says.
    pub kind: EventKind,
    /// Backend's word before; empty when none.
    pub from_status: String,
    /// Backend's word after.
    pub to_status: String,
    /// Our word before.
    pub from_phase: Option<Phase>,
    /// Our word after.
    pub to_phase: Option<Phase>,
    /// When it happened by the backend's clock, Unix ms.
    pub at_ms: Option<i64>,
    /// Why.
    pub reason: Option<Reason>,
    /// Statuses that the job has thereby reached, besides `to_status`; they become milestones.
    #[serde(skip)]
    pub reached: Vec<Passed>,
}

impl EventDraft {
    /// An event without from and to.
    pub fn new(kind: EventKind) -> Self {
        Self {
            kind,
            from_status: String::new(),
            to_status: String::new(),
            from_phase: None,
            to_phase: None,
            at_ms: None,
            reason: None,
            reached: Vec::new(),
        }
    }
}

/// An event of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the one counter; never reused.
    pub rev: u64,
    /// Whose it is.
    pub context: i64,
    /// The job; `None` for events of a scope.
    pub job_uid: Option<String>,
    /// When it was committed, Unix ms.
    pub observed_ms: i64,
    /// What it says.
    pub what: EventDraft,
}
