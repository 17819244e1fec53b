//! Our own keys: a file beside the seed's, so that the seed goes on reading its own.

use std::{fmt, path::Path, time::Duration};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    fault,
    keys::{self, OWN},
    raw::RawOwn,
};
use crate::model::Fault;

/// What only our own file holds. Every key is optional.
#[derive(Clone, Default)]
pub struct Own {
    /// The account's call budget.
    pub api: Api,
    /// What `ls` shows.
    pub list: List,
    /// How logs are read.
    pub logs: Logs,
    /// Replaces the public hosts; see [`super::Endpoints`].
    pub endpoint: Option<Value>,
}

/// Without the endpoint, which is free text of the file.
impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own")
            .field("api", &self.api)
            .field("list", &self.list)
            .field("logs", &self.logs)
            .finish_non_exhaustive()
    }
}

/// A tebibyte.
const MEGABYTES_MAX: u32 = 1 << 20;

/// How fast the backend may be called, by one principal.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Api {
    /// Calls per second in the long run; 0.1 to 100. Default 2 (fact sheet §13.3).
    pub calls_per_second: f64,
    /// Calls that may be made at once after a rest; 1 to 1000. Default 10.
    pub burst: u32,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            calls_per_second: 2.0,
            burst: 10,
        }
    }
}

/// What is listed.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct List {
    /// Days for which ended jobs are listed and kept; 1 to 3650. Default 30.
    pub ended_days: u32,
}

impl Default for List {
    fn default() -> Self {
        Self { ended_days: 30 }
    }
}

/// How logs are read.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Logs {
    /// How late a line may appear, in seconds; 0 to 600. Default: what is known of the backend (10 for PAI-DLC).
    pub lag: Option<f64>,
    /// Whose lines are stored although nobody follows them. Default `main`.
    pub keep: Keep,
    /// Stored logs that got no line for so many days are dropped; 1 to 3650. Default 30.
    pub days: u32,
    /// Most of one job, in MiB as stored; 1 to 1048576. Default 1024.
    pub job_megabytes: u32,
    /// Most of all jobs together. Default 8192.
    pub total_megabytes: u32,
}

/// Of which pods of an active job of ours the lines are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Keep {
    /// All.
    All,
    /// The one that speaks for the job: its master, chief or first worker.
    #[default]
    Main,
    /// None.
    None,
}

impl Default for Logs {
    fn default() -> Self {
        Self {
            lag: None,
            keep: Keep::Main,
            days: 30,
            job_megabytes: 1024,
            total_megabytes: 8192,
        }
    }
}

impl Logs {
    /// The same, as a time.
    pub fn lag(&self) -> Option<Duration> {
        self.lag
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
    }
}

/// Reads and checks our own keys.
pub(super) fn read(path: &Path, document: &Map<String, Value>) -> Result<RawOwn, Fault> {
    let value = Value::Object(document.clone());
    let own: RawOwn = serde_path_to_error::deserialize(&value).map_err(|error| {
        let key = error.path().to_string();
        fault(
            path,
            match keys::expected(OWN, &key) {
                Some(expected) => format!("{key} must be {expected}"),
                None => format!("the key {key} has a value of the wrong type"),
            },
        )
    })?;
    if !(0.1..=100.0).contains(&own.api.calls_per_second) || !(1..=1000).contains(&own.api.burst) {
        return Err(fault(
            path,
            "api.callsPerSecond must be 0.1 to 100 and api.burst 1 to 1000",
        ));
    }
    if !(1..=3650).contains(&own.list.ended_days) {
        return Err(fault(path, "list.endedDays must be 1 to 3650"));
    }
    if own
        .logs
        .lag
        .is_some_and(|lag| !(0.0..=600.0).contains(&lag))
    {
        return Err(fault(path, "logs.lag must be 0 to 600 seconds"));
    }
    if !(1..=3650).contains(&own.logs.days) {
        return Err(fault(path, "logs.days must be 1 to 3650"));
    }
    let sizes = [own.logs.job_megabytes, own.logs.total_megabytes];
    if sizes.iter().any(|size| !(1..=MEGABYTES_MAX).contains(size)) {
        return Err(fault(
            path,
            "logs.jobMegabytes and logs.totalMegabytes must be 1 to 1048576",
        ));
    }
    Ok(own)
}
