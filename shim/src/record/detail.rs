//! Everything about one job.

use pai_proto::v1;
use serde::Serialize;

use super::{Job, is_default, known, phase};
use crate::time;
use pai_proto::text;

/// Longest command that is shown, in bytes.
const COMMAND_MAX: usize = 2_000;
/// Pods that are shown.
const PODS_MAX: usize = 20;
/// Steps of the history that are shown, the newest ones.
const STEPS_MAX: usize = 20;

/// A job with its pods and its history.
#[derive(Debug, Serialize)]
pub(crate) struct Detail {
    #[serde(flatten)]
    job: Job,
    #[serde(skip_serializing_if = "is_default")]
    profile: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    job_type: Option<String>,
    /// Over all pods.
    #[serde(skip_serializing_if = "is_default")]
    resources: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    command: String,
    #[serde(skip_serializing_if = "is_default")]
    replicas: Vec<Replica>,
    #[serde(skip_serializing_if = "is_default")]
    pods: Vec<Pod>,
    #[serde(skip_serializing_if = "is_default")]
    pods_left_out: usize,
    #[serde(skip_serializing_if = "is_default")]
    history: Vec<Step>,
    /// Not ours: somebody named it, or it is of another user.
    #[serde(skip_serializing_if = "is_default")]
    foreign: bool,
}

#[derive(Debug, PartialEq, Serialize)]
struct Replica {
    role: String,
    count: u32,
    each: String,
    #[serde(skip_serializing_if = "is_default")]
    image: Option<String>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Pod {
    pod: String,
    status: String,
    #[serde(skip_serializing_if = "is_default")]
    sub_status: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    node: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    finished_at: Option<String>,
    /// An earlier life of a pod that was started again.
    #[serde(skip_serializing_if = "is_default")]
    historic: bool,
}

#[derive(Debug, PartialEq, Serialize)]
struct Step {
    status: String,
    #[serde(skip_serializing_if = "is_default")]
    at: Option<String>,
}

impl From<&v1::Job> for Detail {
    fn from(job: &v1::Job) -> Self {
        let steps = job.milestones.len().saturating_sub(STEPS_MAX);
        Self {
            job: job.into(),
            profile: known(&job.profile),
            job_type: known(&job.job_type),
            resources: job.requested.as_ref().map(resources),
            command: text::lines(&text::cut(&job.command, COMMAND_MAX)),
            replicas: job.replicas.iter().map(Into::into).collect(),
            pods: job.pods.iter().take(PODS_MAX).map(Into::into).collect(),
            pods_left_out: job.pods.len().saturating_sub(PODS_MAX),
            history: job.milestones.iter().skip(steps).map(Into::into).collect(),
            foreign: !job.own,
        }
    }
}

impl From<&v1::Replica> for Replica {
    fn from(replica: &v1::Replica) -> Self {
        let each = known(&replica.instance_type).unwrap_or_else(|| {
            resources(&v1::Resources {
                cpu_milli: replica.cpu_milli,
                gpu_milli: replica.gpu_milli,
                memory_bytes: replica.memory_bytes,
            })
        });
        Self {
            role: text::line(&replica.role),
            count: replica.count,
            each,
            image: known(&replica.image),
        }
    }
}

impl From<&v1::Pod> for Pod {
    fn from(pod: &v1::Pod) -> Self {
        Self {
            pod: text::line(&pod.pod_id),
            status: text::line(&pod.status),
            sub_status: known(&pod.sub_status),
            node: known(&pod.node),
            started_at: time::utc(pod.started_at_ms),
            finished_at: time::utc(pod.finished_at_ms),
            historic: pod.historic,
        }
    }
}

impl From<&v1::Milestone> for Step {
    fn from(milestone: &v1::Milestone) -> Self {
        Self {
            status: known(&milestone.status).unwrap_or_else(|| phase(milestone.phase())),
            at: time::utc(milestone.at_ms.or(Some(milestone.observed_at_ms))),
        }
    }
}

/// `8 CPU, 1 GPU, 32 GiB`; what is not known is `?`.
fn resources(of: &v1::Resources) -> String {
    let amount = |milli: Option<u64>| milli.map_or_else(|| "?".into(), thousandths);
    format!(
        "{} CPU, {} GPU, {} memory",
        amount(of.cpu_milli),
        amount(of.gpu_milli),
        of.memory_bytes.map_or_else(|| "?".into(), bytes)
    )
}

fn thousandths(milli: u64) -> String {
    match milli % 1000 {
        0 => (milli / 1000).to_string(),
        rest => format!("{}.{rest:03}", milli / 1000)
            .trim_end_matches('0')
            .to_owned(),
    }
}

/// In the largest unit that divides it.
fn bytes(amount: u64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let unit = units
        .into_iter()
        .find(|(_, shift)| amount > 0 && amount.trailing_zeros() >= *shift);
    match unit {
        Some((unit, shift)) => format!("{} {unit}", amount >> shift),
        None => format!("{amount} B"),
    }
}
