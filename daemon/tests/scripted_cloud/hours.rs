//! The GPU-hours of a day, and the run-time cap.

use paid::{
    model::{FaultKind, Phase},
    submit::{self, Wish},
};

use crate::world::{World, secs, wish};

const ROOMY: &str = r#"{"maxRunningJobs": 10}"#;

fn capped(command: &str, minutes: u32) -> Wish {
    Wish {
        max_minutes: Some(minutes),
        ..wish(command)
    }
}

#[tokio::test]
async fn a_job_gets_the_cap_of_the_settings_and_may_not_pass_it() {
    let world = World::with_own(ROOMY, r#"{"limits": {"maxRunMinutes": 90}}"#).await;
    world.submit("run").await.unwrap().unwrap();
    let body = world.cloud.with(|state| state.last_body.clone()).unwrap();
    assert_eq!(body["JobMaxRunningTimeMinutes"], 90);
    world
        .submit_wish(capped("short", 30))
        .await
        .unwrap()
        .unwrap();
    let body = world.cloud.with(|state| state.last_body.clone()).unwrap();
    assert_eq!(body["JobMaxRunningTimeMinutes"], 30);
    let fault = world
        .submit_wish(capped("long", 91))
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Limit);
    assert_eq!(fault.field, "limits.maxRunMinutes");
}

#[tokio::test]
async fn who_waits_meets_the_cap_of_later_and_holds_up_nobody() {
    let world = World::new(r#"{"maxRunningJobs": 1}"#).await;
    world.submit("first").await.unwrap().unwrap();
    for (command, minutes) in [("long", Some(91)), ("endless", None), ("short", Some(90))] {
        let held = Wish {
            queue: true,
            max_minutes: minutes,
            ..wish(command)
        };
        let held = world.submit_wish(held).await.unwrap().unwrap();
        assert_eq!(held.job.phase, Phase::Held);
    }
    world.change_limits(r#"{"maxRunningJobs": 1, "maxRunMinutes": 90}"#);
    world.cloud.with(|state| state.jobs[0].status = "Succeeded");
    world.pass(secs(11)).await;
    assert_eq!(world.cloud.with(|state| state.jobs.len()), 2);
    let body = world.cloud.with(|state| state.last_body.clone()).unwrap();
    assert_eq!(body["UserCommand"], "short");
    let jobs = world.jobs().await;
    let reason = |command: &str| {
        let job = jobs.iter().find(|job| job.command == command).unwrap();
        assert_eq!(job.phase, Phase::Held);
        job.reason.clone().unwrap()
    };
    for (command, why) in [
        ("long", "asks for 91 minutes"),
        ("endless", "no time limit"),
    ] {
        let reason = reason(command);
        assert_eq!(reason.code, "maxRunMinutes");
        assert!(reason.message.contains(why), "{reason:?}");
    }
}

#[tokio::test]
async fn the_hours_of_the_day_are_kept_and_begin_anew_at_midnight() {
    // It is 08:00 UTC.
    let world = World::with_own(ROOMY, r#"{"limits": {"maxGPUHoursPerDay": 3}}"#).await;
    world
        .submit_wish(capped("two hours", 120))
        .await
        .unwrap()
        .unwrap();
    let fault = world
        .submit_wish(capped("more", 61))
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(fault.field, "limits.maxGPUHoursPerDay");
    assert!(fault.message.contains("2 GPU-hours"), "{fault}");
    let held = world.submit_wish(Wish {
        queue: true,
        ..capped("tomorrow", 180)
    });
    let held = held.await.unwrap().unwrap();
    assert_eq!(held.job.phase, Phase::Held);
    // It runs for an hour of its two, which gives one back.
    world.cloud.with(|state| {
        let job = &mut state.jobs[0];
        job.running_ms = Some(job.created_ms);
        job.ended_ms = Some(job.created_ms + 3_600_000);
        job.status = "Succeeded";
    });
    world.pass(secs(30)).await;
    assert_eq!(
        world.cloud.with(|state| state.jobs.len()),
        1,
        "two hours are not enough for it"
    );
    let lists = world.cloud.with(|state| state.lists_seen);
    world.hands.advance(secs(16 * 3600));
    world.pass(secs(5)).await;
    assert_eq!(world.cloud.with(|state| state.jobs.len()), 2);
    let asked = world.cloud.with(|state| state.lists_seen) - lists;
    assert!(asked <= 12, "{asked} lists for a midnight");
}

#[tokio::test]
async fn who_waits_for_more_than_is_left_of_the_day_holds_up_nobody_until_it_fits() {
    // It is 08:00 UTC: one GPU until midnight is 16 hours.
    let own = r#"{"limits": {"maxGPUHoursPerDay": 3}}"#;
    let world = World::with_own(r#"{"maxRunningJobs": 2}"#, own).await;
    let waits = |wish| Wish {
        queue: true,
        ..wish
    };
    let endless = world.submit_wish(waits(wish("endless"))).await.unwrap();
    let endless = endless.unwrap().job;
    assert_eq!(endless.phase, Phase::Held);
    let reason = endless.reason.unwrap();
    assert!(
        reason.message.contains("alone it fits from 21:00 UTC on"),
        "{reason:?}"
    );
    let plain = world.submit_wish(capped("plain", 30)).await.unwrap();
    assert_eq!(plain.unwrap().job.phase, Phase::Pending);
    let queued = world
        .submit_wish(waits(capped("queued", 30)))
        .await
        .unwrap();
    assert_eq!(queued.unwrap().job.phase, Phase::Pending);
    // This one waits behind the endless one for a place, and goes first.
    let behind = world
        .submit_wish(waits(capped("behind", 30)))
        .await
        .unwrap();
    assert_eq!(behind.unwrap().job.phase, Phase::Held);
    world.cloud.with(|state| {
        for job in &mut state.jobs {
            job.status = "Succeeded";
            job.running_ms = Some(job.created_ms);
            job.ended_ms = Some(job.created_ms + 1_800_000);
        }
    });
    world.sweep().await;
    let jobs = world.jobs().await;
    let waiting = jobs.iter().find(|job| job.command == "endless").unwrap();
    let reason = waiting.reason.clone().unwrap();
    // Two have used eleven minutes together so far.
    assert!(
        reason.message.contains("alone it fits from 21:20 UTC on"),
        "{reason:?}"
    );
    let sent = || {
        world
            .cloud
            .with(|state| state.made.by_command.keys().cloned().collect::<Vec<_>>())
    };
    assert_eq!(sent(), ["behind", "plain", "queued"]);
    // At 22:35 it asks for 1.42 hours, and 1.5 are used.
    world.cloud.with(|state| state.jobs[2].status = "Succeeded");
    world.cloud.with(|state| {
        let job = &mut state.jobs[2];
        job.running_ms = Some(job.created_ms);
        job.ended_ms = Some(job.created_ms + 1_800_000);
    });
    world.hands.advance(secs(14 * 3600 + 35 * 60));
    world.pass(secs(5)).await;
    assert!(sent().contains(&"endless".to_owned()), "{:?}", sent());
}

#[tokio::test]
async fn deleting_a_job_gives_none_of_its_hours_back() {
    let world = World::new(r#"{"maxRunningJobs": 10, "maxGPUHoursPerDay": 3}"#).await;
    world
        .submit_wish(capped("two hours", 120))
        .await
        .unwrap()
        .unwrap();
    world.hands.advance(secs(7200));
    world.cloud.with(|state| {
        let job = &mut state.jobs[0];
        job.running_ms = Some(job.created_ms);
        job.ended_ms = Some(job.created_ms + 7_200_000);
        job.status = "Stopped";
    });
    world.pass(secs(30)).await;
    let job = world.jobs().await.remove(0);
    submit::delete(&world.running().scope, job).await.unwrap();
    let fault = world.submit_wish(capped("more", 61)).await.unwrap();
    assert_eq!(fault.unwrap_err().field, "limits.maxGPUHoursPerDay");
    world
        .submit_wish(capped("the rest", 60))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn who_waits_for_hours_that_are_used_up_holds_up_nobody() {
    // 08:00 UTC.
    let own = r#"{"limits": {"maxGPUHoursPerDay": 10}}"#;
    let world = World::with_own(r#"{"maxRunningJobs": 5}"#, own).await;
    world
        .submit_wish(capped("nine", 540))
        .await
        .unwrap()
        .unwrap();
    // It runs nine hours and ends at 17:00; nothing is active then.
    world.hands.advance(secs(9 * 3600));
    world.cloud.with(|state| {
        let job = &mut state.jobs[0];
        job.running_ms = Some(job.created_ms);
        job.ended_ms = Some(job.created_ms + 9 * 3_600_000);
        job.status = "Succeeded";
    });
    world.pass(secs(30)).await;
    // One hour is left of today; this one asks for seven, and could have them in an empty day only.
    let endless = Wish {
        queue: true,
        ..wish("endless")
    };
    let endless = world.submit_wish(endless).await.unwrap().unwrap().job;
    assert_eq!(endless.phase, Phase::Held);
    // Half an hour would fit at once, and nothing runs.
    let plain = world.submit_wish(capped("plain", 30)).await.unwrap();
    assert!(plain.is_ok(), "{:?}", plain.unwrap_err());
}

#[tokio::test]
async fn the_time_from_which_it_fits_knows_of_used_hours() {
    let own = r#"{"limits": {"maxGPUHoursPerDay": 3}}"#;
    let world = World::with_own(r#"{"maxRunningJobs": 5}"#, own).await;
    let two = Wish {
        max_minutes: Some(120),
        ..wish("two")
    };
    world.submit_wish(two).await.unwrap().unwrap();
    world.hands.advance(secs(2 * 3600));
    world.cloud.with(|state| {
        let job = &mut state.jobs[0];
        job.running_ms = Some(job.created_ms);
        job.ended_ms = Some(job.created_ms + 2 * 3_600_000);
        job.status = "Succeeded";
    });
    world.pass(secs(30)).await;
    let fault = world
        .submit_wish(wish("endless"))
        .await
        .unwrap()
        .unwrap_err();
    // Two of three hours are used for good: it fits from 23:00 on.
    assert!(fault.message.contains("23:00"), "{fault}");
}
