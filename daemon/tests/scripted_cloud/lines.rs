//! Waits for a line of a log.

use std::collections::HashSet;

use paid::{
    journal::LogLimits,
    model::{Fault, FaultKind},
    seek::{Line, Pattern, Seek, Told, Verdict},
};

use crate::world::{World, secs};

const POD: &str = "dlc1-worker-0";
const OTHER: &str = "dlc1-worker-1";

/// A running job of two pods, and its uid.
async fn running_job() -> (World, String) {
    let world = World::with_own(
        r#"{"maxRunningJobs": 9}"#,
        r#"{"logs": {"lag": 8, "keep": "none"}}"#,
    )
    .await;
    world.cloud.with(|state| state.pods = 2);
    let submitted = world.submit("run").await.unwrap().unwrap();
    world.cloud.with(|state| state.jobs[0].status = "Running");
    world.pass(secs(4)).await;
    (world, submitted.job.uid)
}

fn print(world: &World, pod: &str, text: &str) {
    let now_ms = world.running().scope.clock.wall_ms();
    world
        .cloud
        .with(|state| state.logs.write(pod, now_ms, text));
}

fn seek_as(world: &World, uid: &str, pattern: &str, masked: bool) -> Seek {
    let pattern = Pattern::new(pattern).unwrap();
    Seek::begin(world.running(), vec![uid.to_owned()], pattern, masked)
}

fn seek(world: &World, uid: &str, pattern: &str) -> Seek {
    seek_as(world, uid, pattern, false)
}

/// What is known after so many seconds, or as soon as something is.
async fn within(world: &World, seek: &mut Seek, seconds: u64) -> Verdict {
    let begun = world.running().scope.clock.mono();
    loop {
        let known = tokio::select! {
            biased;
            news = seek.news() => { news.unwrap(); true }
            () = world.pass(secs(1)) => false,
        };
        let passed = world.running().scope.clock.mono() - begun;
        if *seek.verdict(0) != Verdict::NotYet || (!known && passed >= secs(seconds)) {
            return without_place(seek.verdict(0));
        }
    }
}

/// Where in the line the match is matters to none of these tests.
fn without_place(verdict: &Verdict) -> Verdict {
    match verdict {
        Verdict::Found(line) => found(&line.pod_id, &line.told.text),
        other => other.clone(),
    }
}

fn found(pod: &str, text: &str) -> Verdict {
    let told = Told {
        text: text.into(),
        at: 0..0,
    };
    Verdict::Found(Line {
        pod_id: pod.into(),
        told,
    })
}

async fn end(world: &World, status: &'static str) {
    world.cloud.with(|state| state.jobs[0].status = status);
    world.running().poller.look_now().await.unwrap();
}

#[tokio::test]
async fn a_stored_line_counts_and_the_cloud_is_not_asked_for_it() {
    let (world, uid) = running_job().await;
    print(&world, POD, "step 1");
    print(&world, OTHER, "\u{1b}[32mstep\u{1b}[0m 2");
    let followed = world.running().tails.follow(&uid);
    world.pass(secs(4)).await;
    drop(followed);
    world.pass(secs(4)).await;
    let asked = world.cloud.with(|state| state.logs.asked.len());
    let mut search = seek(&world, &uid, "^step 2$");
    search.looked().await.unwrap();
    assert_eq!(without_place(search.verdict(0)), found(OTHER, "step 2"));
    assert_eq!(world.cloud.with(|state| state.logs.asked.len()), asked);
    assert_eq!(world.running().tails.active(), 0);
}

#[tokio::test]
async fn a_line_from_before_the_wait_counts_where_nobody_has_read_it() {
    let (world, uid) = running_job().await;
    for step in 0..5_000 {
        print(&world, POD, &format!("step {step} {}", "x".repeat(40)));
    }
    world.pass(secs(60)).await;
    let mut search = seek(&world, &uid, "^step 4321 ");
    let verdict = within(&world, &mut search, 60).await;
    assert_eq!(
        verdict,
        found(POD, &format!("step 4321 {}", "x".repeat(40)))
    );
}

#[tokio::test]
async fn a_line_that_comes_later_ends_the_wait_and_the_following() {
    let (world, uid) = running_job().await;
    let mut search = seek(&world, &uid, "saved");
    print(&world, POD, "step 1");
    assert_eq!(within(&world, &mut search, 6).await, Verdict::NotYet);
    assert_eq!(world.running().tails.active(), 1);
    print(&world, OTHER, "saved a checkpoint");
    let verdict = within(&world, &mut search, 20).await;
    assert_eq!(verdict, found(OTHER, "saved a checkpoint"));
    world.pass(secs(4)).await;
    assert_eq!(world.running().tails.active(), 0);
}

#[tokio::test]
async fn a_wait_that_is_given_up_follows_nothing() {
    let (world, uid) = running_job().await;
    let mut search = seek(&world, &uid, "saved");
    assert_eq!(within(&world, &mut search, 4).await, Verdict::NotYet);
    assert_eq!(world.running().tails.active(), 1);
    drop(search);
    world.pass(secs(4)).await;
    assert_eq!(world.running().tails.active(), 0);
}

#[tokio::test]
async fn without_a_line_the_end_is_that_of_the_log() {
    for status in ["Succeeded", "Failed"] {
        let (world, uid) = running_job().await;
        // Lines appear only some seconds after they are printed.
        world.cloud.with(|state| state.logs.lag_ms = 6_000);
        let mut search = seek(&world, &uid, "saved");
        print(&world, POD, "step 1");
        assert_eq!(within(&world, &mut search, 4).await, Verdict::NotYet);
        end(&world, status).await;
        assert_eq!(within(&world, &mut search, 1).await, Verdict::NotYet);
        assert_eq!(within(&world, &mut search, 60).await, Verdict::Never);
    }
}

/// Prints 2,000 lines over twenty seconds, of which the first one has `step 0 `.
fn print_many(world: &World) {
    let now_ms = world.running().scope.clock.wall_ms();
    world.cloud.with(|state| {
        for step in 0..2_000 {
            let text = format!("step {step} {}", "x".repeat(40));
            state.logs.write(POD, now_ms - 20_000 + step * 10, text);
        }
    });
}

/// Reads the log of a job, and drops of it what the limits allow to be dropped.
async fn read_and_drop(world: &World, uid: &str) {
    let followed = world.running().tails.follow(uid);
    world.pass(secs(60)).await;
    drop(followed);
    world.pass(secs(4)).await;
    let limits = LogLimits {
        job_bytes: 0,
        total_bytes: u64::MAX,
        age_ms: i64::MAX,
    };
    let (logs, all) = (world.journal.logs(), HashSet::from([uid.to_owned()]));
    logs.prune(all, limits, 0, false).await.unwrap();
    let streams = logs.streams(uid).await.unwrap();
    assert!(
        streams.iter().any(|stream| stream.dropped > 0),
        "{streams:?}"
    );
}

#[tokio::test]
async fn that_there_is_no_line_is_not_said_where_lines_were_dropped_unsearched() {
    let (world, uid) = running_job().await;
    print_many(&world);
    world.pass(secs(20)).await;
    read_and_drop(&world, &uid).await;
    end(&world, "Succeeded").await;
    let mut search = seek(&world, &uid, "^step 0 ");
    let unsure = Verdict::Unsure("lines of its log were dropped");
    assert_eq!(within(&world, &mut search, 60).await, unsure);
}

#[tokio::test]
async fn lines_that_were_searched_before_they_were_dropped_were_searched() {
    let (world, uid) = running_job().await;
    print_many(&world);
    world.pass(secs(20)).await;
    let mut search = seek(&world, &uid, "saved");
    assert_eq!(within(&world, &mut search, 60).await, Verdict::NotYet);
    read_and_drop(&world, &uid).await;
    end(&world, "Succeeded").await;
    assert_eq!(within(&world, &mut search, 60).await, Verdict::Never);
}

#[tokio::test]
async fn that_there_is_no_line_is_not_said_where_the_cloud_has_lost_the_log() {
    let (world, uid) = running_job().await;
    print(&world, POD, "saved");
    world.cloud.with(|state| state.logs.forgotten = true);
    end(&world, "Succeeded").await;
    let mut search = seek(&world, &uid, "saved");
    let unsure = Verdict::Unsure("its log could not be read");
    assert_eq!(within(&world, &mut search, 60).await, unsure);
}

#[tokio::test]
async fn that_there_is_no_line_is_not_said_where_the_cloud_may_have_forgotten_it() {
    let (world, uid) = running_job().await;
    end(&world, "Succeeded").await;
    world.hands.advance(secs(8 * 86_400));
    world.settle().await;
    let mut search = seek(&world, &uid, "saved");
    let unsure = Verdict::Unsure("lines of its log may be missing");
    assert_eq!(within(&world, &mut search, 60).await, unsure);
}

#[tokio::test]
async fn the_last_line_of_a_job_that_has_ended_counts() {
    let (world, uid) = running_job().await;
    world.cloud.with(|state| state.logs.lag_ms = 6_000);
    let mut search = seek(&world, &uid, "saved");
    assert_eq!(within(&world, &mut search, 4).await, Verdict::NotYet);
    print(&world, POD, "saved");
    end(&world, "Succeeded").await;
    assert_eq!(within(&world, &mut search, 60).await, found(POD, "saved"));
}

#[tokio::test]
async fn a_line_of_an_earlier_attempt_counts() {
    let (world, uid) = running_job().await;
    world
        .cloud
        .with(|state| state.logs.earlier = Some("dlc1-uid-earlier"));
    print(&world, "dlc1-uid-earlier", "attempt 1");
    print(&world, POD, "attempt 2");
    for attempt in ["attempt 1", "attempt 2"] {
        let mut search = seek(&world, &uid, attempt);
        let verdict = within(&world, &mut search, 40).await;
        assert_eq!(verdict, found(POD, attempt));
    }
}

#[tokio::test]
async fn a_look_that_fails_ends_nothing() {
    for kind in [FaultKind::Throttled, FaultKind::Permission] {
        let (world, uid) = running_job().await;
        let mut search = seek(&world, &uid, "saved");
        assert_eq!(within(&world, &mut search, 4).await, Verdict::NotYet);
        let fault = Fault::new(kind, "not now");
        world
            .cloud
            .with(|state| state.logs.faults = vec![fault; 6].into());
        assert_eq!(within(&world, &mut search, 4).await, Verdict::NotYet);
        print(&world, POD, "saved");
        let verdict = within(&world, &mut search, 400).await;
        assert_eq!(verdict, found(POD, "saved"), "{kind:?}");
    }
}

#[tokio::test]
async fn a_tool_sees_no_secret_and_cannot_ask_for_one() {
    let (world, uid) = running_job().await;
    print(&world, POD, "login registry-pw done");
    let mut search = seek_as(&world, &uid, "^login", true);
    let verdict = within(&world, &mut search, 60).await;
    assert_eq!(verdict, found(POD, "login [redacted] done"));
    let mut search = seek_as(&world, &uid, "registry", true);
    assert_eq!(within(&world, &mut search, 8).await, Verdict::NotYet);
    let mut search = seek(&world, &uid, "registry");
    let verdict = within(&world, &mut search, 60).await;
    assert_eq!(verdict, found(POD, "login registry-pw done"));
}
