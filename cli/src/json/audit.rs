//! Who changed what.

use pai_proto::v1;
use serde::Serialize;

use super::{known, time, word};

/// One call that changed something, or tried to.
#[derive(Debug, Serialize)]
pub struct AuditEntry {
    id: u64,
    at: Option<String>,
    settings_path: String,
    /// `person` or `tool`.
    client_kind: String,
    client: String,
    action: String,
    target: String,
    detail: Option<String>,
    /// `done`, `refused`, `failed` or `unknown`.
    outcome: String,
    message: Option<String>,
    request_id: Option<String>,
}

impl From<&v1::AuditEntry> for AuditEntry {
    fn from(entry: &v1::AuditEntry) -> Self {
        Self {
            id: entry.id,
            at: time(Some(entry.at_ms)),
            settings_path: entry.settings_path.clone(),
            client_kind: entry.client_kind.clone(),
            client: entry.client.clone(),
            action: entry.action.clone(),
            target: entry.target.clone(),
            detail: known(&entry.detail),
            outcome: outcome(entry),
            message: known(&entry.message),
            request_id: known(&entry.request_id),
        }
    }
}

/// As a lower-case word.
pub(crate) fn outcome(entry: &v1::AuditEntry) -> String {
    word(entry.outcome().as_str_name(), "OUTCOME_")
}
