//! The daemon.

use std::{collections::BTreeMap, path::Path};

use pai_proto::v1;
use serde::Serialize;

use super::{Failure, FailureDetail, kind, known, time};
use crate::error::CliError;

/// The state of the daemon. Everything but `running`, `socket` and `error` is absent while it does not run.
#[derive(Debug, Serialize)]
pub struct DaemonStatus {
    running: bool,
    socket: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FailureDetail>,
    #[serde(flatten)]
    process: Option<Process>,
}

#[derive(Debug, Serialize)]
struct Process {
    version: String,
    pid: u32,
    instance: String,
    store_id: String,
    started_at: Option<String>,
    state_dir: String,
    rev: u64,
    rpcs: u64,
    streams: u32,
    connections: u32,
    auto_started: bool,
    leaves_at: Option<String>,
    logs: Option<Logs>,
    contexts: Vec<Context>,
}

/// `disk_full_free_bytes` is null while lines are stored.
#[derive(Debug, Serialize)]
struct Logs {
    bytes: u64,
    jobs: u32,
    reading: u32,
    disk_full_free_bytes: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Context {
    settings_path: String,
    usable: bool,
    problem: Option<Problem>,
    region: Option<String>,
    workspace_id: Option<String>,
    prefix: Option<String>,
    endpoint: Option<String>,
    credential_source: Option<String>,
    active_jobs: u32,
    known_jobs: u32,
    waiters: u32,
    last_look_at: Option<String>,
    next_look_at: Option<String>,
    stale_since: Option<String>,
    last_error: Option<Problem>,
    calls: BTreeMap<String, u64>,
    dropped_observations: u64,
    /// Null for a file that was named by its path.
    name: Option<String>,
    held_submits: u32,
    /// Where `usable` is true and `problem` is set, the file has changed since then and cannot be used as it is.
    settings_read_at: Option<String>,
}

/// What the daemon cannot do, and why.
#[derive(Debug, Serialize)]
pub struct Problem {
    kind: String,
    message: String,
    hint: Option<String>,
    request_id: Option<String>,
}

/// The answer of `daemon start`.
#[derive(Debug, Serialize)]
pub struct DaemonStarted {
    /// Always true.
    pub running: bool,
    /// False when one answered already.
    pub started: bool,
    /// Its process.
    pub pid: u32,
    /// Its socket.
    pub socket: String,
}

/// The answer of `daemon stop`.
#[derive(Debug, Serialize)]
pub struct DaemonStopped {
    /// Always false.
    pub running: bool,
    /// False when none was running.
    pub stopped: bool,
    /// The process that left.
    pub pid: Option<u32>,
}

impl DaemonStatus {
    /// Nobody to ask.
    pub fn absent(socket: &Path, error: &CliError) -> Self {
        Self {
            running: false,
            socket: socket.display().to_string(),
            error: Some(Failure::from(error).error),
            process: None,
        }
    }
}

impl From<&v1::GetStatusResponse> for DaemonStatus {
    fn from(status: &v1::GetStatusResponse) -> Self {
        Self {
            running: true,
            socket: status.socket.clone(),
            error: None,
            process: Some(Process {
                version: status.daemon_version.clone(),
                pid: status.pid,
                instance: status.instance.clone(),
                store_id: status.store_id.clone(),
                started_at: time(Some(status.started_at_ms)),
                state_dir: status.state_dir.clone(),
                rev: status.rev,
                rpcs: status.rpcs,
                streams: status.streams,
                connections: status.connections,
                auto_started: status.auto_started,
                leaves_at: time(status.leaves_at_ms),
                logs: status.logs.map(|logs| Logs {
                    bytes: logs.bytes,
                    jobs: logs.jobs,
                    reading: logs.reading,
                    disk_full_free_bytes: logs.disk_full_free_bytes,
                }),
                contexts: status.contexts.iter().map(Into::into).collect(),
            }),
        }
    }
}

impl From<&v1::ContextStatus> for Context {
    fn from(context: &v1::ContextStatus) -> Self {
        Self {
            settings_path: context.settings_path.clone(),
            usable: context.usable,
            problem: context.problem.as_ref().map(Into::into),
            region: known(&context.region),
            workspace_id: known(&context.workspace_id),
            prefix: known(&context.prefix),
            endpoint: known(&context.endpoint),
            credential_source: known(&context.credential_source),
            active_jobs: context.active_jobs,
            known_jobs: context.known_jobs,
            waiters: context.waiters,
            last_look_at: time(context.last_look_ms),
            next_look_at: time(context.next_look_ms),
            stale_since: time(context.stale_since_ms),
            last_error: context.last_error.as_ref().map(Into::into),
            calls: context.calls.clone().into_iter().collect(),
            dropped_observations: context.dropped_observations,
            name: known(&context.name),
            held_submits: context.held_submits,
            settings_read_at: time(context.settings_read_at_ms),
        }
    }
}

impl From<&v1::ErrorDetail> for Problem {
    fn from(detail: &v1::ErrorDetail) -> Self {
        Self {
            kind: kind(detail.kind()),
            message: detail.message.clone(),
            hint: known(&detail.hint),
            request_id: known(&detail.request_id),
        }
    }
}
