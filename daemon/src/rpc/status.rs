//! The state of a context, and of the stored logs, as messages.

use pai_proto::v1::{ContextStatus, LogsStatus};
use tonic::Status;

use super::error::{store_status, to_detail};
use crate::{
    contexts::{Env, Known, Running},
    journal::{LogStore, StoreError},
};

/// The state of one context.
pub(super) async fn context_status(known: &Known, env: &Env) -> Result<ContextStatus, Status> {
    let blank = ContextStatus {
        settings_path: known.path.display().to_string(),
        name: known.name(env),
        usable: known.running.is_some(),
        problem: known.problem.as_ref().map(to_detail),
        settings_read_at_ms: known.read_ms,
        // Of a context that cannot be used: nobody goes on with them.
        held_submits: known.left.0.saturating_add(known.left.1),
        ..ContextStatus::default()
    };
    match &known.running {
        Some(running) => usable(running, blank).await,
        None => Ok(blank),
    }
}

async fn usable(running: &Running, blank: ContextStatus) -> Result<ContextStatus, Status> {
    let scope = &running.scope;
    let context = scope.context;
    let counts = scope
        .journal
        .read(move |reader| Ok((reader.count(context)?, reader.held_count(context)?)));
    let ((active, jobs), held_submits) = counts.await.map_err(store_status)?;
    let looks = scope.looks.get();
    let settings = scope.settings();
    Ok(ContextStatus {
        region: settings.region.clone(),
        workspace_id: settings.workspace_id.clone(),
        prefix: settings.prefix.clone(),
        endpoint: settings.endpoints.dlc.to_string(),
        credential_source: settings.credential_source.to_string(),
        active_jobs: active,
        known_jobs: jobs,
        held_submits,
        waiters: scope.interest.waiters(),
        last_look_ms: looks.last_ok_ms,
        next_look_ms: looks.next_ms,
        stale_since_ms: looks.stale_since_ms,
        last_error: looks.last_error.as_ref().map(to_detail),
        calls: scope.provider().calls(),
        dropped_observations: looks.dropped,
        ..blank
    })
}

/// What is stored of logs.
pub(super) async fn logs_status(logs: &LogStore) -> Result<LogsStatus, StoreError> {
    let held = logs.held().await?;
    Ok(LogsStatus {
        bytes: held.bytes,
        jobs: held.jobs,
        reading: u32::try_from(logs.busy()).unwrap_or(u32::MAX),
        disk_full_free_bytes: logs.full(),
    })
}

/// What every client should hear while the disk is full.
pub(super) fn full_warning(free: u64) -> String {
    format!(
        "the disk is full ({} MB are left): lines of logs are not stored until there is room; `paictl logs --prune` makes some",
        free >> 20
    )
}
