//! GetPodLogs: a window of one incarnation's lines, both ends at one-second resolution and
//! included. There is no cursor and nothing marks an answer that holds only part of its window,
//! be it for `MaxLines` or for the size of the answer.

use serde_json::{Value, json};

use super::query::Query;
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::logs::Window;

const DEFAULT_MAX_LINES: usize = 2000;
const WEEK_MS: i64 = 7 * 86_400_000;

/// `arrives`: the caller will have the answer, so it counts as a reading.
pub(super) fn get_pod_logs(
    cloud: &Cloud,
    job_id: &str,
    pod_id: &str,
    query: &Query,
    arrives: bool,
) -> Result<Value, ApiError> {
    let now_ms = cloud.now_ms();
    let lag = i64::try_from(cloud.options.log_lag.as_millis()).unwrap_or(i64::MAX);
    let window = Window {
        start_ms: query.time("StartTime")?.unwrap_or(now_ms - WEEK_MS),
        end_ms: query.time("EndTime")?.unwrap_or(now_ms),
        max_lines: query
            .count("MaxLines")?
            .unwrap_or(DEFAULT_MAX_LINES)
            .min(cloud.options.max_lines),
        max_bytes: cloud.options.max_answer_bytes,
        keep: cloud.options.log_keep,
        now_ms,
        visible_until_ms: now_ms.saturating_sub(lag),
    };
    let (id, pod) = cloud.with_job(job_id, |job| {
        let pod = job.pods.iter().find(|pod| pod.pod_id == pod_id);
        let wanted = match query.text("PodUid") {
            Some(uid) => pod.and_then(|pod| pod.incarnation(uid)),
            None => pod,
        };
        (
            job.id.clone(),
            wanted.map(|pod| (pod.pod_uid.clone(), pod.log.clone())),
        )
    })?;
    let (uid, log) = pod.ok_or_else(|| ApiError::pod_not_found(pod_id))?;
    let lines = log.read(&window, arrives).map_err(|error| {
        let status = http::StatusCode::INTERNAL_SERVER_ERROR;
        ApiError::new(
            status,
            "InternalError",
            format!("The log cannot be read: {error}"),
        )
    })?;
    Ok(json!({
        "JobId": id,
        "PodId": pod_id,
        "PodUid": uid,
        "Logs": lines,
        "Containers": "",
        "ContainerInfo": {"MainContainer": "pytorch", "SidecarContainers": []},
    }))
}
