//! One job of an answer → one observation. Pure.

use std::collections::BTreeMap;

use aliyun::dlc::{self, Amount};
use jiff::Timestamp;
use serde_json::Map;

use super::{
    commands::Redacted,
    resources::answered,
    status::{holds_resources, phase},
};
use crate::model::{
    Code, Observation, Passed, Pod, Reason, Replica, Resources, Source,
    redact::{MASK, Redactor, is_secret_entry},
};

/// What an answer does not say of itself.
pub(super) struct Context<'a> {
    pub redactor: &'a Redactor,
    pub commands: &'a Redacted,
    pub source: Source,
    pub seq: u64,
    pub now_ms: i64,
}

/// `None` when the answer does not even name the job.
pub(super) fn observe(job: dlc::Job, context: &Context<'_>) -> Option<Observation> {
    let native_id = job.job_id.clone()?;
    let status = job.status.clone().unwrap_or_default();
    let (replicas, sums) = answered(job.job_specs.as_deref().unwrap_or_default());
    let ended = [
        job.gmt_finish_time,
        job.gmt_successed_time,
        job.gmt_failed_time,
        job.gmt_stopped_time,
    ];
    Some(Observation {
        name: job.display_name.clone().unwrap_or_default(),
        phase: phase(&status),
        resources_held: holds_resources(&status),
        sub_status: job.sub_status.clone().unwrap_or_default(),
        reason: reason(&job, context.redactor),
        history: history(&job),
        job_type: job.job_type.clone().unwrap_or_default(),
        command: context.commands.of(
            &native_id,
            job.user_command.as_deref().unwrap_or_default(),
            context.redactor,
        ),
        requested: requested(&job, &replicas, sums),
        replicas,
        priority: job
            .priority
            .and_then(|priority| i32::try_from(priority).ok()),
        workspace_id: job.workspace_id.clone().unwrap_or_default(),
        resource_id: job.resource_id.clone().unwrap_or_default(),
        user_id: job.user_id.clone().unwrap_or_default(),
        user_name: job.username.clone().unwrap_or_default(),
        tags: tags(&job, context.redactor),
        max_minutes: job
            .job_max_running_time_minutes
            .map(|minutes| u32::try_from(minutes).unwrap_or(0)),
        code: job
            .code_source
            .as_ref()
            .map(|source| code(source, context.redactor)),
        accessibility: job.accessibility.clone().unwrap_or_default(),
        created_ms: job.gmt_create_time.map(ms),
        submitted_ms: job.gmt_submitted_time.map(ms),
        running_ms: job.gmt_running_time.map(ms),
        ended_ms: ended.into_iter().flatten().next().map(ms),
        restart_count: job
            .restart_times
            .map_or(0, |times| u32::try_from(times.used).unwrap_or(u32::MAX)),
        pods: match context.source {
            Source::Get => Some(pods(&job)),
            Source::List => job
                .pods
                .as_ref()
                .filter(|pods| !pods.is_empty())
                .map(|_| pods(&job)),
        },
        status,
        native_id,
        source: context.source,
        seq: context.seq,
        observed_ms: context.now_ms,
    })
}

fn ms(time: Timestamp) -> i64 {
    time.as_millisecond()
}

fn reason(job: &dlc::Job, redactor: &Redactor) -> Option<Reason> {
    let code = job.reason_code.clone().unwrap_or_default();
    let message = redactor.text(job.reason_message.as_deref().unwrap_or_default());
    (!code.is_empty() || !message.is_empty()).then_some(Reason { code, message })
}

/// Masked by key and form, as everything that the cloud tells.
fn tags(job: &dlc::Job, redactor: &Redactor) -> Option<BTreeMap<String, String>> {
    let tags = job.settings.as_ref()?.tags.as_ref()?;
    let clean = |(key, value): (&String, &String)| {
        let secret = is_secret_entry(&Map::new(), key, &value.as_str().into());
        let value = match secret {
            true => MASK.to_owned(),
            false => redactor.text(value),
        };
        (key.clone(), value)
    };
    Some(tags.iter().map(clean).collect())
}

fn code(source: &dlc::CodeSource, redactor: &Redactor) -> Code {
    let text = |text: &Option<String>| redactor.text(text.as_deref().unwrap_or_default());
    Code {
        source_id: text(&source.code_source_id),
        branch: text(&source.branch),
        commit: text(&source.commit),
        mount_path: text(&source.mount_path),
    }
}

/// `StatusHistory` where the answer has one, and what the `Gmt…` times prove beside it.
fn history(job: &dlc::Job) -> Vec<Passed> {
    let mut passed: Vec<Passed> = job
        .status_history
        .iter()
        .flatten()
        .filter_map(|step| {
            let status = step.status.clone()?;
            Some(Passed {
                phase: phase(&status),
                status,
                at_ms: step.start_time.map(ms),
            })
        })
        .collect();
    let proofs = [
        ("Creating", job.gmt_create_time),
        ("Running", job.gmt_running_time),
        ("Succeeded", job.gmt_successed_time),
        ("Failed", job.gmt_failed_time),
        ("Stopped", job.gmt_stopped_time),
    ];
    for (status, at) in proofs {
        if at.is_some() && !passed.iter().any(|step| step.status == status) {
            passed.push(Passed {
                status: status.into(),
                phase: phase(status),
                at_ms: at.map(ms),
            });
        }
    }
    // Stable: steps of one second keep the order in which the backend told them.
    passed.sort_by_key(|step| step.at_ms.unwrap_or(i64::MAX));
    passed
}

/// The server's own totals where it gives them, else the sum over the roles; of elastic jobs the larger one.
fn requested(job: &dlc::Job, replicas: &[Replica], sums: Resources) -> Resources {
    let is_elastic = replicas.iter().any(|role| role.most > role.count);
    let larger = |told: Option<u64>, sum: Option<u64>| match is_elastic {
        true => told.max(sum),
        false => told.or(sum),
    };
    let told =
        |amount: &Option<Amount>, read: fn(&Amount) -> Option<u64>| amount.as_ref().and_then(read);
    Resources {
        cpu_milli: larger(
            told(&job.request_cpu, |cpu| cpu.cpu_milli().ok()),
            sums.cpu_milli,
        ),
        gpu_milli: larger(
            told(&job.request_gpu, |gpu| gpu.gpu_milli().ok()),
            sums.gpu_milli,
        ),
        memory_bytes: larger(
            told(&job.request_memory, |memory| memory.memory_bytes().ok()),
            sums.memory_bytes,
        ),
    }
}

fn pods(job: &dlc::Job) -> Vec<Pod> {
    let mut pods = Vec::new();
    for pod in job.pods.iter().flatten() {
        pods.push(one_pod(pod, false));
        pods.extend(
            pod.history_pods
                .iter()
                .flatten()
                .map(|old| one_pod(old, true)),
        );
    }
    pods
}

fn one_pod(pod: &dlc::Pod, historic: bool) -> Pod {
    Pod {
        pod_id: pod.pod_id.clone().unwrap_or_default(),
        pod_uid: pod.pod_uid.clone().unwrap_or_default(),
        role: pod.role.clone().unwrap_or_default(),
        status: pod.status.clone().unwrap_or_default(),
        sub_status: pod.sub_status.clone().unwrap_or_default(),
        node: pod.node_name.clone().unwrap_or_default(),
        ip: pod.ip.clone().unwrap_or_default(),
        created_ms: pod.gmt_create_time.map(ms),
        started_ms: pod.gmt_start_time.map(ms),
        finished_ms: pod.gmt_finish_time.map(ms),
        historic,
    }
}
