//! Pods of a job (PAI-DLC fact sheet §4.3).

use crate::fields::{Fields, Taken, object};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// One incarnation of one replica.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pod {
    /// `{job id}-{role}-{index}`; the same for all incarnations.
    pub pod_id: Option<String>,
    /// Tells the incarnations of a pod apart.
    pub pod_uid: Option<String>,
    /// Role, such as `Worker`; the key is `Type`.
    pub role: Option<String>,
    /// See fact sheet §5.3.
    pub status: Option<String>,
    /// `Normal`, `Evicted`.
    pub sub_status: Option<String>,
    /// For example `Normal`; GetJob only.
    pub resource_type: Option<String>,
    /// Node that it runs on.
    pub node_name: Option<String>,
    /// Address; `PodIp` when the answer has no `Ip`.
    pub ip: Option<String>,
    /// Made.
    pub gmt_create_time: Option<Timestamp>,
    /// Started.
    pub gmt_start_time: Option<Timestamp>,
    /// Ended.
    pub gmt_finish_time: Option<Timestamp>,
    /// Seconds; GetJob only.
    pub duration: Option<f64>,
    /// Earlier incarnations after a restart or preemption: same id, other uid.
    pub history_pods: Option<Vec<Pod>>,
    /// Keys without a field above, and values of an unexpected type.
    pub other: Map<String, Value>,
}

impl Pod {
    pub(super) fn from_value(value: Value) -> Taken<Self> {
        let mut f = Fields::new(object(value)?);
        Ok(Self {
            pod_id: f.text("PodId"),
            pod_uid: f.text("PodUid"),
            role: f.text("Type"),
            status: f.text("Status"),
            sub_status: f.text("SubStatus"),
            resource_type: f.text("ResourceType"),
            node_name: f.text("NodeName"),
            ip: f.text("Ip").or_else(|| f.text("PodIp")),
            gmt_create_time: f.time("GmtCreateTime"),
            gmt_start_time: f.time("GmtStartTime"),
            gmt_finish_time: f.time("GmtFinishTime"),
            duration: f.float("Duration"),
            history_pods: f.list("HistoryPods", Self::from_value),
            other: f.rest(),
        })
    }
}
