//! Submits that were saved from a corrupt store.

use paid::{
    model::{EventDraft, EventKind, Phase},
    submit::Wish,
};

use crate::{
    cloud::Create,
    world::{World, secs, wish},
};

const ROOMY: &str = r#"{"maxRunningJobs": 10}"#;

/// The rows of the jobs are lost, as with a store that was corrupt.
async fn forget_jobs(world: &World) {
    let (context, jobs) = (world.context, world.jobs().await);
    let forget = move |tx: &mut paid::journal::Tx<'_>| {
        jobs.into_iter().try_for_each(|job| {
            let event = EventDraft::new(EventKind::Status);
            tx.forget_job(context, job, event)
        })
    };
    world.journal.write(forget).await.unwrap();
}

#[tokio::test]
async fn an_intent_that_was_saved_from_a_corrupt_store_is_settled_too() {
    let mut world = World::new(ROOMY).await;
    let submit = world.submit_meeting(Create::Lost, "run").await;
    submit.abort();
    world.kill();
    forget_jobs(&world).await;
    world.start().await;
    world.pass(secs(45)).await;
    let jobs = world.jobs().await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].native_id.as_deref(), Some("dlc1"));
    assert_eq!(world.cloud.with(|state| state.creates_seen), 1);
}

#[tokio::test]
async fn held_and_confirmed_submits_that_were_saved_from_a_corrupt_store_are_themselves_again() {
    let mut world = World::new(r#"{"maxRunningJobs": 1, "maxGPU": 8}"#).await;
    let keyed = || Wish {
        key: "K".into(),
        ..wish("first")
    };
    let first = world.submit_wish(keyed()).await.unwrap().unwrap();
    let held = world.submit_wish(Wish {
        queue: true,
        ..wish("held")
    });
    let held = held.await.unwrap().unwrap();
    world.kill();
    forget_jobs(&world).await;
    world.start().await;
    world.pass(secs(5)).await;
    let again = world.submit_wish(keyed()).await.unwrap().unwrap();
    assert_eq!((again.joined, &again.job.uid), (true, &first.job.uid));
    let jobs = world.jobs().await;
    let waiting = jobs.iter().find(|job| job.uid == held.job.uid).unwrap();
    assert_eq!(waiting.phase, Phase::Held);
    assert_eq!(waiting.requested, held.job.requested);
    assert_eq!(waiting.command, "held");
    world.cloud.with(|state| state.jobs[0].status = "Succeeded");
    world.pass(secs(31)).await;
    assert_eq!(world.cloud.with(|state| state.jobs.len()), 2, "it is sent");
}
