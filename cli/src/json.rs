//! What `--json` prints: an interface for programs, so fields are added and never renamed or removed.
//!
//! Times are RFC 3339 in UTC; what is unknown is `null`. Phases and kinds are lower-case words.

mod answer;
mod audit;
mod changed;
mod check;
mod code;
mod config;
mod context;
mod daemon;
mod each;
mod job;
mod local;
mod log;

use jiff::Timestamp;
use pai_proto::v1;
use serde::Serialize;

use crate::{error::CliError, view::clean};

pub use answer::{Deleted, LogsKept, Stopped, Submitted, Updated, Waited};
pub use audit::AuditEntry;
pub(crate) use audit::outcome;
pub use changed::{ConfigChanged, ConfigChecked, ConfigField};
pub use check::Checked;
pub use code::{CodeSource, CodeSourceChanged};
pub use config::{Config, Profile, WhoAmI};
pub use context::Context;
pub use daemon::{DaemonStarted, DaemonStatus, DaemonStopped, Problem};
pub use each::Each;
pub use job::{Job, JobDetail, Milestone};
pub use local::{LocalDown, LocalStatus, LocalUp};
pub use log::{LogHit, LogLine, LogsPruned};

/// A failed command, on stderr.
#[derive(Debug, Serialize)]
pub struct Failure {
    error: FailureDetail,
}

/// What went wrong.
#[derive(Debug, Serialize)]
pub struct FailureDetail {
    kind: String,
    message: String,
    hint: Option<String>,
    request_id: Option<String>,
}

impl Failure {
    /// One without a request.
    pub fn new(kind: &str, message: &str, hint: &str) -> Self {
        Self {
            error: FailureDetail {
                kind: kind.into(),
                message: message.into(),
                hint: known(hint),
                request_id: None,
            },
        }
    }
}

impl From<&CliError> for Failure {
    fn from(error: &CliError) -> Self {
        let mut failure = Self::new(&error.kind(), &error.to_string(), &error.hint());
        failure.error.request_id = known(error.request_id());
        failure
    }
}

/// The id by which people call a job: the backend's, or the uid while none is known.
pub fn job_id(job: &v1::Job) -> &str {
    match job.native_id.as_str() {
        "" => &job.uid,
        native => native,
    }
}

/// A phase as a lower-case word.
pub fn phase(phase: v1::Phase) -> String {
    word(phase.as_str_name(), "PHASE_")
}

/// An error's kind as a lower-case word.
pub fn kind(kind: v1::ErrorKind) -> String {
    word(kind.as_str_name(), "ERROR_KIND_")
}

fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_lowercase()
}

fn known(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// RFC 3339; zero is no time.
fn time(ms: Option<i64>) -> Option<String> {
    let ms = ms.filter(|ms| *ms != 0)?;
    Some(Timestamp::from_millisecond(ms).ok()?.to_string())
}

/// Several lines of JSON, safe on a terminal.
pub fn pretty(value: &impl Serialize) -> String {
    safe(serde_json::to_string_pretty(value))
}

/// One line of JSON, safe on a terminal.
pub fn compact(value: &impl Serialize) -> String {
    safe(serde_json::to_string(value))
}

/// Escapes what JSON would leave raw and a terminal would obey. Such characters occur only inside of strings.
fn safe(text: serde_json::Result<String>) -> String {
    // Our structs have string keys only and no way to fail.
    let text = text.unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
    clean::escape(&text, |c| c != '\n', |c| format!("\\u{:04x}", u32::from(c)))
}

#[cfg(test)]
mod tests;
