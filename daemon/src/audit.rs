//! Who changed what: one row for each call that changed something, or tried to.
//!
//! A row is written when the outcome is known, after the thing itself: a crash in between loses the row, never the change.
//! What is told of a submit is also in its intent, and the next daemon tells how that ended.

use crate::{
    journal::audit::{AuditOutcome, Entry},
    model::{Caller, Fault, FaultKind},
    scope::Scope,
};

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Act {
    /// For example `submit`.
    pub action: &'static str,
    /// A job, a profile, a key of the settings.
    pub target: String,
    /// More of it, one line.
    pub detail: String,
}

/// The longest of each text that is stored, in characters.
const TARGET_MAX: usize = 300;
const DETAIL_MAX: usize = 600;
const MESSAGE_MAX: usize = 600;

/// The beginning of a text.
pub fn shortened(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Notes a call; `told` is the backend's id of its request, or why it did not work.
pub async fn note(scope: &Scope, caller: &Caller, act: Act, told: Result<&String, &Fault>) {
    store(scope, caller.kind(), &caller.client, act, told).await;
}

/// Notes what the daemon did by itself.
pub async fn note_own(scope: &Scope, act: Act, told: Result<&String, &Fault>) {
    store(scope, "daemon", "paid", act, told).await;
}

async fn store(scope: &Scope, kind: &str, client: &str, act: Act, told: Result<&String, &Fault>) {
    let redact = |text: &str| scope.redactor.text(text);
    let (outcome, message, request_id) = match told {
        Ok(id) => (AuditOutcome::Done, String::new(), id.clone()),
        Err(fault) => (
            outcome_of(fault),
            shortened(&redact(&fault.message), MESSAGE_MAX),
            fault.request_id.clone(),
        ),
    };
    let entry = Entry {
        id: 0,
        context: scope.context,
        settings_path: String::new(),
        at_ms: 0,
        client_kind: kind.to_owned(),
        client: client.to_owned(),
        action: act.action.to_owned(),
        target: shortened(&redact(&act.target), TARGET_MAX),
        detail: shortened(&redact(&act.detail), DETAIL_MAX),
        outcome,
        message,
        request_id,
    };
    let write = move |tx: &mut crate::journal::Tx<'_>| tx.note_audit(&entry);
    if let Err(error) = scope.journal.write(write).await {
        tracing::error!(%error, "a call could not be noted in the audit");
    }
}

fn outcome_of(fault: &Fault) -> AuditOutcome {
    match fault.kind {
        _ if fault.maybe_done => AuditOutcome::Unknown,
        FaultKind::Invalid
        | FaultKind::Limit
        | FaultKind::Permission
        | FaultKind::NotFound
        | FaultKind::Conflict
        | FaultKind::Settings
        | FaultKind::Unsupported => AuditOutcome::Refused,
        _ => AuditOutcome::Failed,
    }
}
