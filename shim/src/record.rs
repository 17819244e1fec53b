//! What agents read about jobs and settings: an interface, so fields are added and never renamed or removed.
//!
//! Lean, since every byte is read by a model: what is unknown, empty or false is absent. Times are RFC 3339 in UTC.

mod config;
mod detail;
mod job;

pub(crate) use config::{Config, WhoAmI};
pub(crate) use detail::Detail;
pub(crate) use job::{Job, Row, id, name, phase, status};

use pai_proto::v1;
use serde::Serialize;

use crate::time;
use pai_proto::text;

/// Longest foreign sentence, in bytes.
const SENTENCE_MAX: usize = 800;

/// How old the data is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Staleness {
    #[serde(skip_serializing_if = "is_default")]
    stale_since: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    stale_reason: Option<String>,
}

impl Staleness {
    /// As the daemon tells it; nothing where the data is fresh.
    pub(crate) fn new(since_ms: Option<i64>, reason: &str) -> Self {
        let stale_since = time::utc(since_ms);
        let stale_reason = stale_since.as_ref().and(sentence(reason));
        Self {
            stale_since,
            stale_reason,
        }
    }

    /// Of one job, where nothing tells more.
    pub(crate) fn of(job: &v1::Job) -> Self {
        Self::new(job.stale_since_ms, "")
    }
}

/// Foreign text of one line; absent when there is none.
fn known(text: &str) -> Option<String> {
    let text = text::line(text);
    (!text.is_empty()).then_some(text)
}

/// The same, not too long.
fn sentence(text: &str) -> Option<String> {
    known(&text::cut(text, SENTENCE_MAX))
}

/// The name of an enum's value as people write it: `PHASE_RUNNING` is `running`.
fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_lowercase()
}

/// For serde: what is unknown, empty or not so is not said.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests;
