//! Answers of commands that are about a job.

use pai_proto::v1;
use serde::Serialize;

use super::{Job, Milestone, known, word};

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

/// Whether the logs of all pods of a job are kept from now on, whatever the settings say.
#[derive(Debug, Serialize)]
pub struct LogsKept {
    #[serde(flatten)]
    job: Job,
    keep: bool,
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
    /// The line that was waited for, without control sequences.
    line: Option<String>,
    line_pod_id: Option<String>,
    /// What of the log was not searched for it.
    log_note: Option<String>,
    #[serde(flatten)]
    job: Option<Job>,
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

impl LogsKept {
    /// The job of the answer, and what was asked for.
    pub fn new(job: &v1::Job, keep: bool) -> Self {
        Self {
            job: job.into(),
            keep,
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
        let found = !result.line_pod_id.is_empty();
        Self {
            id: result.id.clone(),
            reached: result.reached,
            unreachable: result.unreachable,
            timed_out: timed_out && !result.reached && !result.unreachable,
            reached_by: result.milestone.as_ref().map(Into::into),
            line: found.then(|| result.line.clone()),
            line_pod_id: found.then(|| result.line_pod_id.clone()),
            log_note: known(&result.log_note),
            job: result.job.as_ref().map(Into::into),
        }
    }
}
