//! A job in GetJob: amounts as floats, absent times as empty strings, restarts as `used/max`.

use serde_json::{Value, json};

use super::list_item::whole;
use super::pods::detail_pods;
use super::shared::{common, data_sources, status_history, times};
use crate::clock::iso;
use crate::job::{Job, Key, restarts};

/// Restarts the service allows before a job fails.
const MAX_RESTARTS: u32 = 10;

/// Shows the job as it is.
pub(crate) fn job_detail(job: &Job, now_ms: i64, with_pods: bool) -> Value {
    let seen = job.transitions();
    let mut out = common(job, seen, now_ms);
    for (key, ms) in times(seen) {
        out.insert(key.to_owned(), json!(ms.map(iso).unwrap_or_default()));
    }
    let all = job.submission.resources();
    let custom_envs = job.submission.raw.get("CustomEnvs");
    let custom_envs = custom_envs.filter(|envs| !envs.is_null());
    let own = [
        ("RequestCPU", whole(all.cpu)),
        ("RequestGPU", json!(all.gpu)),
        ("RequestMemory", json!(all.memory_gib)),
        (
            "RestartTimes",
            json!(format!("{}/{MAX_RESTARTS}", restarts(seen))),
        ),
        ("RestartRecord", json!([])),
        (
            "Description",
            json!(job.given(Key::Description, now_ms).unwrap_or(&json!(""))),
        ),
        ("CustomEnvs", json!(custom_envs.unwrap_or(&json!([])))),
        (
            "DataSources",
            data_sources(job, &["DataSourceId", "MountPath", "Uri"]),
        ),
        ("StatusHistory", status_history(seen)),
    ];
    out.extend(own.map(|(key, value)| (key.to_owned(), value)));
    if with_pods {
        out.insert("Pods".to_owned(), detail_pods(job, now_ms));
    }
    Value::Object(out)
}
