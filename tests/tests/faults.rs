//! A failed look ends nothing (invariant 7), and what is unknown is shown as it came (invariant 6).

use pai_proto::{
    v1::{EventKind, Phase},
    wait::WaitUpdate,
};
use pai_tests::{
    Gate, World,
    wire::{
        end_of, events, looked, outcome, read_until, status_shows, submit_request, until_ended,
    },
};

/// A job runs and ends while the cloud fails in this way; the wait ends right.
async fn a_wait_survives(faults: &[&str]) {
    a_wait_survives_on(&["ListJobs", "GetJob"], faults).await;
}

async fn a_wait_survives_on(operations: &[&str], faults: &[&str]) {
    let world = World::new().await;
    let inside = world.inside().await;
    let client = world.client().await;
    looked(&client).await;
    for operation in operations {
        for fault in faults {
            let gate = Gate::new(&world, &format!("{operation}-{fault}"));
            let request = submit_request("train", &gate.command());
            let job = client.submit(request).await.unwrap().job.unwrap();
            world.fault(&format!("{operation}:{fault}:count=4"));
            let waiting = tokio::spawn(outcome(client.wait(until_ended(&[&job.uid]))));
            let clock = inside.run_clock(50);
            gate.open();
            let (ended, _) = waiting.await.unwrap();
            drop(clock);
            assert!(ended.met, "{operation} {fault}: {ended:?}");
            let phase = ended.results[0].job.as_ref().unwrap().phase();
            assert_eq!(phase, Phase::Succeeded, "{operation} {fault}");
            world.control().clear_faults();
        }
    }
    inside.shutdown().await;
}

#[tokio::test]
async fn a_wait_survives_throttling() {
    a_wait_survives(&["throttle:retry_after_ms=100", "throttle_no_header"]).await;
}

#[tokio::test]
async fn a_wait_survives_errors_of_the_server() {
    a_wait_survives(&["server_error", "html"]).await;
}

#[tokio::test]
async fn a_wait_survives_a_broken_network() {
    a_wait_survives(&["cut_before", "cut_after", "truncated"]).await;
}

#[tokio::test]
async fn a_wait_survives_slow_answers() {
    a_wait_survives(&["slow:delay_ms=200"]).await;
}

#[tokio::test]
async fn a_wait_survives_an_unknown_status_in_lists() {
    a_wait_survives_on(&["ListJobs"], &["unknown_status"]).await;
}

#[tokio::test]
async fn old_data_is_told_once_and_so_is_its_end() {
    let world = World::new().await;
    let inside = world.inside().await;
    let client = world.client().await;
    looked(&client).await;
    let gate = Gate::new(&world, "open");
    let request = submit_request("train", &gate.command());
    let job = client.submit(request).await.unwrap().job.unwrap();
    let mut watch = client.watch(Default::default());
    world.fault("ListJobs:server_error");
    let waiting = tokio::spawn(outcome(client.wait(until_ended(&[&job.uid]))));
    let clock = inside.run_clock(50);
    let updates = read_until(&mut watch, |update| {
        events(std::slice::from_ref(update))
            .iter()
            .any(|event| event.kind() == EventKind::Stale)
    })
    .await;
    assert!(!updates.is_empty());
    gate.open();
    world.ended(&job.native_id).await;
    let failed = world.control().call_count("ListJobs");
    world.called("ListJobs", failed + 3).await;
    let stale = status_shows(&client, "old data", |status| {
        status.contexts[0].stale_since_ms.is_some()
    })
    .await;
    let error = stale.contexts[0].last_error.clone().unwrap();
    assert!(
        !error.message.is_empty() && !error.request_id.is_empty(),
        "{error:?}"
    );
    let listing = client.list(Default::default()).await.unwrap();
    assert!(listing.end.stale_since_ms.is_some());
    assert!(listing.jobs[0].stale_since_ms.is_some());

    world.control().clear_faults();
    let (ended, said) = waiting.await.unwrap();
    assert!(ended.met);
    drop(clock);
    let told: Vec<_> = said
        .iter()
        .filter_map(|update| match update {
            WaitUpdate::Stale(stale) => Some((stale.since_ms.is_some(), stale.reason.is_empty())),
            _ => None,
        })
        // A wait begins by saying that the data is fresh: an earlier daemon may have said otherwise.
        .skip_while(|(old, _)| !old)
        .collect();
    // The end of the job may be known before the data counts as fresh.
    assert_eq!(told.first(), Some(&(true, false)), "{said:?}");
    assert!(
        told.len() <= 2 && told[1..].iter().all(|(old, _)| !old),
        "{said:?}"
    );
    let rest = read_until(&mut watch, |update| {
        events(std::slice::from_ref(update))
            .iter()
            .any(|event| event.kind() == EventKind::Fresh)
    })
    .await;
    let stale = events(&rest)
        .iter()
        .filter(|event| event.kind() == EventKind::Stale)
        .count();
    assert_eq!(stale, 0, "one event per scope");
    inside.shutdown().await;
}

#[tokio::test]
async fn an_unknown_status_is_shown_as_it_came_and_is_no_end() {
    let world = World::new().await;
    let inside = world.inside().await;
    let client = world.client().await;
    looked(&client).await;
    let gate = Gate::new(&world, "open");
    let request = submit_request("train", &gate.command());
    let job = client.submit(request).await.unwrap().job.unwrap();
    world
        .reached(&job.native_id, pai_emulator::Status::Running)
        .await;
    world.fault("*:unknown_status:status=DeepSleep");
    let clock = inside.run_clock(50);
    let mut watch = client.watch(Default::default());
    read_until(&mut watch, |update| {
        events(std::slice::from_ref(update))
            .iter()
            .any(|event| event.to_status == "DeepSleep")
    })
    .await;
    let shown = client.get(&job.uid).await.unwrap().job.unwrap();
    assert_eq!(
        (shown.phase(), shown.status.as_str()),
        (Phase::Unknown, "DeepSleep")
    );
    assert!(
        !shown.result_unknown && shown.ended_at_ms.is_none(),
        "{shown:?}"
    );
    let mut short = until_ended(&[&job.uid]);
    short.timeout_ms = 20_000;
    let (ended, _) = outcome(client.wait(short)).await;
    assert!(ended.timed_out && !ended.met, "{ended:?}");

    world.control().clear_faults();
    gate.open();
    assert_eq!(end_of(&client, &job.uid).await.phase(), Phase::Succeeded);
    drop(clock);
    inside.shutdown().await;
}

#[tokio::test]
async fn an_unknown_status_with_a_finish_time_is_an_end_with_an_unknown_result() {
    let world = World::new().await;
    let inside = world.inside().await;
    let client = world.client().await;
    looked(&client).await;
    let job = world.submit_by(&client, "train").await.unwrap();
    world.ended(&job.native_id).await;
    world.fault("*:unknown_status:status=Evaporated");
    let clock = inside.run_clock(50);
    let done = world.paictl(&["wait", &job.uid, "--json"]).await;
    assert_eq!(done.code, 12, "{done:?}");
    assert_eq!(done.json()[0]["result_unknown"], true);
    assert_eq!(done.json()[0]["status"], "Evaporated");
    drop(clock);
    inside.shutdown().await;
}

#[tokio::test]
async fn a_stop_that_fails_says_so_and_can_be_repeated() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let never = Gate::new(&world, "never");
    let id = world.submit("train", &never.command()).await;
    world.fault("StopJob:server_error:count=1");
    let failed = world.paictl(&["stop", &id]).await;
    assert_eq!(failed.code, 1, "{failed:?}");
    assert!(failed.stderr.contains("request id:"), "{failed:?}");
    assert_eq!(world.paictl(&["stop", &id]).await.code, 0);
    assert_eq!(world.paictl(&["wait", &id]).await.code, 11);
}
