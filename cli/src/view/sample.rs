//! Jobs for tests.

use pai_proto::v1::{Job, JobCode, Milestone, Phase, Pod, Reason, Replica, Resources, StoredLog};

/// 2026-11-20T12:03:04Z
pub(crate) const NOW: i64 = 1_795_176_184_000;

pub(crate) fn running() -> Job {
    Job {
        uid: "uid-1".into(),
        native_id: "dlc1running".into(),
        name: "demo-train-20261120-x7k2".into(),
        backend: "dlc".into(),
        phase: Phase::Running.into(),
        status: "Running".into(),
        own: true,
        job_type: "PyTorchJob".into(),
        command: "cd app\npython train.py --lr 0.1".into(),
        profile: "default".into(),
        replicas: vec![Replica {
            role: "Worker".into(),
            count: 2,
            image: "registry/train:1".into(),
            cpu_milli: Some(8_000),
            gpu_milli: Some(500),
            memory_bytes: Some(64 << 30),
            ..Default::default()
        }],
        requested: Some(Resources {
            cpu_milli: Some(16_000),
            gpu_milli: Some(1_000),
            memory_bytes: Some(128 << 30),
        }),
        priority: Some(5),
        workspace_id: "123".into(),
        resource_id: "quota1".into(),
        user_id: "42".into(),
        created_at_ms: Some(NOW - 600_000),
        submitted_at_ms: Some(NOW - 599_000),
        running_at_ms: Some(NOW - 300_500),
        observed_at_ms: NOW - 1_000,
        pods: vec![
            pod("dlc1running-worker-0", true),
            pod("dlc1running-worker-1", false),
        ],
        milestones: vec![
            milestone("", Phase::Submitting, NOW - 600_000),
            milestone("Queuing", Phase::Queued, NOW - 598_500),
            milestone("Running", Phase::Running, NOW - 300_500),
        ],
        rev: 9,
        tags: [
            ("team".into(), "vision".into()),
            ("pai-session".into(), "s-1".into()),
        ]
        .into(),
        max_run_minutes: Some(90),
        code: Some(JobCode {
            code_source_id: "code-1".into(),
            branch: "main".into(),
            commit: "0123abc".into(),
            mount_path: "/root/code".into(),
        }),
        accessibility: "PUBLIC".into(),
        ..Default::default()
    }
}

pub(crate) fn succeeded() -> Job {
    ended("dlc1ended", "Succeeded", Phase::Succeeded)
}

pub(crate) fn failed() -> Job {
    Job {
        reason: Some(Reason {
            code: "OOMKilled".into(),
            message: "worker-0 was killed".into(),
        }),
        ..ended("dlc1failed", "Failed", Phase::Failed)
    }
}

pub(crate) fn unconfirmed() -> Job {
    Job {
        uid: "uid-3".into(),
        name: "demo-lost-20261120-aaaa".into(),
        backend: "dlc".into(),
        phase: Phase::Unconfirmed.into(),
        own: true,
        created_at_ms: Some(NOW - 5_000),
        observed_at_ms: NOW,
        ..Default::default()
    }
}

/// What is stored of a job's log.
pub(crate) fn log() -> StoredLog {
    StoredLog {
        lines: 2_300,
        pods: 2,
        complete: false,
        kept: true,
    }
}

pub(crate) fn held() -> Job {
    Job {
        uid: "uid-4".into(),
        name: "demo-later-20261120-cccc".into(),
        phase: Phase::Held.into(),
        queue_position: Some(3),
        ..unconfirmed()
    }
}

/// A job whose every text tries to take over the terminal.
pub(crate) fn evil() -> Job {
    let evil = || "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}a\tb\r\nc".to_owned();
    Job {
        uid: evil(),
        native_id: evil(),
        name: evil(),
        backend: evil(),
        status: evil(),
        sub_status: evil(),
        reason: Some(Reason {
            code: evil(),
            message: evil(),
        }),
        job_type: evil(),
        command: evil(),
        profile: evil(),
        workspace_id: evil(),
        resource_id: evil(),
        user_id: evil(),
        twin_of: evil(),
        replicas: vec![Replica {
            role: evil(),
            image: evil(),
            instance_type: evil(),
            ..Default::default()
        }],
        pods: vec![Pod {
            pod_id: evil(),
            pod_uid: evil(),
            role: evil(),
            status: evil(),
            sub_status: evil(),
            node: evil(),
            ip: evil(),
            ..Default::default()
        }],
        milestones: vec![milestone(&evil(), Phase::Unknown, NOW)],
        tags: [(evil(), evil())].into(),
        code: Some(JobCode {
            code_source_id: evil(),
            branch: evil(),
            commit: evil(),
            mount_path: evil(),
        }),
        accessibility: evil(),
        user_name: evil(),
        ..running()
    }
}

fn ended(id: &str, status: &str, phase: Phase) -> Job {
    Job {
        uid: format!("uid-{id}"),
        native_id: id.into(),
        name: "demo-short-20261120-bbbb".into(),
        status: status.into(),
        phase: phase.into(),
        ended_at_ms: Some(NOW - 60_000),
        ..running()
    }
}

fn pod(id: &str, historic: bool) -> Pod {
    Pod {
        pod_id: id.into(),
        pod_uid: format!("{id}-uid"),
        role: "Worker".into(),
        status: if historic { "Failed" } else { "Running" }.into(),
        node: "node-7".into(),
        ip: "10.0.0.7".into(),
        created_at_ms: Some(NOW - 301_000),
        started_at_ms: Some(NOW - 300_500),
        finished_at_ms: historic.then_some(NOW - 100_000),
        historic,
        ..Default::default()
    }
}

fn milestone(status: &str, phase: Phase, at_ms: i64) -> Milestone {
    Milestone {
        status: status.into(),
        phase: phase.into(),
        rev: 1,
        at_ms: Some(at_ms),
        observed_at_ms: at_ms + 700,
    }
}
