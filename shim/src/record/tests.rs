//! Every record is an interface: this is how it is written today.

use pai_proto::v1;
use serde_json::{Value, json};

use super::*;
use crate::tests::sample::{self, NOON};

fn written(record: impl Serialize) -> Value {
    serde_json::to_value(record).unwrap()
}

#[test]
fn a_job_in_short_says_what_is_known_and_nothing_else() {
    assert_eq!(
        written(Job::from(&sample::running())),
        json!({
            "job_id": "dlc1running",
            "name": "me-train-20261120120304-y4hp",
            "status": "Running",
            "phase": "running",
            "created_at": "2026-11-20T12:03:04Z",
            "started_at": "2026-11-20T12:03:10Z",
        })
    );
    assert_eq!(
        written(Job::from(&sample::unconfirmed())),
        json!({
            "job_id": "uid-3",
            "name": "me-lost-20261120120304-abcd",
            "status": "unconfirmed",
            "phase": "unconfirmed",
        })
    );
    assert_eq!(
        written(Row::from(&sample::failed())),
        json!({
            "job_id": "dlc1running",
            "name": "me-train-20261120120304-y4hp",
            "status": "Failed",
            "result": "failed",
            "created_at": "2026-11-20T12:03:04Z",
            "ended_at": "2026-11-20T12:04:10Z",
        })
    );
}

#[test]
fn a_job_in_full() {
    insta::assert_json_snapshot!(Detail::from(&sample::failed()));
}

#[test]
fn a_huge_job_is_shown_in_part() {
    let mut job = sample::failed();
    let pod = job.pods[0].clone();
    job.pods = vec![pod; 300];
    job.command = "训".repeat(60_000);
    let step = job.milestones[0].clone();
    job.milestones = vec![step; 500];
    let detail = written(Detail::from(&job));
    assert_eq!(detail["pods"].as_array().unwrap().len(), 20);
    assert_eq!(detail["pods_left_out"], 280);
    assert!(
        detail["command"]
            .as_str()
            .unwrap()
            .ends_with("more characters)")
    );
    assert!(detail.to_string().len() < 10_000);
}

#[test]
fn how_it_ended_is_told_for_every_end_and_for_no_other_state() {
    let result = |phase: v1::Phase, unknown| {
        let job = v1::Job {
            phase: phase.into(),
            result_unknown: unknown,
            ..Default::default()
        };
        written(Job::from(&job))["result"].clone()
    };
    use v1::Phase;
    assert_eq!(result(Phase::Succeeded, false), json!("succeeded"));
    assert_eq!(result(Phase::Failed, false), json!("failed"));
    assert_eq!(result(Phase::Stopped, false), json!("stopped"));
    assert_eq!(result(Phase::Gone, false), json!("gone"));
    assert_eq!(result(Phase::Unknown, true), json!("unknown"));
    assert_eq!(result(Phase::Unknown, false), Value::Null);
    assert_eq!(result(Phase::Stopping, false), Value::Null);
}

#[test]
fn a_job_that_is_gone_does_not_look_alive() {
    let job = v1::Job {
        phase: v1::Phase::Gone.into(),
        ..sample::running()
    };
    assert_eq!(status(&job), "gone (was Running)");
}

#[test]
fn a_held_job_tells_its_place() {
    let mut job = v1::Job {
        phase: v1::Phase::Held.into(),
        queue_position: Some(3),
        ..Default::default()
    };
    assert_eq!(status(&job), "held (place 3 in the queue)");
    job.queue_position = None;
    assert_eq!(status(&job), "held");
}

#[test]
fn old_data_says_since_when_and_why() {
    assert_eq!(written(Staleness::new(None, "of no interest")), json!({}));
    assert_eq!(
        written(Staleness::new(Some(NOON), "no route\nto host")),
        json!({"stale_since": "2026-11-20T12:03:04Z", "stale_reason": "no route to host"})
    );
    let job = v1::Job {
        stale_since_ms: Some(NOON),
        ..sample::running()
    };
    assert_eq!(
        written(Staleness::of(&job)),
        json!({"stale_since": "2026-11-20T12:03:04Z"})
    );
}

#[test]
fn settings_and_key_are_lean() {
    let config = written(Config::from(&sample::config()));
    assert_eq!(config["profiles"].as_array().unwrap().len(), 20);
    assert_eq!(config["profiles_left_out"], 1);
    assert_eq!(
        config["limits"],
        json!({"max_running_jobs": 2, "max_gpu": 8})
    );
    assert_eq!(config["mounts"][0]["read_only"], true);
    for absent in ["resource_id", "code_source", "warnings", "mounts_left_out"] {
        assert!(config.get(absent).is_none(), "{absent}");
    }
    assert_eq!(
        written(WhoAmI::from(&sample::who())),
        json!({"account_id": "100", "identity_type": "Account", "credential_source": "environment"})
    );
}
