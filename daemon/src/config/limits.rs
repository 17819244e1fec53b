//! What may run: the seed's limits, and further ones of ours from either file.

use std::path::Path;

use serde_json::{Map, Number, Value};

use super::{
    Sources, fault,
    keys::{self, LIMITS},
    raw::RawLimits,
};
use crate::model::Fault;

/// `limits`. Counted over all active jobs of the prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Jobs; 1 when not given, as in the seed.
    pub max_running_jobs: u32,
    /// GPUs; `None` is no limit.
    pub max_gpu: Option<u64>,
    /// Cores; `None` is no limit.
    pub max_cpu: Option<u64>,
    /// Longest run time of one job, in minutes; `None` is no limit.
    pub max_run_minutes: Option<u32>,
    /// Thousandths of GPU hours since 00:00 UTC; `None` is no limit.
    pub max_gpu_milli_hours_per_day: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_running_jobs: 1,
            max_gpu: None,
            max_cpu: None,
            max_run_minutes: None,
            max_gpu_milli_hours_per_day: None,
        }
    }
}

/// The limits in force: those of our own file count first.
pub(super) fn limits(
    sources: &Sources<'_>,
    seed: Option<RawLimits>,
    own: Option<RawLimits>,
    warnings: &mut Vec<String>,
) -> Result<Limits, Fault> {
    warn(sources, warnings);
    let seed = seed.unwrap_or_default();
    let own = own.unwrap_or_default();
    let further = |path: &Path, raw: &RawLimits| further(path, raw);
    let (seeds_minutes, seeds_hours) = further(sources.path, &seed)?;
    let (own_minutes, own_hours) = further(sources.own(), &own)?;
    Ok(Limits {
        max_running_jobs: own.max_running_jobs.or(seed.max_running_jobs).unwrap_or(1),
        max_gpu: own.max_gpu.or(seed.max_gpu),
        max_cpu: own.max_cpu.or(seed.max_cpu),
        max_run_minutes: own_minutes.or(seeds_minutes),
        max_gpu_milli_hours_per_day: own_hours.or(seeds_hours),
    })
}

fn further(path: &Path, raw: &RawLimits) -> Result<(Option<u32>, Option<u64>), Fault> {
    if raw.max_run_minutes == Some(0) {
        return Err(fault(
            path,
            "limits.maxRunMinutes is not a whole number from 1 on",
        ));
    }
    let hours = match &raw.max_gpu_hours_per_day {
        Some(hours) => Some(
            milli(hours)
                .ok_or_else(|| fault(path, "limits.maxGPUHoursPerDay is not a number from 0 on"))?,
        ),
        None => None,
    };
    Ok((raw.max_run_minutes, hours))
}

/// Thousandths of a number, rounded up; `None` where it is negative or too large to count.
pub(super) fn milli(number: &Number) -> Option<u64> {
    aliyun::quantity::gpu_milli(&number.to_string()).ok()
}

/// Each limit of ours that stands in the seed's file.
fn warn(sources: &Sources<'_>, warnings: &mut Vec<String>) {
    let limits = sources.documents.settings.get("limits");
    for name in limits
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::keys)
    {
        if keys::find(LIMITS, name, false).is_some_and(|key| key.ours) {
            warnings.push(sources.refused_by_the_other_tool(&format!("limits.{name}")));
        }
    }
}
