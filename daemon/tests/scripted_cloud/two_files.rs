//! Two settings files of one place share its room, whoever was faster.

use std::{sync::Arc, time::Duration};

use paid::{
    contexts::Running,
    model::{Caller, Fault, FaultKind, Phase},
    submit::{self, Submitted, Wish},
};

use crate::{
    cloud::Create,
    world::{World, secs, wish},
};

const ONE: &str = r#"{"maxRunningJobs": 1}"#;

async fn through(running: &Arc<Running>, wish: Wish) -> Result<Submitted, Fault> {
    submit::submit(&running.scope, &running.poller, wish, Caller::default()).await
}

/// Lists show new jobs after five seconds, and both files have looked just now.
async fn lagging() -> (World, Arc<Running>) {
    let world = World::new(ONE).await;
    world.cloud.with(|state| state.list_lag_ms = 5_000);
    let second = world.second(ONE).await;
    (world, second)
}

/// The other file's submit is refused for this reason.
async fn refused(second: &Arc<Running>, limit: &str) {
    let fault = through(second, wish("other")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Limit, "{fault}");
    assert_eq!(fault.field, format!("limits.{limit}"), "{fault}");
}

#[tokio::test]
async fn what_is_being_sent_through_one_file_takes_the_room_of_the_other() {
    let (world, second) = lagging().await;
    let submit = world.submit_meeting(Create::LostBefore, "run").await;
    refused(&second, "maxRunningJobs").await;
    world.pass(secs(60)).await;
    refused(&second, "maxRunningJobs").await;
    drop(submit);
}

#[tokio::test]
async fn what_was_made_this_moment_counts_before_lists_show_it() {
    let (world, second) = lagging().await;
    world.submit("run").await.unwrap().unwrap();
    refused(&second, "maxRunningJobs").await;
}

#[tokio::test]
async fn so_does_what_was_asked_for_long_before_it_was_made() {
    let (world, second) = lagging().await;
    world.submit("first").await.unwrap().unwrap();
    let held = Wish {
        queue: true,
        ..wish("held")
    };
    let held = world.submit_wish(held).await.unwrap().unwrap();
    assert_eq!(held.job.phase, Phase::Held);
    // Longer than new jobs may be missing from lists.
    world.pass(secs(70)).await;
    world.cloud.with(|state| state.jobs[0].status = "Succeeded");
    second.poller.look_now().await.unwrap();
    let made = || world.cloud.with(|state| state.jobs.len());
    for _ in 0..22 {
        if made() < 2 {
            world.pass(Duration::from_millis(500)).await;
        }
    }
    assert_eq!(made(), 2);
    refused(&second, "maxRunningJobs").await;
}

#[tokio::test]
async fn gpu_hours_count_that_one_file_alone_has_seen() {
    let limits = r#"{"maxRunningJobs": 5, "maxGPUHoursPerDay": 3}"#;
    let world = World::new(limits).await;
    let second = world.second(limits).await;
    let capped = |command: &str| Wish {
        max_minutes: Some(120),
        ..wish(command)
    };
    let made = world.submit_wish(capped("run")).await.unwrap().unwrap();
    world.cloud.with(|state| {
        let job = &mut state.jobs[0];
        job.running_ms = Some(job.created_ms);
        job.ended_ms = Some(job.created_ms + 2 * 3_600_000);
        job.status = "Succeeded";
    });
    world.hands.advance(secs(2 * 3600));
    world.running().poller.look_now().await.unwrap();
    // It is deleted before the other file has looked.
    world.cloud.with(|state| state.jobs.clear());
    assert!(made.job.native_id.is_some());
    let fault = through(&second, capped("other")).await.unwrap_err();
    assert_eq!(fault.field, "limits.maxGPUHoursPerDay", "{fault}");
}

#[tokio::test]
async fn what_was_made_this_moment_counts_also_when_the_clock_is_set_meanwhile() {
    for minutes in [-12, 12] {
        let (world, second) = lagging().await;
        world.submit("run").await.unwrap().unwrap();
        world.hands.jump(minutes * 60_000);
        world.cloud.with(|state| state.behind_ms = minutes * 60_000);
        refused(&second, "maxRunningJobs").await;
    }
}
