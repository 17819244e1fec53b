//! A machine whose clock is not the cloud's.

use paid::model::FaultKind;

use crate::{
    cloud::{CloudJob, Create},
    world::{World, secs},
};

const HOUR_MS: i64 = 3_600_000;
const ONE: &str = r#"{"maxRunningJobs": 1}"#;

/// A world with a clock that is so many hours ahead of the cloud's, from the start of the daemon on.
async fn ahead(hours: i64, limits: &str, own: &str) -> World {
    let mut world = World::with_own(limits, own).await;
    world.kill();
    set_on(&world, hours);
    world.start().await;
    world
}

/// The machine's clock is set; the cloud's goes on as it was.
fn set_on(world: &World, hours: i64) {
    world.hands.jump(hours * HOUR_MS);
    world.cloud.with(|state| state.behind_ms += hours * HOUR_MS);
}

#[tokio::test]
async fn a_lost_answer_makes_one_job() {
    for hours in [-30, -2, 2, 30] {
        let world = ahead(hours, ONE, "{}").await;
        let submit = world.submit_meeting(Create::Lost, "run").await;
        world.pass(secs(120)).await;
        submit.await.unwrap().unwrap();
        let made = world.cloud.with(|state| state.made.jobs);
        assert_eq!(made, 1, "{hours} h ahead");
    }
}

#[tokio::test]
async fn what_somebody_else_made_since_the_last_look_is_seen_and_counts() {
    for hours in [-2, 2, 30] {
        let world = ahead(hours, ONE, "{}").await;
        world.pass(secs(20)).await;
        let created_ms = world.cloud.now_ms();
        world.cloud.with(|state| {
            let job = CloudJob::named("dlc9", "me-by-console", "Running");
            state.jobs.push(CloudJob { created_ms, ..job });
        });
        world.pass(secs(20)).await;
        let refusal = world.submit("run").await.unwrap().unwrap_err();
        assert_eq!(refusal.kind, FaultKind::Limit, "{hours} h ahead");
        assert!(refusal.message.contains("dlc9"), "{refusal}");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_while_the_daemon_runs_hides_nothing() {
    for (before, after) in [(0, 3), (3, 0), (-3, 3)] {
        let world = ahead(before, ONE, "{}").await;
        world.pass(secs(20)).await;
        set_on(&world, after - before);
        let created_ms = world.cloud.now_ms();
        world.cloud.with(|state| {
            let job = CloudJob::named("dlc9", "me-by-console", "Running");
            state.jobs.push(CloudJob { created_ms, ..job });
        });
        let refusal = world.submit("run").await.unwrap().unwrap_err();
        assert_eq!(refusal.kind, FaultKind::Limit, "{before} to {after}");
    }
}

#[tokio::test]
async fn the_day_of_the_gpu_hours_is_the_clouds() {
    // It is 08:00 there and 04:00 of the next day here: 16 hours are left of the day, not 20.
    let own = r#"{"limits": {"maxGPUHoursPerDay": 17}}"#;
    let world = ahead(20, r#"{"maxRunningJobs": 10}"#, own).await;
    world.submit("run").await.unwrap().unwrap();
    let refusal = world.submit("another").await.unwrap().unwrap_err();
    assert!(
        refusal.message.contains("16 GPU-hours of today are used"),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_clock_that_is_set_since_the_last_look_does_not_change_the_day() {
    // It is 08:00 UTC: 16 hours are left of the day.
    for (hours, limit, admitted) in [(-7, 17, true), (8, 12, false)] {
        let own = format!(r#"{{"limits": {{"maxGPUHoursPerDay": {limit}}}}}"#);
        let world = World::with_own(r#"{"maxRunningJobs": 10}"#, &own).await;
        set_on(&world, hours);
        let made = world.submit("run").await.unwrap();
        assert_eq!(made.is_ok(), admitted, "{made:?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_set_during_a_look_teaches_nothing() {
    let own = r#"{"limits": {"maxGPUHoursPerDay": 12}}"#;
    let world = World::with_own(r#"{"maxRunningJobs": 10}"#, own).await;
    world.pass(secs(15)).await;
    world.cloud.with(|state| state.list_takes = secs(2));
    let submit = world.submit("run");
    world.pass(secs(1)).await;
    set_on(&world, 8);
    world.pass(secs(5)).await;
    let refusal = submit.await.unwrap().unwrap_err();
    assert_eq!(refusal.field, "limits.maxGPUHoursPerDay");
}
