//! What both answers have in common.

use serde_json::{Map, Value, json};

use crate::api::ACCOUNT_ID;
use crate::clock::iso;
use crate::job::{Job, Status, Transition, finish_ms, first_ms, ran_until_ms};

/// Keys of the request that come back as they were sent.
const ECHOED: [&str; 7] = [
    "Envs",
    "ElasticSpec",
    "ResourceId",
    "SchedulingStrategy",
    "Settings",
    "ThirdpartyLibDir",
    "ThirdpartyLibs",
];

/// The keys both answers share, with times as `time` shows them.
pub(super) fn common(job: &Job, seen: &[Transition], now_ms: i64) -> Map<String, Value> {
    let sent = &job.submission;
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
    for key in ECHOED {
        if let Some(value) = sent.raw.get(key).filter(|value| !value.is_null()) {
            put(key, value.clone());
        }
    }
    put("JobId", json!(job.id));
    put("DisplayName", json!(sent.display_name));
    put("JobType", json!(sent.job_type));
    put("UserCommand", json!(sent.user_command));
    put("WorkspaceId", json!(sent.workspace_id));
    put("WorkspaceName", json!(sent.workspace_id));
    put("TenantId", json!(ACCOUNT_ID));
    put("UserId", json!(sent.user_id));
    put("ClusterId", json!("emulator"));
    put("ResourceType", json!("ECS"));
    put("Accessibility", json!(job.accessibility(now_ms)));
    put("Priority", json!(job.priority(now_ms)));
    put("JobSpecs", json!(job_specs(job)));
    put("EnabledDebugger", json!(false));
    put("Duration", json!(duration_s(seen, now_ms)));
    put("SubStatus", json!(""));
    if let Some(last) = seen.last() {
        put("Status", json!(last.status.as_str()));
        put("ReasonCode", json!(last.reason_code));
        put("ReasonMessage", json!(last.reason_message));
    }
    if let Some(code) = sent.raw.get("CodeSource").and_then(Value::as_object) {
        put(
            "CodeSource",
            only(code, &["CodeSourceId", "Branch", "Commit", "MountPath"]),
        );
    }
    if let Some(vpc) = sent.raw.get("UserVpc").and_then(Value::as_object) {
        let keys = ["VpcId", "SwitchId", "SecurityGroupId", "DefaultRoute"];
        let mut shown = only(vpc, &keys);
        if let Some(ranges) = vpc.get("ExtendedCIDRs") {
            shown["ExtendedCidrs"] = ranges.clone();
        }
        put("UserVpc", shown);
    }
    out
}

/// The times of a job, absent ones as None. One that is kept after its command has ended has none
/// of the ends yet: whether the real service sets them then or later is not known.
pub(super) fn times(seen: &[Transition]) -> [(&'static str, Option<i64>); 7] {
    [
        ("GmtCreateTime", first_ms(seen, &[Status::Creating])),
        ("GmtSubmittedTime", first_ms(seen, &[Status::Queuing])),
        ("GmtRunningTime", first_ms(seen, &[Status::Running])),
        ("GmtSuccessedTime", first_ms(seen, &[Status::Succeeded])),
        ("GmtFailedTime", first_ms(seen, &[Status::Failed])),
        ("GmtStoppedTime", first_ms(seen, &[Status::Stopped])),
        ("GmtFinishTime", finish_ms(seen)),
    ]
}

/// Seconds from when the job first ran to when its commands ended.
fn duration_s(seen: &[Transition], now_ms: i64) -> i64 {
    let end = ran_until_ms(seen).unwrap_or(now_ms);
    first_ms(seen, &[Status::Running]).map_or(0, |start| (end - start).max(0) / 1000)
}

/// The mounts, reduced to what the answer shows of them.
pub(super) fn data_sources(job: &Job, keys: &[&str]) -> Value {
    let sources = job
        .submission
        .raw
        .get("DataSources")
        .and_then(Value::as_array);
    let sources = sources.into_iter().flatten().filter_map(Value::as_object);
    sources.map(|source| only(source, keys)).collect()
}

/// The job's own JobSpecs without the password of a private registry.
fn job_specs(job: &Job) -> Vec<Value> {
    let specs = job.submission.raw.get("JobSpecs").and_then(Value::as_array);
    let mut specs = specs.cloned().unwrap_or_default();
    for spec in &mut specs {
        if let Some(config) = spec.get_mut("ImageConfig").and_then(Value::as_object_mut) {
            config.remove("Password");
            config.remove("Auth");
        }
    }
    specs
}

fn only(object: &Map<String, Value>, keys: &[&str]) -> Value {
    let kept = keys
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), object.get(*key)?.clone())));
    Value::Object(kept.collect())
}

/// The sequence of statuses, each ending where the next begins.
pub(super) fn status_history(seen: &[Transition]) -> Value {
    let ends = seen
        .iter()
        .skip(1)
        .map(|next| iso(next.ms))
        .chain([String::new()]);
    seen.iter()
        .zip(ends)
        .map(|(each, end)| {
            json!({
                "Status": each.status.as_str(),
                "StartTime": iso(each.ms),
                "EndTime": end,
                "ReasonCode": each.reason_code,
                "ReasonMessage": each.reason_message,
            })
        })
        .collect()
}

/// Whole numbers without a fraction, as the API writes amounts in strings.
pub(super) fn amount(number: f64) -> String {
    format!("{number}")
}
