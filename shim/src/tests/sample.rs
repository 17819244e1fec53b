//! Jobs, settings and logs to show.

use pai_proto::v1::{self, Change, Event, EventKind, Job, LogChunk, LogLine, Phase};

/// 2026-11-20T12:03:04Z
pub(crate) const NOON: i64 = 1_795_176_184_000;

/// A job that runs.
pub(crate) fn running() -> Job {
    Job {
        uid: "uid-1".into(),
        native_id: "dlc1running".into(),
        name: "me-train-20261120120304-y4hp".into(),
        phase: Phase::Running.into(),
        status: "Running".into(),
        own: true,
        created_at_ms: Some(NOON),
        running_at_ms: Some(NOON + 6_000),
        ..Default::default()
    }
}

/// The same after it has failed, with everything that is known of such a job.
pub(crate) fn failed() -> Job {
    Job {
        phase: Phase::Failed.into(),
        status: "Failed".into(),
        sub_status: "OOMKilled".into(),
        reason: Some(v1::Reason {
            code: "PodFailed".into(),
            message: "worker-1 was \u{1b}[31mkilled\u{1b}[0m\nfor want of memory".into(),
        }),
        ended_at_ms: Some(NOON + 66_000),
        job_type: "PyTorchJob".into(),
        profile: "default".into(),
        command: "cd /root/code\npython train.py".into(),
        requested: Some(v1::Resources {
            cpu_milli: Some(16_000),
            gpu_milli: Some(500),
            memory_bytes: Some(64 << 30),
        }),
        replicas: vec![v1::Replica {
            role: "Worker".into(),
            count: 2,
            image: "registry/train:1".into(),
            cpu_milli: Some(8_000),
            gpu_milli: None,
            memory_bytes: Some(32 << 30),
            ..Default::default()
        }],
        pods: (0..2)
            .map(|index| v1::Pod {
                pod_id: format!("dlc1running-worker-{index}"),
                pod_uid: format!("life-{index}"),
                role: "Worker".into(),
                status: "Failed".into(),
                started_at_ms: Some(NOON + 6_000),
                finished_at_ms: Some(NOON + 66_000),
                ..Default::default()
            })
            .collect(),
        milestones: [
            ("", Phase::Submitting, 0),
            ("Running", Phase::Running, 6_000),
        ]
        .map(|(status, phase, after)| v1::Milestone {
            status: status.into(),
            phase: phase.into(),
            observed_at_ms: NOON + after,
            ..Default::default()
        })
        .into(),
        restart_count: 1,
        resources_held: true,
        ..running()
    }
}

/// A job whose submit is not confirmed.
pub(crate) fn unconfirmed() -> Job {
    Job {
        uid: "uid-3".into(),
        name: "me-lost-20261120120304-abcd".into(),
        phase: Phase::Unconfirmed.into(),
        own: true,
        ..Default::default()
    }
}

/// The present state of a job, as a wait tells it at first.
pub(crate) fn present(job: Job) -> Change {
    Change {
        job: Some(job),
        ..Default::default()
    }
}

/// A job came from one status to another, which it has now.
pub(crate) fn change(job: &Job, rev: u64, from: (&str, Phase), to: (&str, Phase)) -> Change {
    Change {
        event: Some(Event {
            rev,
            kind: EventKind::Status.into(),
            job_uid: job.uid.clone(),
            from_status: from.0.into(),
            from_phase: from.1.into(),
            to_status: to.0.into(),
            to_phase: to.1.into(),
            ..Default::default()
        }),
        job: Some(Job {
            status: to.0.into(),
            phase: to.1.into(),
            rev,
            ..job.clone()
        }),
        encoded: None,
    }
}

/// Lines of a pod, numbered from `first` on.
pub(crate) fn log_chunk(pod_id: &str, first: u64, lines: &[&[u8]]) -> LogChunk {
    LogChunk {
        pod_id: pod_id.into(),
        pod_uid: "life-1".into(),
        lines: (first..)
            .zip(lines)
            .map(|(number, text)| LogLine {
                number,
                text: text.to_vec(),
                ..Default::default()
            })
            .collect(),
        ..Default::default()
    }
}

/// Settings.
pub(crate) fn config() -> v1::GetConfigResponse {
    v1::GetConfigResponse {
        settings_path: "/home/me/settings.json".into(),
        version: "0.5.0".into(),
        prefix: "me".into(),
        region: "cn-hangzhou".into(),
        workspace_id: "12345".into(),
        endpoint: "https://pai-dlc.cn-hangzhou.aliyuncs.com".into(),
        credential_source: "settings file".into(),
        limits: Some(v1::Limits {
            max_running_jobs: 2,
            max_gpu: Some(8),
            ..Default::default()
        }),
        profiles: (0..21)
            .map(|number| v1::Profile {
                name: format!("profile-{number}"),
                job_type: "PyTorchJob".into(),
                ..Default::default()
            })
            .collect(),
        mounts: vec![v1::Mount {
            name: "data".into(),
            uri: "oss://bucket/data/".into(),
            mount_path: "/mnt/data".into(),
            read_only: true,
        }],
        ..Default::default()
    }
}

/// Whose key it is.
pub(crate) fn who() -> v1::WhoAmIResponse {
    v1::WhoAmIResponse {
        account_id: "100".into(),
        identity_type: "Account".into(),
        credential_source: "environment".into(),
        ..Default::default()
    }
}
