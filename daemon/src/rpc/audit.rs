//! `ListAudit`, and the noting of calls that change something.

use prost::Message as _;

use pai_proto::v1::{AuditEntry, ListAuditRequest, audit_entry::Outcome};

use crate::{
    audit::{self, Act},
    journal::audit::{AuditOutcome, Entry, Page},
    model::{Caller, Fault},
    scope::Scope,
};

/// Entries that are told where no number is asked for, and the most.
const SHOWN: u32 = 100;
const SHOWN_MAX: u32 = 1000;
/// The most that one answer has, so that clients take it.
const BYTES_MAX: usize = 2 << 20;

pub(super) async fn list(
    scope: &Scope,
    request: ListAuditRequest,
) -> Result<Vec<AuditEntry>, Fault> {
    let page = Page {
        context: (!request.all_contexts).then_some(scope.context),
        before: request.before,
        limit: match request.limit {
            0 => SHOWN,
            limit => limit.min(SHOWN_MAX),
        },
    };
    let entries = scope
        .journal
        .read(move |reader| reader.audit(&page))
        .await?;
    let mut bytes = 0;
    let fits = |entry: &AuditEntry| {
        bytes += entry.encoded_len();
        bytes <= BYTES_MAX
    };
    Ok(entries.into_iter().map(entry).take_while(fits).collect())
}

/// Notes how a call ended that changes something, and hands its answer on. `request_id` finds the backend's id in it.
pub(super) async fn noted<T>(
    scope: &Scope,
    caller: &Caller,
    act: Act,
    answer: Result<T, Fault>,
    request_id: impl FnOnce(&T) -> String,
) -> Result<T, Fault> {
    let told = answer.as_ref().map(request_id);
    audit::note(scope, caller, act, told.as_ref().map_err(|fault| *fault)).await;
    answer
}

fn entry(entry: Entry) -> AuditEntry {
    let outcome = match entry.outcome {
        AuditOutcome::Done => Outcome::Done,
        AuditOutcome::Refused => Outcome::Refused,
        AuditOutcome::Failed => Outcome::Failed,
        AuditOutcome::Unknown => Outcome::Unknown,
    };
    AuditEntry {
        id: entry.id,
        at_ms: entry.at_ms,
        settings_path: entry.settings_path,
        client_kind: entry.client_kind,
        client: entry.client,
        action: entry.action,
        target: entry.target,
        detail: entry.detail,
        outcome: outcome.into(),
        message: entry.message,
        request_id: entry.request_id,
    }
}
