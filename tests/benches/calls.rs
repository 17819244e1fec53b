//! API calls during a minute in which 1 and then 50 clients wait for one running job, in real time.
//!
//! `cargo bench -p pai-tests --bench calls` takes some two minutes.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::{collections::BTreeMap, time::Duration};

use pai_tests::{
    Gate, World,
    wire::{status_shows, submit_request, until_ended},
};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for clients in [1, 50] {
        let counts = run(clients).await;
        let all: u64 = counts.values().sum();
        println!(
            "{clients:>2} clients waiting for one job for a minute: {all} API calls {counts:?}"
        );
    }
}

async fn run(clients: u32) -> BTreeMap<String, u64> {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let submitter = world.client().await;
    let gate = Gate::new(&world, "never");
    let request = submit_request("train", &gate.command());
    let job = submitter
        .submit(request)
        .await
        .expect("a job")
        .job
        .expect("a job");
    world
        .reached(&job.native_id, pai_emulator::Status::Running)
        .await;
    let mut waits = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let mut wait = world.client().await.wait(until_ended(&[&job.uid]));
        waits.spawn(async move { while let Some(Ok(_)) = wait.next().await {} });
    }
    let running = |status: &pai_proto::v1::GetStatusResponse| status.contexts[0].waiters >= clients;
    status_shows(&submitter, "all wait", running).await;
    // The job's own changes are behind us.
    tokio::time::sleep(Duration::from_secs(5)).await;
    world.control().reset_calls();
    tokio::time::sleep(MINUTE).await;
    world.control().call_counts()
}
