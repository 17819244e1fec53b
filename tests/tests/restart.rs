//! A restart of the daemon, polite or not, loses nothing (invariants 1, 2 and 7).

use std::{os::unix::fs::FileTypeExt as _, time::Duration};

use pai_emulator::Status;
use pai_proto::{
    v1::{Cursor, Phase, WatchJobsRequest},
    wait::WaitUpdate,
    watch::WatchUpdate,
};
use pai_tests::{
    Gate, World,
    wire::{events, is_at, outcome, read_until, status_shows, submit_request, tells, until_ended},
    world::profile,
};
use serde_json::json;

#[tokio::test]
async fn clients_go_on_over_a_kill_9_and_every_event_arrives_exactly_once() {
    // One GPU: the second job waits for the first one's end, which comes while no daemon is there.
    let world = World::with(|plan| {
        plan.emulator.gpus = Some(1);
        plan.settings = json!({
            "profiles": {"default": profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "1"}))},
        });
    })
    .await;
    let daemon = world.daemon().await;
    let client = world.client().await;
    let mut watch = client.watch(WatchJobsRequest::default());
    let mut before = read_until(&mut watch, |update| {
        matches!(update, WatchUpdate::SnapshotEnd(_))
    })
    .await;
    let gate = Gate::new(&world, "open");
    let submit = |name: &str| client.submit(submit_request(name, &gate.command()));
    let first = submit("first").await.unwrap().job.unwrap();
    world.reached(&first.native_id, Status::Running).await;
    let second = submit("second").await.unwrap().job.unwrap();
    before.extend(
        read_until(&mut watch, |update| {
            tells(update, &first.uid, Phase::Running)
        })
        .await,
    );
    let wait = client.wait(until_ended(&[&first.native_id, &second.native_id]));
    let waiting = tokio::spawn(outcome(wait));
    status_shows(&client, "both are waited for", |status| {
        status.contexts[0].waiters >= 2
    })
    .await;

    daemon.kill9().await;
    let stale = std::fs::metadata(world.socket()).unwrap();
    assert!(stale.file_type().is_socket(), "kill -9 leaves the socket");
    gate.open();
    world.ended(&first.native_id).await;
    world.ended(&second.native_id).await;
    let _next = world.daemon().await;

    let (ended, said) = waiting.await.unwrap();
    assert!(ended.met, "{ended:?}");
    let phases: Vec<_> = ended
        .results
        .iter()
        .map(|result| result.job.as_ref().unwrap().phase())
        .collect();
    assert_eq!(phases, [Phase::Succeeded, Phase::Succeeded]);
    let breaks = said
        .iter()
        .filter(|update| matches!(update, WaitUpdate::Reconnecting(_)))
        .count();
    assert_eq!(breaks, 1, "said once: {said:?}");

    let newer = world.client().await;
    let ran = world
        .paictl(&["wait", &second.native_id, "--for", "running"])
        .await;
    assert_eq!(ran.code, 0, "it ran while no daemon was there: {ran:?}");

    let last = newer.status().await.unwrap().rev;
    let after = read_until(&mut watch, |update| is_at(update, last)).await;
    assert!(
        !after
            .iter()
            .any(|update| matches!(update, WatchUpdate::Resync(_) | WatchUpdate::Snapshot(_))),
        "it resumed: {after:?}"
    );
    let mut seen = events(&before);
    seen.extend(events(&after));
    let revs: Vec<_> = seen.iter().map(|event| event.rev).collect();
    assert!(revs.is_sorted_by(|one, next| one < next), "{revs:?}");
    let since = Some(Cursor {
        store_id: newer.hello().store_id.clone(),
        rev: revs[0] - 1,
        ..Default::default()
    });
    let mut all = newer.watch(WatchJobsRequest {
        ids: Vec::new(),
        since,
    });
    let table = read_until(&mut all, |update| is_at(update, last)).await;
    assert_eq!(seen, events(&table), "none lost, none twice, none changed");
}

#[tokio::test]
async fn sigterm_tells_the_streams_and_ends_within_two_seconds() {
    let world = World::new().await;
    let daemon = world.daemon().await;
    let client = world.client().await;
    let never = Gate::new(&world, "never");
    let request = submit_request("train", &never.command());
    let job = client.submit(request).await.unwrap().job.unwrap();
    let mut watch = client.watch(WatchJobsRequest::default());
    read_until(&mut watch, |update| {
        matches!(update, WatchUpdate::SnapshotEnd(_))
    })
    .await;
    let mut wait = client.wait(until_ended(&[&job.uid]));
    wait.next().await.unwrap().unwrap();

    let begin = tokio::time::Instant::now();
    let status = daemon.term().await;
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(status.code(), Some(0));
    assert!(!world.socket().exists(), "it removes its socket");
    let goodbye = |reason: &str| assert_eq!(reason, "the daemon is leaving");
    let last = read_until(&mut watch, |update| {
        matches!(update, WatchUpdate::Reconnecting(_))
    })
    .await;
    match last.last() {
        Some(WatchUpdate::Reconnecting(reason)) => goodbye(reason),
        other => panic!("{other:?}"),
    }
    loop {
        match wait.next().await.unwrap().unwrap() {
            WaitUpdate::Reconnecting(reason) => break goodbye(&reason),
            WaitUpdate::Ended(ended) => panic!("{ended:?}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn paictl_waits_through_a_restart_and_says_so_once() {
    let world = World::new().await;
    let daemon = world.daemon().await;
    let gate = Gate::new(&world, "open");
    let id = world.submit("train", &gate.command()).await;
    let mut wait = world.start_paictl(&["wait", &id]);
    wait.says("train").await;
    daemon.kill9().await;
    wait.says("trying again").await;
    gate.open();
    world.ended(&id).await;
    let _next = world.daemon().await;
    let done = wait.finish().await;
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(done.stderr.matches("trying again").count(), 1, "{done:?}");
    assert!(done.stderr.contains("the daemon is back"), "{done:?}");
}

#[tokio::test]
async fn a_wait_ends_on_time_while_the_daemon_is_away() {
    let world = World::new().await;
    let daemon = world.daemon().await;
    let gate = Gate::new(&world, "never");
    let id = world.submit("train", &gate.command()).await;
    let mut wait = world.start_paictl(&["wait", &id, "--timeout", "2s"]);
    wait.says("train").await;
    daemon.kill9().await;
    let done = wait.finish().await;
    assert_eq!(done.code, 124, "{done:?}");
    assert!(done.stdout.contains(&id), "what is known: {done:?}");
}

#[tokio::test]
async fn daemon_stop_ends_it_and_the_next_one_knows_the_jobs() {
    let world = World::new().await;
    let daemon = world.daemon().await;
    let id = world.submit("train", "true").await;
    assert_eq!(world.paictl(&["wait", &id]).await.code, 0);
    let stop = world.paictl(&["daemon", "stop"]).await;
    assert_eq!(stop.code, 0, "{stop:?}");
    drop(daemon);
    let _next = world.daemon().await;
    let listed = world.paictl(&["ls", "--json"]).await.json();
    assert_eq!(listed[0]["job_id"], id.as_str());
    assert_eq!(listed[0]["phase"], "succeeded");
}

#[tokio::test]
async fn a_daemon_without_memory_looks_before_it_says_that_there_are_no_jobs() {
    let world = World::new().await;
    let daemon = world.daemon().await;
    let id = world.submit("train", "true").await;
    world.ended(&id).await;
    let known = world.paictl(&["get", &id, "--json"]).await.json();
    let name = known["name"].as_str().unwrap();
    daemon.term().await;
    let beginning = &id[..8];
    for question in [
        ["ls", "--json"],
        ["get", "@last"],
        ["get", name],
        ["get", beginning],
    ] {
        std::fs::remove_dir_all(world.state()).unwrap();
        let next = world.daemon().await;
        let told = world.paictl(&question).await;
        assert!(
            told.code == 0 && told.stdout.contains(&id),
            "{question:?}: {told:?}"
        );
        next.term().await;
    }
}

#[tokio::test]
async fn a_daemon_that_never_reached_the_cloud_does_not_say_that_there_is_no_such_job() {
    let world = World::new().await;
    let daemon = world.daemon().await;
    let id = world.submit("train", "sleep 60").await;
    daemon.term().await;
    std::fs::remove_dir_all(world.state()).unwrap();
    world.fault("ListJobs:server_error");
    let _daemon = world.daemon().await;
    // GetJob answers that there is no job of the beginning's name, which says nothing about those that begin so.
    for name in ["train", "@last", &id[..8]] {
        let told = world.paictl(&["stop", name]).await;
        assert!(told.stderr.contains("not been reached yet"), "{told:?}");
        assert_ne!(told.code, 5, "{told:?}");
    }
}

#[tokio::test]
async fn what_an_earlier_daemon_knew_is_not_told_as_if_it_were_new() {
    let world = World::new().await;
    let daemon = world.daemon().await;
    let gate = Gate::new(&world, "open");
    let id = world.submit("train", &gate.command()).await;
    world.reached(&id, Status::Running).await;
    daemon.kill9().await;
    gate.open();
    world.ended(&id).await;
    let daemon = world.daemon().await;
    let listed = world.paictl(&["ls", "--json"]).await.json();
    assert_eq!(listed[0]["phase"], "succeeded", "it looks first: {listed}");
    let second = world.submit("train", "sleep 60").await;
    daemon.kill9().await;
    world.fault("ListJobs:server_error");
    let _daemon = world.daemon().await;
    let listed = world.paictl(&["ls", "--json"]).await.json();
    let known = world.paictl(&["get", &second, "--json"]).await.json();
    for job in [&listed[0], &known] {
        assert_eq!(job["job_id"], second.as_str());
        assert!(job["stale_since"].is_string(), "{job}");
    }
    assert!(known["stale_reason"].is_string(), "{known}");
}

#[tokio::test]
async fn a_wait_says_how_old_its_data_is_while_the_first_look_is_under_way() {
    let world = World::new().await;
    let daemon = world.daemon().await;
    let gate = Gate::new(&world, "open");
    let id = world.submit("train", &gate.command()).await;
    world.reached(&id, Status::Running).await;
    assert_eq!(
        world.paictl(&["wait", &id, "--for", "running"]).await.code,
        0
    );
    daemon.kill9().await;
    world.fault("ListJobs:slow:delay_ms=6000:count=1");
    let _daemon = world.daemon().await;
    let mut wait = world.start_paictl(&["wait", &id]);
    wait.says("as of").await;
    gate.open();
    assert_eq!(wait.finish().await.code, 0);
}
