//! Logs of followed jobs: every line once, in order, whatever the cloud's windows are like and whenever the daemon dies.

mod budget;
mod bursts;
mod edges;
mod ends;
mod holes;
mod jumps;
mod kept;
mod lies;
mod repeats;

use std::time::Duration;

use paid::{
    logs::{Followed, Missing},
    model::{Fault, FaultKind},
};

use crate::{
    cloud::EPOCH_MS,
    world::{World, secs},
};

const ROOMY: &str = r#"{"maxRunningJobs": 9}"#;
const POD: &str = "dlc1-worker-0";
const OTHER: &str = "dlc1-worker-1";
/// Which ends of a window belong to it, and whether the last ones of too many lines are given.
const ANSWERS: [((bool, bool), bool); 4] = [
    ((true, true), true),
    ((true, true), false),
    ((true, false), true),
    ((false, true), false),
];

/// A running job of two pods, and its uid.
async fn running_job(own: &str) -> (World, String) {
    let world = World::with_own(ROOMY, own).await;
    world.cloud.with(|state| state.pods = 2);
    let submitted = world.submit("run").await.unwrap().unwrap();
    world.cloud.with(|state| state.jobs[0].status = "Running");
    world.pass(secs(4)).await;
    (world, submitted.job.uid)
}

fn follow(world: &World, uid: &str) -> Followed {
    world.running().tails.follow(uid)
}

/// What is stored of a pod: texts, and numbers of gaps.
async fn stored(world: &World, uid: &str, pod: &str) -> (Vec<String>, Vec<(i64, i64)>) {
    let logs = world.journal.logs();
    let (mut texts, mut gaps) = (Vec::new(), Vec::new());
    let streams = logs.streams(uid).await.unwrap();
    for stream in streams.iter().filter(|stream| stream.key.pod_id == pod) {
        let page = logs.after(stream.id, 0, 0, usize::MAX, usize::MAX, None);
        let page = page.await.unwrap();
        texts.extend(
            page.lines
                .into_iter()
                .map(|line| String::from_utf8(line.text).unwrap()),
        );
        gaps.extend(page.gaps.iter().map(|gap| (gap.from_second, gap.to_second)));
    }
    (texts, gaps)
}

fn written(world: &World, pod: &str) -> Vec<String> {
    world.cloud.with(|state| {
        let lines = state.logs.lines.iter().filter(|(of, ..)| of == pod);
        lines.map(|(.., text)| text.clone()).collect()
    })
}

fn now_ms(world: &World) -> i64 {
    world.running().scope.clock.wall_ms()
}

/// Lines of few texts, so that most of them are equal to others.
fn write(world: &World, pod: &str, at_ms: i64, count: usize) {
    world.cloud.with(|state| {
        for n in 0..count {
            state.logs.write(pod, at_ms, format!("step {}", n % 3));
        }
    });
}

#[tokio::test]
async fn every_line_once_in_order_whatever_the_windows_are_like() {
    for (ends, keeps_tail) in ANSWERS {
        let (world, uid) = running_job("{}").await;
        world.cloud.with(|state| {
            state.logs.ends = ends;
            state.logs.keeps_tail = keeps_tail;
        });
        // Before anybody follows: more than one answer holds, in bursts.
        for second in 0..300 {
            let count = if second % 50 < 4 { 2_300 } else { 1 };
            write(&world, POD, EPOCH_MS - 400_000 + second * 1000, count);
        }
        write(&world, OTHER, now_ms(&world), 7);
        let _followed = follow(&world, &uid);
        world.pass(secs(8)).await;
        for count in [3, 0, 40, 1, 0, 0, 9, 2] {
            write(&world, POD, now_ms(&world), count);
            world.pass(secs(13)).await;
        }
        for pod in [POD, OTHER] {
            let (texts, gaps) = stored(&world, &uid, pod).await;
            assert!(
                texts == written(&world, pod),
                "{pod} {ends:?} {keeps_tail}: {}",
                texts.len()
            );
            assert_eq!(gaps, []);
        }
    }
}

#[tokio::test]
async fn a_daemon_that_dies_reads_on_where_the_store_is() {
    let (mut world, uid) = running_job("{}").await;
    for round in 0..12 {
        let at = now_ms(&world);
        write(&world, POD, at, [0, 5, 300, 2_600][round % 4]);
        let followed = follow(&world, &uid);
        // Not a whole look in some rounds.
        world.hands.advance(Duration::from_millis(10));
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        world.kill();
        drop(followed);
        world.start().await;
        world.pass(secs(17)).await;
    }
    let followed = follow(&world, &uid);
    world.pass(secs(70)).await;
    drop(followed);
    let (texts, gaps) = stored(&world, &uid, POD).await;
    assert_eq!(texts.len(), written(&world, POD).len());
    assert!(texts == written(&world, POD));
    assert_eq!(gaps, []);
}

#[tokio::test]
async fn a_line_that_appears_late_is_stored_and_marked() {
    let (world, uid) = running_job("{}").await;
    let at = now_ms(&world);
    world.cloud.with(|state| {
        state.logs.write(POD, at, "first");
        state.logs.write(POD, at + 2_000, "third");
    });
    let _followed = follow(&world, &uid);
    world.pass(secs(6)).await;
    world.cloud.with(|state| {
        let late = (POD.to_owned(), at + 1_000, "second".to_owned());
        state.logs.lines.insert(1, late);
    });
    world.pass(secs(70)).await;
    let logs = world.journal.logs();
    let stream = &logs.streams(&uid).await.unwrap()[0];
    let page = logs.after(stream.id, 0, 0, 10, 1000, None).await.unwrap();
    let told: Vec<_> = page
        .lines
        .iter()
        .map(|line| (String::from_utf8_lossy(&line.text).into_owned(), line.late))
        .collect();
    let told: Vec<_> = told
        .iter()
        .map(|(text, late)| (text.as_str(), *late))
        .collect();
    assert_eq!(told, [("first", false), ("third", false), ("second", true)]);
}

#[tokio::test]
async fn the_end_is_told_after_the_lag_and_with_every_line() {
    let (world, uid) = running_job(r#"{"logs": {"lag": 8}}"#).await;
    world.cloud.with(|state| state.logs.lag_ms = 7_000);
    let followed = follow(&world, &uid);
    world.pass(secs(2)).await;
    write(&world, POD, now_ms(&world), 5);
    write(&world, OTHER, now_ms(&world), 1);
    world.cloud.with(|state| state.jobs[0].status = "Succeeded");
    world.running().poller.look_now().await.unwrap();
    world.pass(secs(6)).await;
    assert_eq!(followed.progress.borrow().ended, None);
    world.pass(secs(5)).await;
    let ended = followed.progress.borrow().ended.clone().unwrap();
    assert!(ended.complete);
    assert_eq!(stored(&world, &uid, POD).await.0.len(), 5);
    drop(followed);
    world.pass(secs(1)).await;
    // From now on the store knows everything.
    let asked = world.cloud.with(|state| state.logs.asked.len());
    let again = follow(&world, &uid);
    world.settle().await;
    assert!(again.progress.borrow().ended.clone().unwrap().complete);
    assert_eq!(world.cloud.with(|state| state.logs.asked.len()), asked);
}

#[tokio::test]
async fn a_look_that_fails_ends_nothing_and_is_told() {
    let (world, uid) = running_job("{}").await;
    let followed = follow(&world, &uid);
    world.pass(secs(3)).await;
    let fault = Fault::new(FaultKind::Throttled, "slow down");
    world
        .cloud
        .with(|state| state.logs.faults = [fault.clone(), fault].into());
    write(&world, POD, now_ms(&world), 3);
    world.pass(secs(2)).await;
    let told = followed.progress.borrow().fault.clone().unwrap();
    assert_eq!(told.message, "slow down");
    world.pass(secs(8)).await;
    assert!(followed.progress.borrow().fault.is_none());
    assert_eq!(stored(&world, &uid, POD).await.0.len(), 3);
}

#[tokio::test]
async fn many_followers_cost_as_much_as_one_and_nobody_costs_nothing() {
    let mut costs = Vec::new();
    for followers in [0, 1, 30] {
        let (world, uid) = running_job(r#"{"logs": {"keep": "none"}}"#).await;
        let followers: Vec<_> = (0..followers).map(|_| follow(&world, &uid)).collect();
        world.pass(secs(20)).await;
        costs.push(world.cloud.with(|state| state.logs.asked.len()));
        assert_eq!(
            world.running().tails.active(),
            usize::from(!followers.is_empty())
        );
        drop(followers);
        world.pass(secs(4)).await;
        assert_eq!(world.running().tails.active(), 0);
        let then = world.cloud.with(|state| state.logs.asked.len());
        world.pass(secs(20)).await;
        assert_eq!(world.cloud.with(|state| state.logs.asked.len()), then);
    }
    assert_eq!(costs[0], 0);
    assert_eq!(costs[1], costs[2]);
    // Two pods, each looked at every two seconds.
    assert!((20..=24).contains(&costs[1]), "{costs:?}");
}

#[tokio::test]
async fn a_job_that_never_ran_has_an_empty_log() {
    let world = World::new(ROOMY).await;
    let submitted = world.submit("run").await.unwrap().unwrap();
    let uid = submitted.job.uid;
    let followed = follow(&world, &uid);
    world.pass(secs(5)).await;
    assert_eq!(followed.progress.borrow().ended, None);
    world.cloud.with(|state| state.jobs[0].status = "Stopped");
    world.running().poller.look_now().await.unwrap();
    world.pass(secs(5)).await;
    assert!(followed.progress.borrow().ended.clone().unwrap().complete);
}

#[tokio::test]
async fn pods_that_are_named_only_after_the_end_are_read() {
    let (world, uid) = running_job("{}").await;
    world.cloud.with(|state| {
        state.pods = 0;
        state.jobs[0].status = "Succeeded";
    });
    write(&world, POD, now_ms(&world), 3);
    world.running().poller.look_now().await.unwrap();
    let followed = follow(&world, &uid);
    world.pass(secs(20)).await;
    assert_eq!(followed.progress.borrow().ended, None);
    world.cloud.with(|state| state.pods = 1);
    world.pass(secs(10)).await;
    assert!(followed.progress.borrow().ended.clone().unwrap().complete);
    assert_eq!(stored(&world, &uid, POD).await.0.len(), 3);
}

#[tokio::test]
async fn a_pod_that_cannot_be_read_holds_up_no_other_and_not_the_end() {
    let (world, uid) = running_job("{}").await;
    world.cloud.with(|state| state.logs.barred = Some(POD));
    let followed = follow(&world, &uid);
    write(&world, OTHER, now_ms(&world), 4);
    world.pass(secs(4)).await;
    assert_eq!(stored(&world, &uid, OTHER).await.0.len(), 4);
    let told = followed.progress.borrow().fault.clone().unwrap();
    assert_eq!(told.message, "not this one");
    world.cloud.with(|state| state.jobs[0].status = "Succeeded");
    world.running().poller.look_now().await.unwrap();
    world.pass(secs(90)).await;
    let ended = followed.progress.borrow().ended.clone().unwrap();
    assert!(!ended.complete && !ended.note.is_empty(), "{ended:?}");
}

#[tokio::test]
async fn a_fault_of_ours_ends_no_follow() {
    let (world, uid) = running_job("{}").await;
    let followed = follow(&world, &uid);
    world.pass(secs(3)).await;
    world.cloud.with(|state| state.logs.panics = true);
    write(&world, POD, now_ms(&world), 4);
    world.pass(secs(3)).await;
    assert!(followed.progress.borrow().fault.is_some());
    world.pass(secs(10)).await;
    assert!(followed.progress.borrow().fault.is_none());
    assert_eq!(stored(&world, &uid, POD).await.0.len(), 4);
}

#[tokio::test]
async fn those_who_ask_at_once_are_served_by_one_look() {
    let (world, uid) = running_job("{}").await;
    let followed = follow(&world, &uid);
    world.pass(secs(3)).await;
    let before = world.cloud.with(|state| state.logs.asked.len());
    let clock = world.running().scope.clock.clone();
    for _ in 0..50 {
        followed.look_now(clock.mono());
        world.settle().await;
    }
    let calls = world.cloud.with(|state| state.logs.asked.len()) - before;
    assert!(calls <= 2, "one look at two pods: {calls}");
}

async fn end(world: &World, status: &'static str) {
    world.cloud.with(|state| state.jobs[0].status = status);
    world.running().poller.look_now().await.unwrap();
}

/// Lines of a pod, so many in each of so many seconds that ended so long ago by the cloud's clock.
fn write_long(world: &World, pod: &str, ended_s: i64, seconds: i64, of_a_second: usize) {
    let first_ms = world.cloud.now_ms() - (ended_s + seconds) * 1000;
    world.cloud.with(|state| {
        for second in 0..seconds {
            for n in 0..of_a_second {
                let text = format!("{second}.{n}");
                state.logs.write(pod, first_ms + second * 1000, text);
            }
        }
    });
}
