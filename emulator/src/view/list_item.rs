//! A job in ListJobs: amounts as strings, absent times left out, `GmtModifiedTime` and
//! `JobMaxRunningTimeMinutes` only here, pods only on request of the emulator's options.

use serde_json::{Value, json};

use super::pods::list_pods;
use super::shared::{amount, common, data_sources, status_history, times};
use crate::api::user_name;
use crate::clock::iso;
use crate::job::{Job, Transition, restarts};

/// Shows what was known of the job at `seen_until_ms`.
pub(crate) fn list_item(
    job: &Job,
    seen: &[Transition],
    seen_until_ms: i64,
    with_detail: bool,
) -> Value {
    let mut out = common(job, seen, seen_until_ms);
    let all = job.submission.resources();
    for (key, ms) in times(seen) {
        if let Some(ms) = ms {
            out.insert(key.to_owned(), json!(iso(ms)));
        }
    }
    let own = [
        (
            "GmtModifiedTime",
            json!(iso(job.modified_ms(seen_until_ms))),
        ),
        (
            "JobMaxRunningTimeMinutes",
            json!(job.submission.max_minutes),
        ),
        ("Username", json!(user_name(&job.submission.user_id))),
        ("NodeCount", json!(job.submission.pod_count().to_string())),
        ("RequestCPU", json!(whole(all.cpu))),
        ("RequestGPU", json!(amount(all.gpu))),
        (
            "RequestMemory",
            json!(format!("{}Gi", amount(all.memory_gib))),
        ),
        ("RestartTimes", json!(restarts(seen).to_string())),
        ("RetryCount", json!(0)),
        (
            "DataSources",
            data_sources(job, &["DataSourceId", "MountPath"]),
        ),
        ("IsDeleted", json!(false)),
        ("UseOversoldResource", json!(false)),
    ];
    out.extend(own.map(|(key, value)| (key.to_owned(), value)));
    if with_detail {
        out.insert("StatusHistory".to_owned(), status_history(seen));
        out.insert("Pods".to_owned(), list_pods(job, seen_until_ms));
    }
    Value::Object(out)
}

/// vCPU are counted whole, rounded up.
pub(super) fn whole(cpu: f64) -> Value {
    let rounded = format!("{:.0}", cpu.ceil());
    json!(rounded.parse::<u64>().unwrap_or(0))
}
