//! Which submits are one: by key, or by asking for the same within a minute.

use std::collections::BTreeMap;

use paid::{
    model::{Caller, FaultKind, Phase},
    submit::{self, Submitted, Wish},
};

use crate::{
    cloud::Create,
    world::{World, secs, wish},
};

const ROOMY: &str = r#"{"maxRunningJobs": 50}"#;

async fn submitted(world: &World, wish: Wish) -> Submitted {
    world.submit_wish(wish).await.unwrap().unwrap()
}

fn keyed(key: &str, command: &str) -> Wish {
    Wish {
        key: key.into(),
        ..wish(command)
    }
}

#[tokio::test]
async fn an_equal_submit_is_joined_for_a_minute_and_says_so() {
    let world = World::new(ROOMY).await;
    let first = submitted(&world, wish("run")).await;
    assert!(!first.joined);
    world.pass(secs(59)).await;
    let second = submitted(&world, wish("run")).await;
    assert!(second.joined);
    assert_eq!(second.job.uid, first.job.uid);
    assert!(
        second.warnings[0].contains("59 s ago"),
        "{:?}",
        second.warnings
    );
    assert!(
        second.warnings[0].contains("--new"),
        "{:?}",
        second.warnings
    );
    world.pass(secs(1)).await;
    let third = submitted(&world, wish("run")).await;
    assert!(!third.joined);
    assert_eq!(world.cloud.with(|state| state.jobs.len()), 2);
}

#[tokio::test]
async fn another_one_is_made_where_it_is_asked_for_or_something_differs() {
    let world = World::new(ROOMY).await;
    submitted(&world, wish("run")).await;
    let another = Wish {
        another: true,
        ..wish("run")
    };
    assert!(!submitted(&world, another).await.joined);
    assert!(!submitted(&world, wish("run --more")).await.joined);
    assert_eq!(world.cloud.with(|state| state.jobs.len()), 3);
}

#[tokio::test]
async fn an_unconfirmed_submit_is_joined_however_old_it_is() {
    let world = World::new(ROOMY).await;
    // Never found: looked for until it is sent again.
    world.cloud.with(|state| state.list_faults.clear());
    let first = world
        .submit_meeting(Create::LostAndLate(600_000), "run")
        .await;
    world.pass(secs(21)).await;
    let first = first.await.unwrap().unwrap();
    assert_eq!(first.job.phase, Phase::Unconfirmed);
    for _ in 0..2 {
        world
            .cloud
            .with(|state| state.creates.push_back(Create::LostAndLate(600_000)));
        let second = submitted(&world, wish("run")).await;
        assert!(second.joined);
        assert_eq!(second.job.uid, first.job.uid);
        world.cloud.with(|state| state.creates.clear());
        world.pass(secs(10)).await;
    }
}

#[tokio::test]
async fn an_unconfirmed_submit_is_joined_however_many_came_after_it() {
    let world = World::new(ROOMY).await;
    let first = world
        .submit_meeting(Create::LostAndLate(600_000), "run")
        .await;
    for _ in 0..12 {
        world.submit("run").await.unwrap().unwrap();
    }
    world.pass(secs(39)).await;
    let first = first.await.unwrap().unwrap();
    world
        .cloud
        .with(|state| state.creates.push_back(Create::LostAndLate(600_000)));
    world.pass(secs(30)).await;
    let again = submitted(&world, wish("run")).await;
    assert!(again.joined);
    assert_eq!(again.job.uid, first.job.uid);
}

#[tokio::test]
async fn eight_equal_submits_at_once_make_one_job() {
    let world = World::new(ROOMY).await;
    let submits: Vec<_> = (0..8).map(|_| world.submit_wish(wish("run"))).collect();
    let mut joined = 0;
    for submit in submits {
        joined += u32::from(submit.await.unwrap().unwrap().joined);
    }
    assert_eq!(joined, 7);
    assert_eq!(world.cloud.with(|state| state.creates_seen), 1);
}

#[tokio::test]
async fn a_key_means_one_job_for_as_long_as_it_is_remembered() {
    let mut world = World::new(ROOMY).await;
    let first = submitted(&world, keyed("k-1", "run")).await;
    // Another key is another job, at once.
    assert!(!submitted(&world, keyed("k-2", "run")).await.joined);
    world.hands.advance(secs(3600));
    world.settle().await;
    world.kill();
    world.start().await;
    let again = submitted(&world, keyed("k-1", "run")).await;
    assert!(again.joined);
    assert_eq!(again.job.uid, first.job.uid);
    let other = world
        .submit_wish(keyed("k-1", "something else"))
        .await
        .unwrap();
    let fault = other.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Conflict);
    assert_eq!(fault.field, "idempotency_key");
    assert_eq!(world.cloud.with(|state| state.creates_seen), 2);
}

#[tokio::test]
async fn a_key_is_free_again_when_the_cloud_has_certainly_made_nothing() {
    let world = World::new(ROOMY).await;
    world
        .cloud
        .with(|state| state.creates.push_back(Create::Refuse));
    let refused = world.submit_wish(keyed("k", "run")).await.unwrap();
    assert_eq!(refused.unwrap_err().kind, FaultKind::Invalid);
    assert!(!submitted(&world, keyed("k", "run")).await.joined);
    assert_eq!(world.cloud.with(|state| state.jobs.len()), 1);
}

#[tokio::test]
async fn a_key_whose_submit_was_given_up_stays_taken() {
    let world = World::new(ROOMY).await;
    world
        .cloud
        .with(|state| state.creates.extend([Create::LostBefore; 3]));
    let submit = world.submit_wish(keyed("k", "run"));
    world.pass(secs(400)).await;
    drop(submit);
    assert_eq!(world.jobs().await[0].phase, Phase::Gone);
    let again = world.submit_wish(keyed("k", "run")).await.unwrap();
    let fault = again.unwrap_err();
    assert_eq!(
        fault.kind,
        FaultKind::Conflict,
        "it may turn up yet: {fault}"
    );
    // Without a key somebody may decide to take the risk.
    assert!(!submitted(&world, wish("run")).await.joined);
}

#[tokio::test]
async fn a_tool_is_told_of_its_own_way_to_another_job() {
    let world = World::new(ROOMY).await;
    let running = world.running();
    let tool = Caller {
        is_tool: true,
        client: "pai-mcp/1".into(),
        ..Caller::default()
    };
    for joined in [false, true] {
        let made = submit::submit(&running.scope, &running.poller, wish("run"), tool.clone()).await;
        let made = made.unwrap();
        assert_eq!(made.joined, joined);
        if joined {
            assert!(
                made.warnings[0].contains("another: true"),
                "{:?}",
                made.warnings
            );
        }
    }
}

#[tokio::test]
async fn what_was_submitted_is_found_also_where_it_could_not_be_submitted_today() {
    let world = World::new(ROOMY).await;
    let long = Wish {
        max_minutes: Some(90),
        nonce: "n-1".into(),
        ..keyed("k", "run")
    };
    let first = submitted(&world, long.clone()).await;
    world.change_limits(r#"{"maxRunningJobs": 50, "maxRunMinutes": 60}"#);
    // A call that is repeated since its answer was lost, and one with the same key.
    for nonce in ["n-1", "n-2"] {
        let again = Wish {
            nonce: nonce.into(),
            ..long.clone()
        };
        let again = submitted(&world, again).await;
        assert!(again.joined, "{nonce}");
        assert_eq!(again.job.uid, first.job.uid, "{nonce}");
    }
    let new = Wish {
        key: String::new(),
        nonce: "n-3".into(),
        ..long
    };
    let fault = world.submit_wish(new).await.unwrap().unwrap_err();
    assert_eq!(fault.field, "limits.maxRunMinutes", "{fault}");
    assert_eq!(world.cloud.with(|state| state.creates_seen), 1);
}

#[tokio::test]
async fn whoever_asks_again_after_a_failure_means_another_job() {
    let world = World::new(ROOMY).await;
    let mut made = Vec::new();
    for status in ["Failed", "Stopped", "Succeeded"] {
        let submitted = world.submit_wish(wish("run")).await.unwrap().unwrap();
        assert!(!submitted.joined, "{status}");
        made.push(submitted.job.uid);
        world
            .cloud
            .with(|state| state.jobs.last_mut().unwrap().status = status);
        world.pass(secs(5)).await;
    }
    let last = world.submit_wish(wish("run")).await.unwrap().unwrap();
    assert!(last.joined, "what it asks for is done");
    assert_eq!(Some(&last.job.uid), made.last());
}

#[tokio::test]
async fn whoever_was_told_of_a_submit_that_is_refused_later_finds_out_why() {
    let world = World::new(ROOMY).await;
    let creates = [Create::Throttle(7_000), Create::Refuse];
    world.cloud.with(|state| state.creates.extend(creates));
    let first = world.submit_wish(keyed("key-1", "run"));
    world.settle().await;
    let joined = submitted(&world, keyed("key-1", "run")).await;
    assert!(joined.joined);
    world.pass(secs(8)).await;
    let fault = first.await.unwrap().unwrap_err();
    assert_eq!(fault.kind, FaultKind::Invalid);
    let uid = joined.job.uid;
    let job = world.journal.read(move |reader| reader.job(&uid)).await;
    let job = job.unwrap().expect("it was told");
    assert_eq!(job.phase, Phase::Gone);
    let reason = job.reason.unwrap();
    assert_eq!(reason.code, "NotSubmitted");
    assert!(reason.message.contains("no such image"), "{reason:?}");
    let again = submitted(&world, keyed("key-1", "run")).await;
    assert!(!again.joined, "the key is free");
}

#[tokio::test]
async fn who_asks_again_after_a_stop_that_is_under_way_means_another_job() {
    let world = World::new(ROOMY).await;
    let first = submitted(&world, wish("run")).await.job;
    let running = world.running();
    let stopped = submit::stop(&running.scope, &running.poller, first.clone());
    let stopped = stopped.await.unwrap();
    assert!(!stopped.job.has_ended() && stopped.job.stop_requested);
    let second = submitted(&world, wish("run")).await;
    assert!(!second.joined);
    assert_ne!(second.job.uid, first.uid);
}

#[tokio::test]
async fn what_only_the_redaction_makes_equal_is_two_submits() {
    let mut world = World::new(ROOMY).await;
    for pass in ["encode --pass 1", "encode --pass 2"] {
        assert!(!submitted(&world, wish(pass)).await.joined, "{pass}");
        assert!(submitted(&world, wish(pass)).await.joined, "{pass}");
    }
    submitted(&world, keyed("k", "encode --pass 1")).await;
    let other = world.submit_wish(keyed("k", "encode --pass 2")).await;
    assert_eq!(other.unwrap().unwrap_err().kind, FaultKind::Conflict);
    assert_eq!(world.cloud.with(|state| state.made.jobs), 3);
    // The next daemon has nothing but what was stored, and rather makes one too few.
    world.kill();
    world.start().await;
    assert!(submitted(&world, wish("encode --pass 3")).await.joined);
}

const DAY: u64 = 86_400;

/// Days pass; what is due by then happens.
async fn days(world: &World, days: u64) {
    world.hands.advance(secs(days * DAY));
    world.pass(secs(5)).await;
    world.sweep().await;
}

#[tokio::test]
async fn a_key_is_known_for_as_long_as_its_job_runs_and_is_shown() {
    let world = World::new(ROOMY).await;
    let first = submitted(&world, keyed("k", "run")).await;
    days(&world, 31).await;
    let again = submitted(&world, keyed("k", "run")).await;
    assert_eq!((again.joined, &again.job.uid), (true, &first.job.uid));
    let ended_ms = world.cloud.now_ms();
    world.cloud.with(|state| {
        state.jobs[0].status = "Succeeded";
        state.jobs[0].ended_ms = Some(ended_ms);
    });
    days(&world, 29).await;
    let again = submitted(&world, keyed("k", "run")).await;
    assert_eq!((again.joined, &again.job.uid), (true, &first.job.uid));
    assert_eq!(world.cloud.with(|state| state.made.jobs), 1);
    days(&world, 2).await;
    assert!(!submitted(&world, keyed("k", "run")).await.joined);
}

#[tokio::test]
async fn the_key_of_a_submit_that_was_held_for_weeks_is_known_when_it_is_sent() {
    let world = World::new(r#"{"maxRunningJobs": 1}"#).await;
    submitted(&world, wish("first")).await;
    let waits = || Wish {
        queue: true,
        ..keyed("k", "held")
    };
    let held = submitted(&world, waits()).await;
    days(&world, 31).await;
    world.cloud.with(|state| state.jobs[0].status = "Succeeded");
    world.sweep().await;
    world.sweep().await;
    assert_eq!(world.cloud.with(|state| state.made.jobs), 2);
    let again = submitted(&world, waits()).await;
    assert_eq!((again.joined, &again.job.uid), (true, &held.job.uid));
    assert_eq!(world.cloud.with(|state| state.made.jobs), 2);
}

#[tokio::test]
async fn a_sweep_over_a_variable_that_sounds_like_a_secret_is_a_sweep() {
    let world = World::new(ROOMY).await;
    for (name, values) in [
        ("SPLIT_TOKEN", ["newline", "space"]),
        ("TWO_PASS", ["yes1", "no1"]),
    ] {
        let mut joined = Vec::new();
        for value in values {
            let one = Wish {
                envs: BTreeMap::from([(name.to_owned(), value.to_owned())]),
                ..wish("run")
            };
            joined.push(world.submit_wish(one).await.unwrap().unwrap().joined);
        }
        assert_eq!(joined, [false, false], "{name}");
    }
}

#[tokio::test]
async fn a_key_stays_taken_where_the_clock_is_months_behind() {
    let mut world = World::with_own(ROOMY, "{}").await;
    world.kill();
    let behind_ms = -45 * 86_400_000;
    world.hands.jump(behind_ms);
    world.cloud.with(|state| state.behind_ms = behind_ms);
    world.start().await;
    world
        .cloud
        .with(|state| state.creates.extend([Create::LostAndLate(3_000_000); 3]));
    let keyed = || Wish {
        key: "k".into(),
        ..wish("run")
    };
    let submit = world.submit_wish(keyed());
    world.pass(secs(400)).await;
    drop(submit);
    world.sweep().await;
    world.sweep().await;
    let again = world.submit_wish(keyed()).await.unwrap();
    assert_eq!(again.unwrap_err().kind, FaultKind::Conflict);
}

#[tokio::test]
async fn the_minute_is_a_minute_whatever_the_wall_clock_does() {
    for jump_ms in [7_200_000, -7_200_000] {
        let world = World::new(ROOMY).await;
        let first = submitted(&world, wish("run")).await;
        world.hands.jump(jump_ms);
        world.pass(secs(59)).await;
        let second = submitted(&world, wish("run")).await;
        assert_eq!((second.joined, &second.job.uid), (true, &first.job.uid));
        world.pass(secs(1)).await;
        assert!(!submitted(&world, wish("run")).await.joined);
    }
}
