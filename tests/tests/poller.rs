//! One poller (invariant 3): what the cloud is asked depends on time and on jobs, never on clients.

use std::time::Duration;

use pai_proto::{Client, v1::Phase, wait::Wait};
use pai_tests::{
    Gate, Inside, World,
    wire::{looked, outcome, status_shows, submit_request, until_ended},
};

#[tokio::test]
async fn a_wait_of_60_s_costs_at_most_two_calls_of_the_daemon() {
    let world = World::new().await;
    let inside = world.inside().await;
    let observer = world.client().await;
    let never = Gate::new(&world, "never");
    let request = submit_request("long", &never.command());
    let job = observer.submit(request).await.unwrap().job.unwrap();
    let before = observer.status().await.unwrap().rpcs;

    let client = world.client().await;
    let mut request = until_ended(&[&job.uid]);
    request.timeout_ms = 60_000;
    let began = inside.now();
    let clock = inside.run_clock(100);
    let (ended, _) = outcome(client.wait(request)).await;
    drop(clock);
    assert!(ended.timed_out && !ended.met, "{ended:?}");
    assert!(inside.now() - began >= Duration::from_secs(60));
    // The handshake is one of them; the observer's own call before is none.
    let spent = observer.status().await.unwrap().rpcs - before - 1;
    assert!(spent <= 2, "{spent} RPCs");
    inside.shutdown().await;
}

/// Calls of the cloud in 60 s in which so many clients wait for the same job.
async fn calls_in_a_minute(clients: usize) -> u64 {
    let world = World::new().await;
    let inside = world.inside().await;
    let client = world.client().await;
    looked(&client).await;
    let never = Gate::new(&world, "never");
    let request = submit_request("long", &never.command());
    let job = client.submit(request).await.unwrap().job.unwrap();
    let clock = inside.run_clock(50);
    let mut running = until_ended(&[&job.uid]);
    running.condition = Some(pai_proto::v1::wait_jobs_request::Condition::Phase(
        Phase::Running.into(),
    ));
    outcome(client.wait(running)).await;
    drop(clock);

    let waits = begin_waits(&world, clients, &job.uid).await;
    status_shows(&client, "all of them wait", |status| {
        status.contexts[0].waiters as usize == clients
    })
    .await;
    let calls = a_minute(&world, &inside).await;
    drop(waits);
    inside.shutdown().await;
    calls
}

async fn begin_waits(world: &World, clients: usize, uid: &str) -> Vec<(Client, Wait)> {
    let mut waits = Vec::new();
    for _ in 0..clients {
        let client = world.client().await;
        let mut wait = client.wait(until_ended(&[uid]));
        wait.next().await.unwrap().unwrap();
        waits.push((client, wait));
    }
    waits
}

async fn a_minute(world: &World, inside: &Inside) -> u64 {
    let all = || world.control().call_counts().values().sum::<u64>();
    let before = all();
    for _ in 0..20 {
        let looks = world.control().call_count("ListJobs");
        inside.advance(Duration::from_secs(3));
        world.called("ListJobs", looks + 1).await;
    }
    all() - before
}

#[tokio::test]
async fn thirty_waiting_clients_cost_as_many_calls_as_one() {
    let (one, thirty) = tokio::join!(calls_in_a_minute(1), calls_in_a_minute(30));
    assert!(one >= 20, "{one} calls: a look every 3 s");
    assert!(one.abs_diff(thirty) <= 1, "{one} against {thirty} calls");
}

#[tokio::test]
async fn with_200_waited_jobs_getjob_is_called_at_most_once_per_transition() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let mut uids = Vec::new();
    for n in 0..200_u32 {
        let command = format!("sleep {}.{}", n % 7, n % 10);
        let answer = client.submit(submit_request("many", &command)).await;
        uids.push(answer.unwrap().job.unwrap().uid);
    }
    let uids: Vec<_> = uids.iter().map(String::as_str).collect();
    let (ended, _) = outcome(client.wait(until_ended(&uids))).await;
    assert!(ended.met && ended.results.len() == 200);
    let jobs = world.control().jobs();
    assert_eq!(jobs.len(), 200);
    let transitions: usize = jobs.iter().map(|job| job.transitions.len()).sum();
    let asked = world.control().call_count("GetJob");
    assert!(
        asked <= transitions as u64 + 10,
        "{asked} for {transitions}"
    );
    // What is asked for is a change that a look saw; a job that ran through between two looks is one of them.
    let lists = world.control().call_count("ListJobs");
    assert!(
        asked <= 600,
        "{asked} GetJob, {lists} ListJobs, {transitions} transitions"
    );
}

#[tokio::test]
async fn nothing_active_is_looked_for_once_in_five_minutes() {
    let world = World::new().await;
    let inside = world.inside().await;
    let client = world.client().await;
    looked(&client).await;
    let before = world.control().call_count("ListJobs");
    for _ in 0..28 {
        inside.advance(Duration::from_secs(10));
        client.status().await.unwrap();
    }
    assert_eq!(world.control().call_count("ListJobs"), before);
    inside.advance(Duration::from_secs(21));
    world.called("ListJobs", before + 1).await;
    inside.shutdown().await;
}

#[tokio::test]
async fn reading_asks_the_cloud_for_nothing() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let id = world.submit("train", "true").await;
    assert_eq!(world.paictl(&["wait", &id]).await.code, 0);
    world.control().reset_calls();
    for _ in 0..5 {
        for args in [
            &["ls"][..],
            &["get", &id],
            &["wait", &id],
            &["daemon", "status"],
        ] {
            assert_eq!(world.paictl(args).await.code, 0);
        }
    }
    assert_eq!(world.control().call_counts(), Default::default());
}
