//! Two settings files of one place share its room, whoever was faster.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use paid::{
    contexts::Running,
    model::{Caller, Fault, FaultKind, Phase},
    submit::{self, Submitted, Wish},
};

use crate::{
    cloud::Create,
    world::{World, secs, wish},
};

const ROOMY: &str = r#"{"maxRunningJobs": 5}"#;
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
    let uid = made.job.uid;
    let ended = world.journal.read(move |reader| reader.job(&uid)).await;
    let scope = Arc::clone(&world.running().scope);
    submit::delete(&scope, ended.unwrap().unwrap())
        .await
        .unwrap();
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

#[tokio::test]
async fn a_job_of_a_forgotten_file_does_not_hold_the_room_of_each_new_daemon() {
    let mut world = World::new(ONE).await;
    let second = world.second(ONE).await;
    through(&second, wish("run")).await.unwrap();
    world.pass(secs(30)).await;
    // The second file is removed; nobody looks for it any more.
    drop(second);
    world.pass(secs(30)).await;
    let ended_ms = world.cloud.now_ms();
    world.cloud.with(|state| {
        state.jobs[0].status = "Succeeded";
        state.jobs[0].ended_ms = Some(ended_ms);
    });
    world.kill();
    world.start().await;
    world.pass(secs(30)).await;
    // The job is long over, shown by no list, and its row is pruned.
    world.cloud.with(|state| state.jobs.clear());
    for days in [40, 1] {
        world.hands.advance(secs(days * 86_400));
        world.pass(secs(5)).await;
        world.sweep().await;
    }
    assert!(world.jobs().await.is_empty());
    world.submit("control").await.unwrap().unwrap();
    world.cloud.with(|state| state.jobs[0].status = "Succeeded");
    world.pass(secs(30)).await;
    world.kill();
    world.start().await;
    let made = world.submit("another").await.unwrap();
    assert!(made.is_ok(), "{}", made.unwrap_err());
}

#[tokio::test]
async fn what_one_file_masks_the_other_masks_too() {
    let world = World::new(ONE).await;
    let second = world.second(ONE).await;
    let hidden = Wish {
        secret_envs: BTreeMap::from([("WORD".to_owned(), "correct-horse".to_owned().into())]),
        ..wish("login correct-horse; run")
    };
    let made = world.submit_wish(hidden).await.unwrap().unwrap();
    assert!(!made.job.command.contains("correct-horse"));
    let context = second.scope.context;
    second.poller.look_now().await.unwrap();
    let told = second.scope.redactor.text("login correct-horse; run");
    let jobs = world
        .journal
        .read(move |reader| reader.jobs(context, 0))
        .await
        .unwrap();
    assert_eq!(jobs.len(), 1);
    assert!(
        !jobs[0].command.contains("correct-horse"),
        "{}",
        jobs[0].command
    );
    assert!(!told.contains("correct-horse"), "{told}");
}

#[tokio::test]
async fn a_key_is_told_apart_across_files() {
    let world = World::new(ROOMY).await;
    let second = world.second(ROOMY).await;
    let keyed = |n: u8| Wish {
        key: "k".into(),
        ..wish(&format!("encode --pass {n}"))
    };
    world.submit_wish(keyed(1)).await.unwrap().unwrap();
    let other = through(&second, keyed(2)).await;
    assert_eq!(other.unwrap_err().kind, FaultKind::Conflict);
}
