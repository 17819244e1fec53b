//! A submit happens once, whatever becomes of the answer (invariant 4).

use std::time::Duration;

use paid::{
    journal::Listed,
    model::{Caller, EventKind, Fault, FaultKind, Phase},
    submit::{self, StopOutcome, Wish},
};

use serde_json::json;

use crate::{
    cloud::Create,
    world::{World, secs},
};

const ROOMY: &str = r#"{"maxRunningJobs": 10}"#;

#[tokio::test]
async fn an_answer_that_comes_confirms_at_once() {
    let world = World::new(ROOMY).await;
    let submitted = world.submit("run").await.unwrap().unwrap();
    assert_eq!(submitted.job.native_id.as_deref(), Some("dlc1"));
    assert_eq!(submitted.job.phase, Phase::Pending);
    assert_eq!(world.cloud.with(|state| state.jobs.len()), 1);
}

#[tokio::test]
async fn a_lost_answer_is_found_by_name_and_nothing_is_sent_again() {
    let world = World::new(ROOMY).await;
    let submit = world.submit_meeting(Create::Lost, "run").await;
    assert_eq!(world.jobs().await[0].phase, Phase::Unconfirmed);
    world.pass(secs(2)).await;
    let submitted = submit.await.unwrap().unwrap();
    assert_eq!(submitted.job.native_id.as_deref(), Some("dlc1"));
    world.pass(secs(120)).await;
    assert_eq!(
        world
            .cloud
            .with(|state| (state.jobs.len(), state.creates_seen)),
        (1, 1)
    );
}

#[tokio::test]
async fn it_is_sent_again_only_after_five_empty_looks() {
    let world = World::new(ROOMY).await;
    let submit = world.submit_meeting(Create::LostBefore, "run").await;
    world.pass(secs(20)).await;
    let answered = submit.await.unwrap().unwrap();
    assert_eq!(
        answered.job.phase,
        Phase::Unconfirmed,
        "it answers after 20 s at the latest"
    );
    world.pass(secs(19)).await;
    assert_eq!(world.cloud.with(|state| state.creates_seen), 1);
    world.pass(secs(2)).await;
    assert_eq!(
        world
            .cloud
            .with(|state| (state.creates_seen, state.jobs.len())),
        (2, 1)
    );
    assert_eq!(
        world.cloud.with(|state| state.name_looks.clone()),
        [2_000, 5_000, 10_000, 20_000, 40_000]
    );
    let jobs = world.jobs().await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].native_id.as_deref(), Some("dlc1"));
}

#[tokio::test]
async fn a_look_that_failed_is_not_an_empty_look() {
    let world = World::new(ROOMY).await;
    let submit = world.submit_meeting(Create::LostBefore, "run").await;
    // The looks by name are the only lists for a while that may fail; the poller's fail too, and harm nothing.
    world.cloud.with(|state| {
        state.list_faults.extend(std::iter::repeat_n(
            Fault::new(FaultKind::Unavailable, "net"),
            40,
        ));
    });
    world.pass(secs(45)).await;
    assert_eq!(
        world.cloud.with(|state| state.creates_seen),
        1,
        "not all looks were answered"
    );
    world.cloud.with(|state| state.list_faults.clear());
    world.pass(secs(60)).await;
    assert_eq!(
        world
            .cloud
            .with(|state| (state.creates_seen, state.jobs.len())),
        (2, 1)
    );
    drop(submit);
}

#[tokio::test]
async fn the_next_daemon_goes_on_where_this_one_was() {
    let mut world = World::new(ROOMY).await;
    let submit = world.submit_meeting(Create::LostBefore, "run").await;
    world.pass(secs(6)).await;
    assert_eq!(
        world.cloud.with(|state| state.name_looks.clone()),
        [2_000, 5_000]
    );
    submit.abort();
    world.kill();
    world.pass(secs(10)).await;
    assert_eq!(
        world.cloud.with(|state| state.name_looks.len()),
        2,
        "nobody is there to look"
    );
    world.start().await;
    world.pass(secs(30)).await;
    assert_eq!(
        world.cloud.with(|state| state.name_looks.len()),
        5,
        "the two looks before still count"
    );
    assert_eq!(
        world
            .cloud
            .with(|state| (state.creates_seen, state.jobs.len())),
        (2, 1)
    );
    assert_eq!(
        world.cloud.with(|state| {
            state.last_body.clone().unwrap()["JobSpecs"][0]["ImageConfig"]["Password"].clone()
        }),
        "registry-pw",
        "the secret was looked up in the settings, it was not stored"
    );
    assert_eq!(world.jobs().await.len(), 1);
}

#[tokio::test]
async fn a_crash_after_the_effect_makes_no_second_job() {
    let mut world = World::new(ROOMY).await;
    let submit = world.submit_meeting(Create::Lost, "run").await;
    submit.abort();
    world.kill();
    world.pass(secs(300)).await;
    world.start().await;
    world.pass(secs(5)).await;
    assert_eq!(
        world
            .cloud
            .with(|state| (state.creates_seen, state.jobs.len())),
        (1, 1)
    );
    assert_eq!(world.jobs().await[0].native_id.as_deref(), Some("dlc1"));
}

#[tokio::test]
async fn a_secret_of_the_call_is_not_stored_and_such_a_submit_is_never_sent_again_by_the_next_daemon()
 {
    let mut world = World::new(ROOMY).await;
    let submit = world
        .submit_meeting(
            Create::LostBefore,
            "HF_TOKEN=hf_abcdefghijklmnopqrst python train.py",
        )
        .await;
    submit.abort();
    world.kill();
    world.start().await;
    world.pass(secs(50)).await;
    assert_eq!(world.cloud.with(|state| state.creates_seen), 1);
    let job = &world.jobs().await[0];
    assert_eq!(job.phase, Phase::Gone);
    assert_eq!(job.reason.as_ref().unwrap().code, "NotSubmitted");
    assert!(!job.command.contains("hf_abc"));
}

#[tokio::test]
async fn a_twin_is_told_and_stopped_while_it_has_not_run() {
    let world = World::new(ROOMY).await;
    // The first send took effect and lists do not show it for 70 s: the second send makes a twin.
    world
        .cloud
        .with(|state| state.creates.push_back(Create::LostAndLate(70_000)));
    let context = world.running().scope.context;
    let mut events = world.journal.watch(context, paid::journal::WatchStart::Now);
    let submit = world.submit("run");
    world.settle().await;
    world.pass(secs(41)).await;
    drop(submit);
    assert_eq!(world.cloud.with(|state| state.jobs.len()), 2);
    world.pass(secs(60)).await;
    let jobs = world.jobs().await;
    let twin = jobs
        .iter()
        .find(|job| !job.twin_of.is_empty())
        .expect("the twin is known");
    let first = jobs.iter().find(|job| job.twin_of.is_empty()).unwrap();
    assert_eq!(twin.twin_of, first.uid);
    let stopped = world.cloud.with(|state| {
        let twin = state
            .jobs
            .iter()
            .find(|job| Some(&job.id) == twin.native_id.as_ref());
        let first = state
            .jobs
            .iter()
            .find(|job| Some(&job.id) == first.native_id.as_ref());
        (twin.unwrap().stops, first.unwrap().stops)
    });
    assert_eq!(stopped, (1, 0));
    let mut told = false;
    while events.last() < world.journal.rev() {
        told |= events.next().await.unwrap().event.what.kind == EventKind::Twin;
    }
    assert!(told);
}

#[tokio::test]
async fn a_refused_submit_is_in_no_list_and_frees_its_room() {
    let world = World::new(r#"{"maxRunningJobs": 1}"#).await;
    world
        .cloud
        .with(|state| state.creates.push_back(Create::Refuse));
    let fault = world.submit("run").await.unwrap().unwrap_err();
    assert_eq!(fault.kind, FaultKind::Invalid);
    assert!(world.jobs().await.is_empty());
    for foreign in [false, true] {
        let what = Listed {
            foreign,
            limit: 9,
            ..Listed::default()
        };
        let context = world.context;
        let listed = world
            .journal
            .read(move |reader| reader.listed(context, &what));
        assert_eq!(listed.await.unwrap(), (Vec::new(), 0), "{foreign}");
    }
    world.submit("run").await.unwrap().unwrap();
}

#[tokio::test]
async fn throttling_waits_for_the_servers_delay_and_sends_once_more() {
    let world = World::new(ROOMY).await;
    let submit = world.submit_meeting(Create::Throttle(7_000), "run").await;
    world.pass(Duration::from_millis(6_500)).await;
    assert_eq!(world.cloud.with(|state| state.creates_seen), 1);
    world.pass(secs(1)).await;
    assert_eq!(submit.await.unwrap().unwrap().job.phase, Phase::Pending);
    assert_eq!(
        world
            .cloud
            .with(|state| (state.creates_seen, state.jobs.len())),
        (2, 1)
    );
}

#[tokio::test]
async fn a_stopped_unconfirmed_submit_is_not_sent_again_and_is_stopped_when_found() {
    for create in [Create::LostBefore, Create::LostAndLate(15_000)] {
        let world = World::new(ROOMY).await;
        world.cloud.with(|state| state.creates.push_back(create));
        let submit = world.submit("run");
        world.settle().await;
        let running = world.running();
        let job = world.jobs().await.remove(0);
        let stopped = submit::stop(&running.scope, &running.poller, job)
            .await
            .unwrap();
        assert_eq!(stopped.outcome, StopOutcome::WhenFound);
        world.pass(secs(60)).await;
        drop(submit);
        let (creates, stops) = world.cloud.with(|state| {
            (
                state.creates_seen,
                state.jobs.first().map_or(0, |job| job.stops),
            )
        });
        assert_eq!(creates, 1);
        assert_eq!(stops, u32::from(create != Create::LostBefore));
    }
}

#[tokio::test]
async fn the_same_call_made_twice_is_one_job() {
    let world = World::new(ROOMY).await;
    let running = world.running();
    let wish = Wish {
        name: "train".into(),
        command: "run".into(),
        nonce: "n-1".into(),
        ..Wish::default()
    };
    let first = submit::submit(
        &running.scope,
        &running.poller,
        wish.clone(),
        Caller::default(),
    )
    .await
    .unwrap();
    let second = submit::submit(&running.scope, &running.poller, wish, Caller::default())
        .await
        .unwrap();
    assert!(!first.joined && second.joined);
    assert_eq!(first.job.uid, second.job.uid);
    assert_eq!(world.cloud.with(|state| state.jobs.len()), 1);
}

#[tokio::test]
async fn the_code_that_was_asked_for_is_sent() {
    let world = World::new(ROOMY).await;
    let running = world.running();
    for (branch, commit, expected) in [
        ("", "", json!({"Branch": "main"})),
        ("dev", "1a2b", json!({"Branch": "dev", "Commit": "1a2b"})),
    ] {
        let wish = Wish {
            name: "train".into(),
            command: "run".into(),
            code_branch: branch.into(),
            code_commit: commit.into(),
            ..Wish::default()
        };
        let submitted =
            submit::submit(&running.scope, &running.poller, wish, Caller::default()).await;
        submitted.unwrap();
        let body = world.cloud.with(|state| state.last_body.clone()).unwrap();
        let mut code = body["CodeSource"].clone();
        for (key, value) in [("CodeSourceId", "code-1"), ("MountPath", "/code")] {
            let told = code.as_object_mut().unwrap().remove(key);
            assert_eq!(told, Some(value.into()));
        }
        assert_eq!(code, expected);
    }
}

#[tokio::test]
async fn two_submits_at_once_cannot_both_get_the_last_room() {
    let world = World::new(r#"{"maxRunningJobs": 10, "maxGPU": 3}"#).await;
    let submits: Vec<_> = (0..8).map(|_| world.submit("run")).collect();
    let mut admitted = 0;
    for submit in submits {
        match submit.await.unwrap() {
            Ok(_) => admitted += 1,
            Err(fault) => {
                assert_eq!(fault.kind, FaultKind::Limit);
                assert!(fault.message.contains("maxGPU"), "{fault}");
            }
        }
    }
    assert_eq!(admitted, 3);
    assert_eq!(world.cloud.with(|state| state.jobs.len()), 3);
}

#[tokio::test]
async fn the_looks_count_from_the_send_that_lost_its_answer() {
    let world = World::new(ROOMY).await;
    world.cloud.with(|state| {
        // Throttled for longer than all looks together, then lost with the effect, which lists show late.
        state
            .creates
            .extend([Create::Throttle(45_000), Create::LostAndLate(10_000)]);
    });
    let submit = world.submit("run");
    world.settle().await;
    world.pass(secs(120)).await;
    drop(submit);
    assert_eq!(
        world
            .cloud
            .with(|state| (state.creates_seen, state.jobs.len())),
        (2, 1)
    );
    assert_eq!(world.jobs().await[0].native_id.as_deref(), Some("dlc1"));
}

#[tokio::test]
async fn a_request_that_is_larger_than_the_cloud_takes_is_refused_before_the_call() {
    let world = World::new(ROOMY).await;
    let fault = world.submit(&"x".repeat(66_000)).await.unwrap();
    let fault = fault.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Invalid);
    assert!(fault.message.contains("65536"), "{fault}");
    assert_eq!(world.cloud.with(|state| state.creates_seen), 0);
    world.submit(&"x".repeat(60_000)).await.unwrap().unwrap();
}
