//! Waits through the whole server.

use pai_proto::v1::{
    Phase, WaitEnded, WaitResult, wait_jobs_request::Condition, wait_jobs_response::Frame,
};
use serde_json::json;

use super::{
    fake::{Fake, Heard},
    peer::Peer,
    sample::{self, change, present},
};

/// A wait for a job that is there already.
fn over() -> Vec<Frame> {
    let queued = pai_proto::v1::Job {
        status: "Queuing".into(),
        phase: Phase::Queued.into(),
        ..sample::running()
    };
    let runs = change(
        &queued,
        2,
        ("Queuing", Phase::Queued),
        ("Running", Phase::Running),
    );
    let fails = change(
        &queued,
        3,
        ("Running", Phase::Running),
        ("Failed", Phase::Failed),
    );
    vec![
        Frame::Change(Box::new(present(queued))),
        Frame::Change(Box::new(runs)),
        Frame::Change(Box::new(fails)),
        Frame::Ended(WaitEnded {
            met: true,
            results: vec![WaitResult {
                id: "@last".into(),
                job: Some(sample::failed()),
                reached: true,
                ..Default::default()
            }],
            ..Default::default()
        }),
    ]
}

#[tokio::test]
async fn every_change_is_progress_and_the_end_is_the_answer() {
    let fake = Fake {
        wait: over(),
        ..Fake::default()
    };
    let served = fake.serve();
    let mut peer = Peer::open(served.env()).await;
    let id = peer
        .begin("pai_job_wait", json!({"job_ids": ["@last"]}))
        .await;
    let (answer, before) = peer.answer(id).await;
    let said: Vec<_> = before
        .iter()
        .map(|note| {
            assert_eq!(note["method"], "notifications/progress", "{note}");
            assert_eq!(note["params"]["progressToken"], id);
            assert!(
                note["params"].get("total").is_none(),
                "nobody knows how long it takes"
            );
            note["params"]["message"].as_str().unwrap()
        })
        .collect();
    let name = "me-train-20261120120304-y4hp";
    assert_eq!(
        said,
        [
            format!("{name}: Queuing"),
            format!("{name}: Queuing → Running"),
            format!("{name}: Running → Failed"),
        ]
    );
    let numbers: Vec<_> = before
        .iter()
        .map(|note| note["params"]["progress"].as_f64().unwrap())
        .collect();
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");

    let waited = &answer["result"]["structuredContent"];
    assert_eq!(waited["done"], true);
    assert_eq!(waited["met"], true);
    assert_eq!(waited["jobs"][0]["result"], "failed");
    assert_eq!(waited["jobs"][0]["reached"], true);
    assert!(waited["hint"].as_str().unwrap().contains("pai_job_logs"));
    let Heard::Wait(request, _) = served.heard_call().await else {
        panic!("no wait");
    };
    assert!(matches!(request.condition, Some(Condition::Terminal(_))));
    assert!(
        (40_000..=49_000).contains(&request.timeout_ms),
        "{}",
        request.timeout_ms
    );
}

#[tokio::test]
async fn without_a_token_nothing_is_said_on_the_way() {
    let fake = Fake {
        wait: over(),
        ..Fake::default()
    };
    let served = fake.serve();
    let mut peer = Peer::open(served.env()).await;
    let params = json!({"name": "pai_job_wait", "arguments": {"job_ids": ["@last"]}});
    let id = peer.request("tools/call", params).await;
    let (answer, before) = peer.answer(id).await;
    assert_eq!(before.len(), 0, "{before:?}");
    assert_eq!(answer["result"]["structuredContent"]["done"], true);
}

#[tokio::test]
async fn a_slice_that_is_over_says_not_yet_even_if_the_daemon_is_silent() {
    let fake = Fake {
        wait: vec![Frame::Change(Box::new(present(sample::running())))],
        ..Fake::default()
    };
    let served = fake.serve();
    let mut peer = Peer::open(served.env()).await;
    let waited = peer
        .record(
            "pai_job_wait",
            json!({"job_ids": ["@last"], "timeout_s": 0}),
        )
        .await;
    assert_eq!(waited["done"], false);
    assert_eq!(waited["met"], false);
    assert_eq!(waited["timed_out"], true);
    assert_eq!(waited["jobs"][0]["status"], "Running");
    let hint = waited["hint"].as_str().unwrap();
    let id = waited["jobs"][0]["job_id"].as_str().unwrap();
    assert!(
        hint.starts_with("not yet") && hint.contains(&format!(r#"{{"job_ids":["{id}"]}}"#)),
        "@last may be another job by then: {hint}"
    );
    let Heard::Wait(request, _) = served.heard_call().await else {
        panic!("no wait");
    };
    assert!(
        (1..=50).contains(&request.timeout_ms),
        "0 would be a wait without end"
    );
}

#[tokio::test]
async fn a_cancelled_wait_ends_at_once_without_an_answer() {
    let fake = Fake {
        wait: vec![Frame::Change(Box::new(present(sample::running())))],
        ..Fake::with(sample::running())
    };
    let served = fake.serve();
    let mut peer = Peer::open(served.env()).await;
    let id = peer
        .begin("pai_job_wait", json!({"job_ids": ["@last"]}))
        .await;
    assert_eq!(peer.next().await["method"], "notifications/progress");
    let Heard::Wait(_, given_up) = served.heard_call().await else {
        panic!("no wait");
    };
    peer.notify("notifications/cancelled", json!({"requestId": id}))
        .await;
    given_up.cancelled().await;
    let other = peer.begin("pai_job_get", json!({"job_id": "@last"})).await;
    let (answer, before) = peer.answer(other).await;
    assert_eq!(
        before,
        Vec::<serde_json::Value>::new(),
        "neither progress nor an answer"
    );
    assert_eq!(answer["result"]["isError"], false);
    assert_eq!(peer.finish().await, Vec::<serde_json::Value>::new());
}
