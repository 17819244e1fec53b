//! Submits that wait for room: in order, over restarts, and without a look of their own.

use paid::{
    model::{FaultKind, Job, Phase},
    provider::JobChange,
    submit::{self, StopOutcome, Submitted, Wish},
};

use crate::{
    cloud::Create,
    world::{World, secs, wish},
};

const ONE: &str = r#"{"maxRunningJobs": 1}"#;

fn queued(command: &str, priority: u8) -> Wish {
    Wish {
        queue: true,
        priority: Some(priority),
        ..wish(command)
    }
}

async fn submitted(world: &World, wish: Wish) -> Submitted {
    world.submit_wish(wish).await.unwrap().unwrap()
}

/// Ends the jobs that run, and lets the next look see it.
async fn end_all(world: &World) {
    world.cloud.with(|state| {
        for job in &mut state.jobs {
            job.status = "Succeeded";
        }
    });
    world.pass(secs(11)).await;
}

/// Commands of the jobs at the cloud, in the order in which they were made.
async fn sent(world: &World) -> Vec<String> {
    let names: Vec<String> = world
        .cloud
        .with(|state| state.jobs.iter().map(|job| job.name.clone()).collect());
    let jobs = world.jobs().await;
    let command = |name: &String| {
        let job = jobs.iter().find(|job| job.name == *name).unwrap();
        job.command.clone()
    };
    names.iter().map(command).collect()
}

async fn held(world: &World) -> Vec<Job> {
    let mut jobs = world.jobs().await;
    jobs.retain(|job| job.phase == Phase::Held);
    jobs
}

#[tokio::test]
async fn what_finds_no_room_is_held_and_sent_by_priority_then_age() {
    let world = World::new(ONE).await;
    submitted(&world, queued("first", 1)).await;
    for (command, priority) in [("low", 1), ("lower", 1), ("high", 5), ("higher", 5)] {
        let made = submitted(&world, queued(command, priority)).await;
        assert_eq!(made.job.phase, Phase::Held);
        let reason = made.job.reason.unwrap();
        assert_eq!(reason.code, "maxRunningJobs");
        assert_eq!(made.job.native_id, None);
    }
    for _ in 0..5 {
        end_all(&world).await;
    }
    assert_eq!(
        sent(&world).await,
        ["first", "high", "higher", "low", "lower"]
    );
    assert!(held(&world).await.is_empty());
}

#[tokio::test]
async fn without_queue_it_is_refused_and_does_not_overtake_those_who_wait() {
    let world = World::new(r#"{"maxRunningJobs": 9, "maxGPU": 2}"#).await;
    submitted(&world, queued("one", 1)).await;
    let big = Wish {
        overrides: [("gpu".to_owned(), "2".to_owned())].into(),
        ..queued("big", 1)
    };
    assert_eq!(submitted(&world, big).await.job.phase, Phase::Held);
    // There is room for a small one, and the big one came first.
    let small = world.submit("small").await.unwrap().unwrap_err();
    assert_eq!(small.kind, FaultKind::Limit);
    assert_eq!(small.field, "queue");
    assert!(small.message.contains("come first"), "{small}");
    // Whoever is more important goes first.
    let urgent = Wish {
        priority: Some(9),
        ..wish("urgent")
    };
    assert_eq!(submitted(&world, urgent).await.job.phase, Phase::Pending);
    end_all(&world).await;
    assert_eq!(sent(&world).await, ["one", "urgent", "big"]);
}

#[tokio::test]
async fn what_can_never_fit_is_refused_at_once_and_later_holds_up_nobody() {
    let world = World::new(r#"{"maxRunningJobs": 1, "maxGPU": 4}"#).await;
    let huge = Wish {
        overrides: [("gpu".to_owned(), "8".to_owned())].into(),
        ..queued("huge", 1)
    };
    let fault = world.submit_wish(huge.clone()).await.unwrap().unwrap_err();
    assert!(fault.hint.contains("never fits"), "{fault}");

    submitted(&world, queued("first", 1)).await;
    let fault = world.submit_wish(huge).await.unwrap().unwrap_err();
    assert_eq!(
        fault.field, "limits.maxGPU",
        "although another limit is full: {fault}"
    );
    let four = Wish {
        overrides: [("gpu".to_owned(), "4".to_owned())].into(),
        ..queued("four", 1)
    };
    submitted(&world, four).await;
    submitted(&world, queued("small", 1)).await;
    world.change_limits(r#"{"maxRunningJobs": 1, "maxGPU": 2}"#);
    end_all(&world).await;
    assert_eq!(sent(&world).await, ["first", "small"]);
    let left = held(&world).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].command, "four");
    assert_eq!(left[0].reason.as_ref().unwrap().code, "maxGPU");
}

#[tokio::test]
async fn the_next_daemon_sends_what_this_one_held() {
    let mut world = World::new(ONE).await;
    submitted(&world, queued("first", 1)).await;
    submitted(&world, queued("second", 1)).await;
    submitted(&world, queued("third", 2)).await;
    world.kill();
    world.cloud.with(|state| state.jobs[0].status = "Succeeded");
    world.start().await;
    world.pass(secs(11)).await;
    assert_eq!(sent(&world).await, ["first", "third"]);
    end_all(&world).await;
    assert_eq!(sent(&world).await, ["first", "third", "second"]);
    let body = world.cloud.with(|state| state.last_body.clone()).unwrap();
    let password = &body["JobSpecs"][0]["ImageConfig"]["Password"];
    assert_eq!(
        password, "registry-pw",
        "secrets are looked up when it is sent"
    );
}

#[tokio::test]
async fn a_held_submit_can_be_taken_out_and_makes_way() {
    let world = World::new(ONE).await;
    submitted(&world, queued("first", 1)).await;
    let second = submitted(&world, queued("second", 2)).await;
    submitted(&world, queued("third", 1)).await;
    let running = world.running();
    let stopped = submit::stop(&running.scope, &running.poller, second.job).await;
    let stopped = stopped.unwrap();
    assert_eq!(stopped.outcome, StopOutcome::NotSent);
    assert_eq!(stopped.job.phase, Phase::Stopped);
    end_all(&world).await;
    assert_eq!(sent(&world).await, ["first", "third"]);
    let fresh = submitted(&world, queued("second", 2)).await;
    assert!(!fresh.joined, "one that was taken out is not joined");
}

#[tokio::test]
async fn a_held_submit_takes_another_place_with_another_priority() {
    let world = World::new(ONE).await;
    submitted(&world, queued("first", 1)).await;
    submitted(&world, queued("second", 3)).await;
    let third = submitted(&world, queued("third", 1)).await;
    let change = JobChange {
        priority: Some(9),
        publish: false,
    };
    let updated = submit::update(&world.running().scope, third.job, change).await;
    assert!(updated.unwrap().applied);
    end_all(&world).await;
    end_all(&world).await;
    assert_eq!(sent(&world).await, ["first", "third", "second"]);
    let body = world.cloud.with(|state| state.last_body.clone()).unwrap();
    assert_eq!(body["UserCommand"], "second");
}

#[tokio::test]
async fn a_moments_failure_makes_it_wait_again_and_a_refusal_ends_it() {
    let world = World::new(ONE).await;
    submitted(&world, queued("first", 1)).await;
    submitted(&world, queued("second", 1)).await;
    world
        .cloud
        .with(|state| state.creates.push_back(Create::Away));
    end_all(&world).await;
    let waits = held(&world).await;
    assert_eq!(waits.len(), 1);
    assert_eq!(waits[0].reason.as_ref().unwrap().code, "NotSent");
    // The next look is the next chance; nothing is active, so it is the sweep.
    world
        .cloud
        .with(|state| state.creates.push_back(Create::Refuse));
    world.sweep().await;
    assert!(held(&world).await.is_empty());
    let jobs = world.jobs().await;
    let second = jobs.iter().find(|job| job.command == "second").unwrap();
    assert_eq!(second.phase, Phase::Gone);
    assert!(
        second
            .reason
            .as_ref()
            .unwrap()
            .message
            .contains("no such image")
    );
}

#[tokio::test]
async fn a_lost_answer_of_one_does_not_hold_up_the_next() {
    let world = World::new(r#"{"maxRunningJobs": 2}"#).await;
    submitted(&world, queued("a", 1)).await;
    submitted(&world, queued("b", 1)).await;
    submitted(&world, queued("c", 1)).await;
    submitted(&world, queued("d", 1)).await;
    world
        .cloud
        .with(|state| state.creates.push_back(Create::LostAndLate(15_000)));
    end_all(&world).await;
    assert_eq!(world.cloud.with(|state| state.jobs.len()), 4);
    world.pass(secs(40)).await;
    let jobs = world.jobs().await;
    assert!(jobs.iter().all(|job| job.native_id.is_some()), "{jobs:#?}");
    assert_eq!(world.cloud.with(|state| state.creates_seen), 4);
}

#[tokio::test]
async fn a_secret_of_the_call_cannot_wait() {
    let world = World::new(ONE).await;
    submitted(&world, queued("first", 1)).await;
    let secret = Wish {
        secret_envs: [("WORD".to_owned(), "xyzzy-1".to_owned().into())].into(),
        ..queued("second", 1)
    };
    let fault = world.submit_wish(secret).await.unwrap().unwrap_err();
    assert_eq!(
        (fault.kind, fault.field.as_str()),
        (FaultKind::Invalid, "queue")
    );
    assert!(held(&world).await.is_empty());
}

#[tokio::test]
async fn a_thousand_held_submits_drain_in_order_and_nobody_looks_more_for_them() {
    const COUNT: usize = 1000;
    let looks_of = async |count: usize| {
        let world = World::new(ONE).await;
        submitted(&world, queued("0", 1)).await;
        for number in 1..=count {
            let made = submitted(&world, queued(&number.to_string(), 1)).await;
            assert_eq!(made.job.phase, Phase::Held);
        }
        world.cloud.with(|state| state.looks_seen = 0);
        world.change_limits(r#"{"maxRunningJobs": 5000}"#);
        world.pass(secs(9)).await;
        // The clock stands still: who has come so far is sent on the newest look.
        for _ in 0..500 {
            if held(&world).await.is_empty() {
                break;
            }
            world.settle().await;
        }
        (world.cloud.with(|state| state.looks_seen), world)
    };
    let (few, _) = looks_of(0).await;
    let (many, world) = looks_of(COUNT).await;
    assert!(many <= few, "{many} looks, {few} without");
    let expected: Vec<_> = (0..=COUNT).map(|number| number.to_string()).collect();
    assert_eq!(sent(&world).await, expected);
}

#[tokio::test]
async fn who_waits_for_an_unconfirmed_one_is_sent_also_where_that_is_found_to_have_ended() {
    let mut world = World::new(ONE).await;
    world.cloud.with(|state| {
        state.creates.push_back(Create::MakeAndHang);
        state.list_lag_ms = 5_000;
    });
    let first = world.submit_wish(queued("first", 1));
    world.settle().await;
    submitted(&world, queued("second", 1)).await;
    world.kill();
    first.abort();
    world.cloud.with(|state| state.jobs[0].status = "Succeeded");
    world.start().await;
    // It is looked for when the last moment of its send has passed; until then nothing is active that would be looked at.
    world.pass(secs(20)).await;
    assert_eq!(sent(&world).await, ["first", "second"]);
}
