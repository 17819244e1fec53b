//! Data that is older than it should be says so: one event when it begins, one when it ends (invariants 6 and 7).

use crate::{
    journal::StoreError,
    model::{EventDraft, EventKind, Fault, FaultKind, Reason},
    scope::Scope,
};

/// What an earlier daemon left: how far it saw. It may also have told its clients that the data is old: it counts as old
/// until a look is answered, and they hear then that it is fresh.
///
/// # Errors
/// When the store cannot be read.
pub async fn restore(scope: &Scope) -> Result<(), StoreError> {
    let context = scope.context;
    let read = scope.journal.read(move |reader| {
        let told = reader.newest_scope_event(context)?;
        Ok((told, reader.newest_observation(context)?))
    });
    let (told, known_until_ms) = read.await?;
    scope
        .looks
        .update(|looks| looks.known_until_ms = known_until_ms);
    if let Some(stale) = told.filter(|event| event.kind == EventKind::Stale) {
        let reason = stale.reason.unwrap_or_default().message;
        scope.looks.update(|looks| {
            looks.stale_since_ms = stale.at_ms;
            looks.last_error = Some(Fault::new(FaultKind::Unavailable, reason));
        });
    }
    Ok(())
}

/// Looks fail, or do not come back.
pub(super) async fn note_stale(scope: &Scope, fault: &Fault) {
    let looks = scope.looks.get();
    let since = looks
        .last_ok_ms
        .or(looks.known_until_ms)
        .unwrap_or_else(|| scope.clock.wall_ms());
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
