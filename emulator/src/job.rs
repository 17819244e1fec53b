//! The state machine of a job, and the record the answers are made from. Pure.
//!
//! Invariants: a job has at least one transition, their times never decrease, each status may
//! follow the one before, and nothing follows a final one. Every time and status shown is derived
//! from the transitions, so the past can be shown too (`list_lag`). What was sent is never changed
//! but covered by later changes (`update_lag`).

mod change;
mod pod;
mod status;

use serde_json::Value;

use crate::spec::Submission;
use change::Change;
pub(crate) use change::Key;
pub(crate) use pod::Pod;
pub use status::Status;

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

/// A job as the cloud knows it.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) submission: Submission,
    /// Empty until the environment is prepared.
    pub(crate) pods: Vec<Pod>,
    transitions: Vec<Transition>,
    changes: Vec<Change>,
    /// Unix ms; set once.
    deleted_ms: Option<i64>,
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
            changes: Vec::new(),
            deleted_ms: None,
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

    /// Deletes a job that has ended.
    pub(crate) fn delete(&mut self, now_ms: i64) {
        self.deleted_ms = Some(now_ms);
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.deleted_ms.is_some()
    }

    /// Whether an observer at that time knows of the job: it was created by then, and not deleted.
    pub(crate) fn exists_at(&self, ms: i64) -> bool {
        self.created_ms() <= ms && self.deleted_ms.is_none_or(|deleted| ms < deleted)
    }

    /// Changes what was sent with the job, as seen from `shows_ms` on.
    pub(crate) fn change(&mut self, key: Key, value: Value, shows_ms: i64) {
        self.changes.push(Change {
            ms: shows_ms,
            key,
            value,
        });
    }

    /// What an observer at that time sees at a key that may be changed.
    pub(crate) fn given(&self, key: Key, ms: i64) -> Option<&Value> {
        change::seen(&self.submission.raw, &self.changes, key, ms)
    }

    /// `PUBLIC` or `PRIVATE`, as an observer at that time sees it.
    pub(crate) fn accessibility(&self, ms: i64) -> &str {
        let given = self.given(Key::Accessibility, ms).and_then(Value::as_str);
        given.unwrap_or("PRIVATE")
    }

    /// 1 to 9, as an observer at that time sees it.
    pub(crate) fn priority(&self, ms: i64) -> u64 {
        let given = self.given(Key::Priority, ms).and_then(Value::as_u64);
        given.unwrap_or(1)
    }

    /// The last change of any kind that an observer at that time sees.
    pub(crate) fn modified_ms(&self, ms: i64) -> i64 {
        let changes = self.changes.iter().map(|change| change.ms);
        let moves = self.as_of(ms).iter().map(|each| each.ms);
        let seen = changes.filter(|at| *at <= ms).chain(moves).max();
        seen.unwrap_or_else(|| self.created_ms())
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

/// When the commands ended, be it that the job is kept after that.
pub(crate) fn ran_until_ms(transitions: &[Transition]) -> Option<i64> {
    let kept = first_ms(
        transitions,
        &[Status::SucceededReserving, Status::FailedReserving],
    );
    kept.or_else(|| finish_ms(transitions))
}

/// When it ended for good.
pub(crate) fn finish_ms(transitions: &[Transition]) -> Option<i64> {
    first_ms(
        transitions,
        &[Status::Succeeded, Status::Failed, Status::Stopped],
    )
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
