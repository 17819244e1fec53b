//! A job in short.

use pai_proto::v1::{self, Phase};
use serde::Serialize;

use super::{is_default, known, sentence, word};
use crate::time;
use pai_proto::text;

/// A job in a list.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    job_id: String,
    name: String,
    status: String,
    #[serde(skip_serializing_if = "is_default")]
    result: Option<&'static str>,
    #[serde(skip_serializing_if = "is_default")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    stop_requested: bool,
}

/// A job that somebody asked for.
#[derive(Debug, Serialize)]
pub(crate) struct Job {
    /// The cloud's id, or ours while none is known: either is taken wherever a job is named.
    job_id: String,
    name: String,
    /// The cloud's word.
    status: String,
    /// Our word, the same for every cloud.
    phase: String,
    #[serde(skip_serializing_if = "is_default")]
    result: Option<&'static str>,
    #[serde(skip_serializing_if = "is_default")]
    sub_status: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    stop_requested: bool,
    /// It has a result and still holds its machines.
    #[serde(skip_serializing_if = "is_default")]
    resources_held: bool,
    #[serde(skip_serializing_if = "is_default")]
    restarts: u32,
    /// A second job of the same submit: the uid of the first.
    #[serde(skip_serializing_if = "is_default")]
    twin_of: Option<String>,
}

impl From<&v1::Job> for Row {
    fn from(job: &v1::Job) -> Self {
        Self {
            job_id: id(job),
            name: name(job),
            status: status(job),
            result: result(job),
            created_at: time::utc(job.created_at_ms),
            ended_at: time::utc(job.ended_at_ms),
            stop_requested: job.stop_requested,
        }
    }
}

impl From<&v1::Job> for Job {
    fn from(job: &v1::Job) -> Self {
        Self {
            job_id: id(job),
            name: name(job),
            status: status(job),
            phase: phase(job.phase()),
            result: result(job),
            sub_status: known(&job.sub_status),
            reason: reason(job),
            created_at: time::utc(job.created_at_ms),
            started_at: time::utc(job.running_at_ms),
            ended_at: time::utc(job.ended_at_ms),
            stop_requested: job.stop_requested,
            resources_held: job.resources_held,
            restarts: job.restart_count,
            twin_of: known(&job.twin_of),
        }
    }
}

/// The id by which a job is called: the cloud's, or ours while none is known.
pub(crate) fn id(job: &v1::Job) -> String {
    text::line(match job.native_id.as_str() {
        "" => &job.uid,
        native => native,
    })
}

/// The full name, or the id where there is none.
pub(crate) fn name(job: &v1::Job) -> String {
    known(&job.name).unwrap_or_else(|| id(job))
}

/// The cloud's word, or our phase while it has none.
pub(crate) fn status(job: &v1::Job) -> String {
    let status = known(&job.status).unwrap_or_else(|| phase(job.phase()));
    match job.phase() {
        Phase::Gone if !job.status.is_empty() => format!("gone (was {status})"),
        Phase::Held => match job.queue_position {
            Some(place) => format!("{status} (place {place} in the queue)"),
            None => status,
        },
        _ => status,
    }
}

/// How it ended; nothing while it has not.
fn result(job: &v1::Job) -> Option<&'static str> {
    if job.result_unknown {
        return Some("unknown");
    }
    match job.phase() {
        Phase::Succeeded => Some("succeeded"),
        Phase::Failed => Some("failed"),
        Phase::Stopped => Some("stopped"),
        Phase::Gone => Some("gone"),
        _ => None,
    }
}

pub(crate) fn phase(phase: Phase) -> String {
    word(phase.as_str_name(), "PHASE_")
}

/// `Code: message`
fn reason(job: &v1::Job) -> Option<String> {
    let reason = job.reason.as_ref()?;
    let parts = [reason.code.as_str(), reason.message.as_str()];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    sentence(&parts.join(": "))
}
