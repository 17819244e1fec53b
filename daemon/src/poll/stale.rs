//! Data that is older than it should be says so: one event when it begins, one when it ends (invariants 6 and 7).

use crate::{
    model::{EventDraft, EventKind, Fault, Reason},
    scope::Scope,
};

/// Looks fail, or do not come back.
pub(super) async fn note_stale(scope: &Scope, fault: &Fault) {
    let looks = scope.looks.get();
    let since = looks.last_ok_ms.unwrap_or_else(|| scope.clock.wall_ms());
    scope.looks.update(|looks| {
        looks.last_error = Some(fault.clone());
        looks.stale_since_ms.get_or_insert(since);
    });
    if looks.stale_since_ms.is_some() {
        return;
    }
    let reason = Reason {
        code: String::new(),
        message: fault.message.clone(),
    };
    let event = EventDraft {
        at_ms: Some(since),
        reason: Some(reason),
        ..EventDraft::new(EventKind::Stale)
    };
    note(scope, event).await;
}

/// A look was answered.
pub(super) async fn note_fresh(scope: &Scope) {
    if scope.looks.get().stale_since_ms.is_some() {
        scope.looks.update(|looks| looks.stale_since_ms = None);
        note(scope, EventDraft::new(EventKind::Fresh)).await;
    }
}

async fn note(scope: &Scope, event: EventDraft) {
    let context = scope.context;
    if let Err(error) = scope.journal.write(move |tx| tx.note(context, event)).await {
        tracing::error!(%error, "an event of the scope could not be stored");
    }
}
