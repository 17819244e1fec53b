//! Lists lag behind, and may say little (invariant 6).

use std::time::Duration;

use pai_proto::v1::Phase;
use pai_tests::{
    Gate, World,
    wire::{end_of, events, is_at, looked, read_until, submit_request},
};

#[tokio::test]
async fn a_fresh_job_that_lists_do_not_show_yet_is_not_gone() {
    let world = World::with(|plan| plan.emulator.list_lag = Duration::from_secs(4)).await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let mut watch = client.watch(Default::default());
    let job = world.submit_by(&client, "train").await.unwrap();
    assert_eq!(end_of(&client, &job.uid).await.phase(), Phase::Succeeded);
    let last = client.status().await.unwrap().rev;
    let updates = read_until(&mut watch, |update| {
        is_at(update, last)
            || matches!(update, pai_proto::watch::WatchUpdate::SnapshotEnd(end)
            if end.cursor.as_ref().is_some_and(|cursor| cursor.rev >= last))
    })
    .await;
    let gone = events(&updates)
        .iter()
        .any(|event| event.to_phase() == Phase::Gone);
    assert!(!gone, "{updates:?}");
}

#[tokio::test]
async fn a_job_that_lists_never_show_is_asked_for_itself() {
    let world = World::with(|plan| plan.emulator.list_lag = Duration::from_secs(600)).await;
    let inside = world.inside().await;
    let client = world.client().await;
    looked(&client).await;
    let gate = Gate::new(&world, "open");
    let request = submit_request("hidden", &gate.command());
    let job = client.submit(request).await.unwrap().job.unwrap();
    let clock = inside.run_clock(100);
    let mut running = pai_tests::wire::until_ended(&[&job.uid]);
    running.condition = Some(pai_proto::v1::wait_jobs_request::Condition::Phase(
        Phase::Running.into(),
    ));
    let (ended, _) = pai_tests::wire::outcome(client.wait(running)).await;
    assert!(ended.met, "{ended:?}");
    gate.open();
    assert_eq!(end_of(&client, &job.uid).await.phase(), Phase::Succeeded);
    drop(clock);
    inside.shutdown().await;
}

/// A job is followed whether lists carry pods and history or not.
async fn with_list_detail(detail: bool) {
    let world = World::with(|plan| plan.emulator.list_detail = detail).await;
    let _daemon = world.daemon().await;
    let id = world.submit("train", "true").await;
    assert_eq!(world.paictl(&["wait", &id]).await.code, 0);
    let shown = world.paictl(&["get", &id, "--json"]).await.json();
    let statuses: Vec<_> = shown["milestones"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|mile| mile["status"].as_str())
        .collect();
    for status in [
        "Creating",
        "Queuing",
        "EnvPreparing",
        "Running",
        "Succeeded",
    ] {
        assert!(statuses.contains(&status), "{status}: {statuses:?}");
    }
    assert_eq!(shown["pods"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn lists_without_detail_are_enough() {
    with_list_detail(false).await;
}

#[tokio::test]
async fn lists_with_detail_change_nothing() {
    with_list_detail(true).await;
}
