//! The end of the input.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use pai_proto::v1::wait_jobs_response::Frame;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::{
    fake::{Fake, Heard},
    peer::Peer,
    sample::{self, present},
};

#[tokio::test]
async fn the_end_of_stdin_ends_a_wait_at_once() {
    let fake = Fake {
        wait: vec![Frame::Change(Box::new(present(sample::running())))],
        ..Fake::default()
    };
    let served = fake.serve();
    let mut peer = Peer::open(served.env()).await;
    peer.begin("pai_job_wait", json!({"job_ids": ["@last"]}))
        .await;
    let Heard::Wait(_, given_up) = served.heard_call().await else {
        panic!("no wait");
    };
    peer.next().await;
    let begin = Instant::now();
    let rest = peer.finish().await;
    assert!(
        begin.elapsed() < Duration::from_millis(500),
        "{:?}",
        begin.elapsed()
    );
    given_up.cancelled().await;
    let nothing: [Value; 0] = [];
    assert_eq!(rest, nothing, "some clients stumble over what comes now");
}

#[tokio::test]
async fn a_short_call_is_still_answered_after_the_end_of_stdin() {
    let gate = Arc::new(Semaphore::new(0));
    let fake = Fake {
        gate: Some(Arc::clone(&gate)),
        ..Fake::with(sample::running())
    };
    let served = fake.serve();
    let mut peer = Peer::open(served.env()).await;
    peer.begin("pai_job_wait", json!({"job_ids": ["@last"]}))
        .await;
    let Heard::Wait(_, given_up) = served.heard_call().await else {
        panic!("no wait");
    };
    let get = peer.begin("pai_job_get", json!({"job_id": "@last"})).await;
    assert!(matches!(served.heard().await, Heard::Get));
    peer.close();
    given_up.cancelled().await;
    gate.add_permits(1);
    let (answer, before) = peer.answer(get).await;
    assert_eq!(answer["result"]["structuredContent"]["status"], "Running");
    assert_eq!(before.len(), 0, "nothing of the wait: {before:?}");
    assert_eq!(peer.finish().await.len(), 0);
}
