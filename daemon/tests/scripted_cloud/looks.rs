//! What is looked at, how often, and what is believed (invariants 3, 5, 6 and 7).

mod asked;
mod believed;
mod own_answers;

use std::time::Duration;

use paid::{
    journal::WatchStart,
    model::{EventKind, Fault, FaultKind, Phase},
};

use crate::{
    cloud::{CloudJob, EPOCH_MS},
    world::{World, secs},
};

const ROOMY: &str = r#"{"maxRunningJobs": 10}"#;

fn foreign(id: &str, name: &str, status: &'static str) -> CloudJob {
    CloudJob::named(id, name, status)
}

fn lists(world: &World) -> u32 {
    world.cloud.with(|state| state.lists_seen)
}

#[tokio::test]
async fn waiters_make_the_looks_brisk_and_their_number_changes_nothing() {
    let mut counts = Vec::new();
    for waiters in [0, 1, 100] {
        let world = World::new(ROOMY).await;
        let job = world.submit("run").await.unwrap().unwrap().job;
        world.cloud.with(|state| state.jobs[0].status = "Running");
        world.pass(secs(10)).await;
        let running = world.running();
        let guards: Vec<_> = (0..waiters)
            .map(|_| running.scope.interest.wait_for(vec![job.uid.clone()]))
            .collect();
        world.settle().await;
        let before = lists(&world);
        world.pass(secs(60)).await;
        counts.push(lists(&world) - before);
        drop(guards);
    }
    assert!(
        (5..=7).contains(&counts[0]),
        "every 10 s without a waiter: {counts:?}"
    );
    assert!(
        (19..=21).contains(&counts[1]),
        "every 3 s with one: {counts:?}"
    );
    assert!(
        counts[2].abs_diff(counts[1]) <= 1,
        "and with a hundred: {counts:?}"
    );
}

#[tokio::test]
async fn nothing_active_means_sweeps_only() {
    let world = World::new(ROOMY).await;
    let first = lists(&world);
    assert_eq!(first, 4, "three active statuses and the newcomers");
    world.pass(secs(299)).await;
    assert_eq!(lists(&world), first);
    world.pass(secs(2)).await;
    assert_eq!(lists(&world), 2 * first);
}

#[tokio::test]
async fn a_job_that_lists_do_not_show_is_not_gone_until_the_backend_says_so() {
    let world = World::new(ROOMY).await;
    let submitted = world.submit("run").await.unwrap().unwrap();
    world
        .cloud
        .with(|state| state.jobs[0].listed_from_ms = i64::MAX);
    world.pass(secs(90)).await;
    let gets = world.cloud.with(|state| state.gets_seen);
    assert!(
        (1..=3).contains(&gets),
        "asked for itself, and not at every look: {gets}"
    );
    assert_eq!(world.jobs().await[0].phase, Phase::Pending);
    world.cloud.with(|state| state.jobs.clear());
    world.pass(secs(60)).await;
    let job = &world.jobs().await[0];
    assert_eq!((job.phase, &job.uid), (Phase::Gone, &submitted.job.uid));
}

#[tokio::test]
async fn not_found_within_a_minute_of_creation_is_lag() {
    let world = World::new(ROOMY).await;
    world.submit("run").await.unwrap().unwrap();
    let hidden = world.cloud.with(|state| std::mem::take(&mut state.jobs));
    world.pass(secs(55)).await;
    assert_eq!(world.jobs().await[0].phase, Phase::Pending);
    world.cloud.with(|state| state.jobs = hidden);
    world.pass(secs(20)).await;
    assert_eq!(world.jobs().await[0].phase, Phase::Pending);
}

#[tokio::test]
async fn a_list_that_is_late_makes_no_step_backwards() {
    let world = World::new(ROOMY).await;
    world.submit("run").await.unwrap().unwrap();
    world.cloud.with(|state| state.jobs[0].status = "Queuing");
    world.pass(secs(4)).await;
    world.cloud.with(|state| state.jobs[0].status = "Running");
    world.pass(secs(4)).await;
    assert_eq!(world.jobs().await[0].status, "Running");
    let rev = world.journal.rev();
    world
        .cloud
        .with(|state| state.listed_status = Some("Queuing"));
    world.pass(secs(40)).await;
    assert_eq!(world.jobs().await[0].status, "Running");
    assert_eq!(world.journal.rev(), rev, "no event");
    // When the job itself says so, it is one: it was preempted.
    world.cloud.with(|state| {
        state.listed_status = None;
        state.jobs[0].status = "Queuing";
    });
    world.pass(secs(45)).await;
    assert_eq!(world.jobs().await[0].status, "Queuing");
}

#[tokio::test]
async fn failed_looks_make_the_data_stale_once_and_end_nothing() {
    let world = World::new(ROOMY).await;
    world.submit("run").await.unwrap().unwrap();
    let context = world.running().scope.context;
    let mut events = world.journal.watch(context, WatchStart::Now);
    world.cloud.with(|state| {
        let faults = std::iter::repeat_n(Fault::new(FaultKind::Unavailable, "no network"), 5);
        state.list_faults.extend(faults);
    });
    world.pass(secs(20)).await;
    let looks = world.running().scope.looks.get();
    assert!(looks.stale_since_ms.is_some());
    assert_eq!(looks.last_error.unwrap().message, "no network");
    world.cloud.with(|state| state.jobs[0].status = "Succeeded");
    world.pass(secs(60)).await;
    assert_eq!(world.jobs().await[0].phase, Phase::Succeeded);
    assert_eq!(world.running().scope.looks.get().stale_since_ms, None);
    let mut kinds = Vec::new();
    while events.last() < world.journal.rev() {
        kinds.push(events.next().await.unwrap().event.what.kind);
    }
    let count = |kind| kinds.iter().filter(|seen| **seen == kind).count();
    assert_eq!(
        (count(EventKind::Stale), count(EventKind::Fresh)),
        (1, 1),
        "{kinds:?}"
    );
}

#[tokio::test]
async fn an_old_active_job_is_known_and_names_that_only_contain_the_prefix_are_not() {
    let world = World::new(ROOMY).await;
    world.cloud.with(|state| {
        state.jobs.push(foreign("dlcold", "me-old", "Running"));
        state.jobs.push(foreign("dlcother", "some-me-x", "Running"));
    });
    world.pass(secs(301)).await;
    let jobs = world.jobs().await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].native_id.as_deref(), Some("dlcold"));
}

#[tokio::test]
async fn a_submit_decides_on_a_look_that_is_at_most_ten_seconds_old() {
    let world = World::new(r#"{"maxRunningJobs": 1}"#).await;
    world.pass(secs(60)).await;
    // Submitted elsewhere a moment ago; no look has seen it.
    world.cloud.with(|state| {
        let mut job = foreign("dlcelse", "me-elsewhere", "Running");
        job.created_ms = EPOCH_MS + 59_000;
        state.jobs.push(job);
    });
    let before = lists(&world);
    let fault = world.submit("run").await.unwrap().unwrap_err();
    assert_eq!(fault.kind, FaultKind::Limit);
    assert!(fault.message.contains("dlcelse"), "{fault}");
    assert!(fault.hint.contains("limits.maxRunningJobs"), "{fault}");
    assert_eq!(lists(&world), before + 1);
    world.submit("run").await.unwrap().unwrap_err();
    assert_eq!(lists(&world), before + 1, "that look is still fresh");
}

#[tokio::test]
async fn without_a_look_nothing_is_submitted() {
    let world = World::new(ROOMY).await;
    world.pass(secs(60)).await;
    world.cloud.with(|state| {
        state
            .list_faults
            .push_back(Fault::new(FaultKind::Unavailable, "no network"));
    });
    let fault = world.submit("run").await.unwrap().unwrap_err();
    assert!(
        fault.message.starts_with("nothing was submitted"),
        "{fault}"
    );
    assert_eq!(world.cloud.with(|state| state.creates_seen), 0);
}

#[tokio::test]
async fn a_job_first_seen_ended_makes_a_row_and_asks_for_nothing() {
    let mut world = World::new(ROOMY).await;
    world.kill();
    world.cloud.with(|state| {
        let mut job = foreign("dlcdone", "me-done", "Succeeded");
        job.created_ms = EPOCH_MS - 86_400_000;
        state.jobs.push(job);
        state.gets_seen = 0;
    });
    world.start().await;
    world.pass(secs(30)).await;
    assert_eq!(world.jobs().await.len(), 1);
    assert_eq!(world.cloud.with(|state| state.gets_seen), 0);
}

fn gets(world: &World) -> u32 {
    world.cloud.with(|state| state.gets_seen)
}

async fn pods(world: &World, uid: &str) -> usize {
    let uid = uid.to_owned();
    let pods = world.journal.read(move |reader| reader.pods(&uid));
    pods.await.unwrap().len()
}

fn unavailable() -> Fault {
    Fault::new(FaultKind::Unavailable, "503")
}

#[tokio::test]
async fn a_poller_that_panics_is_replaced_and_the_wait_goes_on() {
    let world = World::new(ROOMY).await;
    let job = world.submit("run").await.unwrap().unwrap().job;
    let _waiting = world.running().scope.interest.wait_for(vec![job.uid]);
    world.cloud.with(|state| state.panics = true);
    world.pass(secs(4)).await;
    assert!(world.running().scope.looks.get().stale_since_ms.is_some());
    world.cloud.with(|state| state.jobs[0].status = "Succeeded");
    world.pass(secs(20)).await;
    assert_eq!(world.jobs().await[0].phase, Phase::Succeeded);
    assert_eq!(world.running().scope.looks.get().stale_since_ms, None);
}

#[tokio::test]
async fn the_last_job_is_the_one_that_was_submitted_last() {
    let world = World::new(ROOMY).await;
    let first = world.submit("one").await.unwrap().unwrap().job;
    world.hands.advance(Duration::from_millis(300));
    let second = world.submit("two").await.unwrap().unwrap().job;
    let context = world.context;
    let last = || world.journal.read(move |reader| reader.newest_own(context));
    assert_eq!(last().await.unwrap().unwrap().uid, second.uid);
    // The cloud tells whole seconds, and tells them of the second job first.
    world.cloud.with(|state| {
        for job in &mut state.jobs {
            job.created_ms = EPOCH_MS;
        }
        state.jobs[1].status = "Queuing";
    });
    world.pass(secs(30)).await;
    assert_eq!(last().await.unwrap().unwrap().uid, second.uid);
    let uids: Vec<_> = world.jobs().await.into_iter().map(|job| job.uid).collect();
    assert_eq!(uids, [second.uid, first.uid], "newest first");
}

#[tokio::test]
async fn what_an_earlier_daemon_called_old_is_called_fresh_by_the_next_one() {
    let mut world = World::new(ROOMY).await;
    world.submit("run").await.unwrap().unwrap();
    world.cloud.with(|state| {
        let faults = std::iter::repeat_n(Fault::new(FaultKind::Unavailable, "no network"), 99);
        state.list_faults.extend(faults);
    });
    world.pass(secs(20)).await;
    world.kill();
    // A client that resumes at its cursor after the restart.
    let mut events = world.journal.watch(world.context, WatchStart::Now);
    world.start().await;
    world.pass(secs(10)).await;
    let looks = world.running().scope.looks.get();
    assert!(looks.stale_since_ms.is_some());
    assert_eq!(looks.last_error.unwrap().message, "no network");
    world.cloud.with(|state| state.list_faults.clear());
    world.pass(secs(90)).await;
    let mut kinds = Vec::new();
    while events.last() < world.journal.rev() {
        kinds.push(events.next().await.unwrap().event.what.kind);
    }
    assert_eq!(
        kinds,
        [EventKind::Fresh],
        "old is not told twice, fresh once"
    );
}
