//! What every backend implements: API answers become observations in the common job model.

pub mod dlc;

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::model::{Fault, FaultKind, Observation, Resources};

pub use aliyun::Priority;

/// What kind of backend it is, and its limits.
#[derive(Debug, Clone)]
pub struct Nature {
    /// Name in `Job.backend`.
    pub kind: &'static str,
    /// How late a line may appear in the log.
    pub log_lag: Duration,
    /// The statuses that a complete look asks for: everything that has not ended, or holds compute.
    pub active_statuses: &'static [&'static str],
    /// Largest page of a list.
    pub page_size: u32,
    /// Most ids in one list call.
    pub ids_per_list: usize,
    /// For how long a new job may be missing from lists and answers.
    pub visibility_lag: Duration,
}

/// What a list is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Exactly these jobs, whoever submitted them.
    pub ids: Vec<String>,
    /// Only own jobs whose name contains this. Neither this nor ids: every job that the key may see.
    pub own_named: Option<String>,
    /// Only this status.
    pub status: Option<String>,
    /// Created at or after this, Unix ms; `None` is from the beginning.
    pub created_from_ms: Option<i64>,
    /// From 1.
    pub page: u32,
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// In the order of the answer: newest first.
    pub jobs: Vec<Observation>,
    /// All that match, over all pages; may drift.
    pub total: Option<u64>,
    /// Items in the answer, also those that could not be read.
    pub received: usize,
}

impl Page {
    /// Whether the list ends here, `received` items into it. A page that is shorter than asked for proves nothing where
    /// the backend tells the total: it may cap pages (fact sheet §7: the largest size is not documented).
    pub fn is_last(&self, received: u64, nature: &Nature) -> bool {
        match self.total {
            _ if self.received == 0 => true,
            Some(total) => received >= total,
            None => self.received < nature.page_size as usize,
        }
    }
}

/// Which lines are asked for. Whole seconds of the backend's clock; whether either end is included is not known (fact sheet
/// §6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogWindow {
    /// The backend's id of the job.
    pub job: String,
    /// The pod.
    pub pod_id: String,
    /// Its incarnation; empty is the present one.
    pub pod_uid: String,
    /// Unix s.
    pub from: i64,
    /// Unix s; `None` is the present.
    pub to: Option<i64>,
    /// At most so many lines. Which ones are left out where there are more is not known.
    pub max_lines: u32,
}

/// What a window holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogLines {
    /// Oldest first, without line feeds.
    pub lines: Vec<String>,
    /// The backend's time at its answer, Unix s.
    pub server_second: Option<i64>,
    /// The answer has more bytes than are taken: there are lines, and none of them is here.
    pub too_large: bool,
}

/// What came of a call that changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt<T> {
    /// What was said.
    pub value: T,
    /// The backend's id of the request; empty when it gave none.
    pub request_id: String,
}

/// What is changed of a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobChange {
    /// 1 lowest to 9 highest.
    pub priority: Option<u8>,
    /// Everybody in the workspace may see it from now on.
    pub publish: bool,
}

/// A git source at the backend. Its access token is never read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemoteCode {
    /// Name for people.
    pub name: String,
    /// Address of the repository.
    pub repo: String,
    /// Branch.
    pub branch: String,
    /// Commit.
    pub commit: String,
    /// Where it is cloned to.
    pub mount_path: String,
    /// `PUBLIC` or `PRIVATE`.
    pub accessibility: String,
    /// Who made it.
    pub user_id: String,
}

/// What the backend said to a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopAck {
    /// Taken; the end is still to be observed.
    Accepted,
    /// It had ended before.
    AlreadyEnded,
}

/// Who the key is.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Account.
    pub account_id: String,
    /// User or role.
    pub user_id: String,
    /// For example `RAMUser`.
    pub identity_type: String,
    /// ARN.
    pub arn: String,
}

/// A backend. `seq` is the number under which the journal orders what comes of a request; it is taken just before the
/// request is handed over.
pub trait Provider: Send + Sync + std::fmt::Debug {
    /// What kind of backend it is.
    fn nature(&self) -> &Nature;

    /// One page of jobs.
    fn list(
        &self,
        listing: Listing,
        seq: u64,
        priority: Priority,
    ) -> BoxFuture<'_, Result<Page, Fault>>;

    /// One job, with pods.
    fn get<'a>(
        &'a self,
        id: &'a str,
        seq: u64,
        priority: Priority,
    ) -> BoxFuture<'a, Result<Observation, Fault>>;

    /// Submits a wire body; the new job's id. A fault with `maybe_done` means that the answer was lost.
    fn submit<'a>(&'a self, body: &'a Value) -> BoxFuture<'a, Result<Receipt<String>, Fault>>;

    /// Asks for a stop.
    fn stop<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Receipt<StopAck>, Fault>>;

    /// Removes a job that has ended. `Conflict` where it has not.
    fn delete<'a>(&'a self, _id: &'a str) -> BoxFuture<'a, Result<Receipt<()>, Fault>> {
        cannot("delete jobs")
    }

    /// Changes a job. That it was taken does not mean that it takes effect.
    fn update<'a>(
        &'a self,
        _id: &'a str,
        _change: JobChange,
    ) -> BoxFuture<'a, Result<Receipt<()>, Fault>> {
        cannot("change jobs")
    }

    /// The backend's whole answer about a job, secrets and all: to be masked before it is told or stored.
    fn raw<'a>(&'a self, _id: &'a str) -> BoxFuture<'a, Result<Value, Fault>> {
        cannot("show the whole of a job")
    }

    /// What machines of these types have, each. One that is not known is left out.
    fn instance_types<'a>(
        &'a self,
        _names: &'a [String],
    ) -> BoxFuture<'a, Result<BTreeMap<String, Resources>, Fault>> {
        cannot("tell the sizes of instance types")
    }

    /// A git source.
    fn code_source<'a>(&'a self, _id: &'a str) -> BoxFuture<'a, Result<RemoteCode, Fault>> {
        cannot("show code sources")
    }

    /// Sets the branch, the commit, or both, of a git source that others may share.
    fn set_code_source<'a>(
        &'a self,
        _id: &'a str,
        _branch: Option<&'a str>,
        _commit: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Receipt<()>, Fault>> {
        cannot("change code sources")
    }

    /// Lines of a pod.
    fn pod_logs(
        &self,
        window: LogWindow,
        priority: Priority,
    ) -> BoxFuture<'_, Result<LogLines, Fault>>;

    /// Asks who the key is.
    fn identity(&self) -> BoxFuture<'_, Result<Identity, Fault>>;

    /// The present by the backend's clock, Unix ms: what times in its answers, and windows of its lists, are compared with.
    /// Known to 15 minutes once a call was answered (fact sheet §13.2); before that it is this machine's.
    fn now_ms(&self) -> i64;

    /// Calls sent so far, by operation.
    fn calls(&self) -> BTreeMap<String, u64>;
}

/// The answer of a backend that has no such thing.
fn cannot<T: Send + 'static>(what: &str) -> BoxFuture<'static, Result<T, Fault>> {
    let fault = Fault::new(
        FaultKind::Unsupported,
        format!("this backend cannot {what}"),
    );
    Box::pin(std::future::ready(Err(fault)))
}
