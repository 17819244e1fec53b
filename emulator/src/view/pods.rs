//! Pods in both forms: GetJob adds `Duration` and `ResourceType`, ListJobs adds `PodIp`.

use serde_json::{Map, Value, json};

use crate::clock::iso;
use crate::job::{Job, Pod};

/// As GetJob shows them.
pub(super) fn detail_pods(job: &Job, now_ms: i64) -> Value {
    let with_duration = |pod: &Pod| {
        let mut out = shared(pod);
        let end_ms = pod.finished_ms.unwrap_or(now_ms);
        out.insert(
            "Duration".to_owned(),
            json!(seconds(pod.started_ms, end_ms)),
        );
        out.insert("ResourceType".to_owned(), json!("Normal"));
        out
    };
    all(&job.pods, with_duration)
}

/// As ListJobs shows them, if at all: what was known of them by then.
pub(super) fn list_pods(job: &Job, seen_until_ms: i64) -> Value {
    let with_ip = |pod: &Pod| {
        let mut out = shared(pod);
        out.insert("PodIp".to_owned(), json!("127.0.0.1"));
        out
    };
    all(&job.pods_as_of(seen_until_ms), with_ip)
}

fn all(pods: &[Pod], show: impl Fn(&Pod) -> Map<String, Value>) -> Value {
    pods.iter()
        .map(|pod| {
            let mut out = show(pod);
            let history: Vec<Value> = pod.history.iter().map(|old| json!(show(old))).collect();
            out.insert("HistoryPods".to_owned(), json!(history));
            Value::Object(out)
        })
        .collect()
}

fn shared(pod: &Pod) -> Map<String, Value> {
    let time = |ms: Option<i64>| ms.map(iso).unwrap_or_default();
    let values = [
        ("PodId", json!(pod.pod_id)),
        ("PodUid", json!(pod.pod_uid)),
        ("Type", json!(pod.kind)),
        ("Status", json!(pod.status())),
        ("SubStatus", json!("Normal")),
        ("NodeName", json!("localhost")),
        ("Ip", json!("127.0.0.1")),
        (
            "PodIps",
            json!([{"InterfaceName": "lo", "Ip": "127.0.0.1"}]),
        ),
        ("GmtCreateTime", json!(iso(pod.created_ms))),
        ("GmtStartTime", json!(time(pod.started_ms))),
        ("GmtFinishTime", json!(time(pod.finished_ms))),
    ];
    values
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect()
}

fn seconds(start_ms: Option<i64>, end_ms: i64) -> f64 {
    let ms = start_ms.map_or(0, |start_ms| (end_ms - start_ms).max(0));
    u32::try_from(ms).map_or(0.0, |ms| f64::from(ms) / 1000.0)
}
