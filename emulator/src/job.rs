//! The state machine of a job, and the record the answers are made from. Pure.
//!
//! Invariants: a job has at least one transition, their times never decrease, each status may
//! follow the one before, and nothing follows a final one. Every time and status shown is derived
//! from the transitions, so the past can be shown too (`list_lag`).

use std::fmt;

use serde::Serialize;

use crate::runner::PodLog;
use crate::spec::Submission;

/// Status of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Status {
    /// Accepted.
    Creating,
    /// Waiting for resources.
    Queuing,
    /// Pods are being made.
    EnvPreparing,
    /// The commands run.
    Running,
    /// The pods are being replaced.
    Restarting,
    /// Asked to stop, processes still ending.
    Stopping,
    /// All pods ended with exit code 0.
    Succeeded,
    /// A pod ended with another exit code.
    Failed,
    /// Stopped by its user or for its time limit.
    Stopped,
}

impl Status {
    /// The spelling of the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Queuing => "Queuing",
            Self::EnvPreparing => "EnvPreparing",
            Self::Running => "Running",
            Self::Restarting => "Restarting",
            Self::Stopping => "Stopping",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Stopped => "Stopped",
        }
    }

    /// Whether nothing follows.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Stopped)
    }

    fn may_follow(self, before: Self) -> bool {
        match self {
            Self::Creating => false,
            Self::Queuing => before == Self::Creating,
            Self::EnvPreparing => before == Self::Queuing,
            Self::Running => matches!(before, Self::EnvPreparing | Self::Restarting),
            Self::Restarting | Self::Succeeded => before == Self::Running,
            Self::Stopping => !before.is_final() && before != Self::Stopping,
            Self::Failed => !before.is_final() && before != Self::Stopping,
            Self::Stopped => before == Self::Stopping,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One change of status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transition {
    /// Unix ms.
    pub(crate) ms: i64,
    pub(crate) status: Status,
    /// Empty where the service gives none.
    pub(crate) reason_code: &'static str,
    pub(crate) reason_message: String,
}

/// One incarnation of a pod.
#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) pod_id: String,
    pub(crate) pod_uid: String,
    /// The role, e.g. `Worker`.
    pub(crate) kind: String,
    /// Unix ms, as the next two.
    pub(crate) created_ms: i64,
    pub(crate) started_ms: Option<i64>,
    pub(crate) finished_ms: Option<i64>,
    /// Set with `finished_ms`; a killed pod has 128 plus the signal's number.
    pub(crate) exit_code: Option<i32>,
    /// Ended by us, not by itself.
    pub(crate) killed: bool,
    /// Leader of the process group while it runs.
    pub(crate) pid: Option<i32>,
    pub(crate) log: PodLog,
    /// Earlier incarnations, newest first.
    pub(crate) history: Vec<Pod>,
}

impl Pod {
    pub(crate) fn status(&self) -> &'static str {
        match (self.started_ms, self.exit_code) {
            (None, None) => "Pending",
            (Some(_), None) => "Running",
            _ if self.killed => "Stopped",
            (_, Some(0)) => "Succeeded",
            _ => "Failed",
        }
    }

    /// The pod as an observer at that time saw it; None when it had not been made.
    fn as_of(&self, ms: i64) -> Option<Self> {
        let mut made = std::iter::once(self)
            .chain(&self.history)
            .filter(|pod| pod.created_ms <= ms)
            .map(|pod| {
                let ended = pod.finished_ms.is_some_and(|end| end <= ms);
                Self {
                    started_ms: pod.started_ms.filter(|start| *start <= ms),
                    finished_ms: pod.finished_ms.filter(|_| ended),
                    exit_code: pod.exit_code.filter(|_| ended),
                    killed: pod.killed && ended,
                    history: Vec::new(),
                    ..pod.clone()
                }
            });
        let newest = made.next()?;
        Some(Self {
            history: made.collect(),
            ..newest
        })
    }

    /// This incarnation or the earlier one with that uid.
    pub(crate) fn incarnation(&self, uid: &str) -> Option<&Self> {
        std::iter::once(self)
            .chain(&self.history)
            .find(|pod| pod.pod_uid == uid)
    }
}

/// A job as the cloud knows it.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) submission: Submission,
    /// Empty until the environment is prepared.
    pub(crate) pods: Vec<Pod>,
    transitions: Vec<Transition>,
}

impl Job {
    pub(crate) fn new(id: String, submission: Submission, now_ms: i64) -> Self {
        let first = Transition {
            ms: now_ms,
            status: Status::Creating,
            reason_code: "",
            reason_message: String::new(),
        };
        Self {
            id,
            submission,
            pods: Vec::new(),
            transitions: vec![first],
        }
    }

    /// Makes the change if the state machine allows it.
    pub(crate) fn advance(
        &mut self,
        status: Status,
        reason_code: &'static str,
        reason_message: String,
        now_ms: i64,
    ) -> bool {
        let last = self.last();
        if !status.may_follow(last.status) {
            return false;
        }
        let ms = now_ms.max(last.ms);
        self.transitions.push(Transition {
            ms,
            status,
            reason_code,
            reason_message,
        });
        true
    }

    pub(crate) fn transitions(&self) -> &[Transition] {
        &self.transitions
    }

    fn last(&self) -> &Transition {
        &self.transitions[self.transitions.len() - 1]
    }

    pub(crate) fn status(&self) -> Status {
        self.last().status
    }

    /// The transitions an observer at that time knows of; empty before the job was created.
    pub(crate) fn as_of(&self, ms: i64) -> &[Transition] {
        &self.transitions[..self.transitions.partition_point(|each| each.ms <= ms)]
    }

    /// The pods that observer knows of.
    pub(crate) fn pods_as_of(&self, ms: i64) -> Vec<Pod> {
        self.pods.iter().filter_map(|pod| pod.as_of(ms)).collect()
    }

    pub(crate) fn created_ms(&self) -> i64 {
        self.transitions[0].ms
    }
}

/// When a job first had one of these statuses.
pub(crate) fn first_ms(transitions: &[Transition], wanted: &[Status]) -> Option<i64> {
    transitions
        .iter()
        .find(|each| wanted.contains(&each.status))
        .map(|each| each.ms)
}

/// How often the pods have been replaced.
pub(crate) fn restarts(transitions: &[Transition]) -> usize {
    transitions
        .iter()
        .filter(|each| each.status == Status::Restarting)
        .count()
}

/// When it ended.
pub(crate) fn finish_ms(transitions: &[Transition]) -> Option<i64> {
    first_ms(
        transitions,
        &[Status::Succeeded, Status::Failed, Status::Stopped],
    )
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
