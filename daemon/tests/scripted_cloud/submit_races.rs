//! A submit and everybody who may come between: the poller, a stop, a reader, a client that leaves.

use paid::{
    model::{Caller, EventKind, Fault, FaultKind, Phase, Presence},
    poll::{Aftermath, apply},
    provider::Priority,
    submit::{self, StopOutcome, Wish},
};

use crate::{
    cloud::{CloudJob, Create, EPOCH_MS},
    world::{World, secs, wish},
};

const ROOMY: &str = r#"{"maxRunningJobs": 10}"#;

fn sent_and_made(world: &World) -> (u32, usize) {
    world
        .cloud
        .with(|state| (state.creates_seen, state.jobs.len()))
}

#[tokio::test]
async fn jobs_of_one_name_that_we_did_not_make_are_left_alone() {
    let world = World::new(ROOMY).await;
    let nightly = |id: &str, status, age_ms| CloudJob {
        created_ms: EPOCH_MS - age_ms,
        ..CloudJob::named(id, "me-nightly", status)
    };
    world
        .cloud
        .with(|state| state.jobs.push(nightly("dlca", "Succeeded", 86_400_000)));
    world.pass(secs(301)).await;
    world
        .cloud
        .with(|state| state.jobs.push(nightly("dlcb", "Queuing", 1_000)));
    world.pass(secs(301)).await;
    assert!(
        world
            .cloud
            .with(|state| state.jobs.iter().all(|job| job.stops == 0))
    );
    assert!(world.jobs().await.iter().all(|job| job.twin_of.is_empty()));
}

#[tokio::test]
async fn nothing_is_sent_once_the_poller_has_found_the_job() {
    let world = World::new(ROOMY).await;
    // Another job makes the poller look all the time.
    let other = world.submit("other").await.unwrap().unwrap().job;
    let _waited = world.running().scope.interest.wait_for(vec![other.uid]);
    world.cloud.with(|state| {
        state.creates.push_back(Create::LostAndLate(50_000));
        // The second send meets throttling until long after lists show the first one's job.
        state
            .creates
            .extend(std::iter::repeat_n(Create::Throttle(4_000), 10));
    });
    let submit = world.submit("run");
    world.settle().await;
    world.pass(secs(180)).await;
    drop(submit);
    let (sent, made) = sent_and_made(&world);
    assert_eq!(made, 2, "the other one and this one");
    assert!(sent <= 6, "no more sends after it was found: {sent}");
}

#[tokio::test]
async fn a_job_that_turns_up_after_it_was_given_up_is_known_again() {
    let mut world = World::new(ROOMY).await;
    let submit = world
        .submit_meeting(
            Create::LostAndLate(90_000),
            "HF_TOKEN=hf_abcdefghijklmnopqrst run",
        )
        .await;
    submit.abort();
    world.kill();
    world.start().await;
    world.pass(secs(60)).await;
    let given_up = world.jobs().await.remove(0);
    assert_eq!(given_up.phase, Phase::Gone);
    world.cloud.with(|state| state.jobs[0].status = "Running");
    world.pass(secs(301)).await;
    let jobs = world.jobs().await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(
        (jobs[0].uid.as_str(), jobs[0].phase),
        (given_up.uid.as_str(), Phase::Running)
    );
    assert_eq!(jobs[0].native_id.as_deref(), Some("dlc1"));
}

#[tokio::test]
async fn a_job_that_was_stopped_before_it_was_found_is_stopped_whenever_it_turns_up() {
    let world = World::new(ROOMY).await;
    let submit = world
        .submit_meeting(Create::LostAndLate(90_000), "run")
        .await;
    let running = world.running();
    let job = world.jobs().await.remove(0);
    let stopped = submit::stop(&running.scope, &running.poller, job)
        .await
        .unwrap();
    assert_eq!(stopped.outcome, StopOutcome::WhenFound);
    world.pass(secs(60)).await;
    drop(submit);
    world.pass(secs(301)).await;
    assert_eq!(sent_and_made(&world), (1, 1));
    assert_eq!(world.cloud.with(|state| state.jobs[0].stops), 1);
}

#[tokio::test]
async fn a_stop_that_meets_the_answer_to_the_submit_is_a_stop_of_the_job() {
    let world = World::new(ROOMY).await;
    let submit = world.submit_meeting(Create::Lost, "run").await;
    let before = world.jobs().await.remove(0);
    assert_eq!(before.native_id, None);
    world.pass(secs(60)).await;
    drop(submit);
    // As somebody has it who read it before the job was found.
    let running = world.running();
    let stopped = submit::stop(&running.scope, &running.poller, before)
        .await
        .unwrap();
    assert_eq!(stopped.outcome, StopOutcome::Requested);
    assert_eq!(stopped.job.native_id.as_deref(), Some("dlc1"));
    assert_eq!(world.cloud.with(|state| state.jobs[0].stops), 1);
}

#[tokio::test]
async fn a_client_that_leaves_at_any_moment_leaves_nothing_half_done() {
    for moment in 0..60 {
        let world = World::new(r#"{"maxRunningJobs": 1}"#).await;
        let submit = world.submit("run");
        for _ in 0..moment {
            tokio::task::yield_now().await;
        }
        submit.abort();
        world.settle().await;
        world.pass(secs(5)).await;
        let jobs = world.jobs().await;
        let (_, made) = sent_and_made(&world);
        assert_eq!(jobs.len(), made, "at {moment}");
        assert!(
            jobs.iter().all(|job| job.native_id.is_some()),
            "at {moment}: {jobs:?}"
        );
    }
}

#[tokio::test]
async fn naming_the_id_of_a_submit_that_is_not_confirmed_makes_no_second_row() {
    let world = World::new(ROOMY).await;
    let submit = world
        .submit_meeting(Create::LostAndLate(30_000), "run")
        .await;
    // Somebody saw the id in the console; what `get dlc1` does with the answer:
    let running = world.running();
    let scope = &running.scope;
    let seq = world.journal.next_seq();
    let seen = scope
        .provider()
        .get("dlc1", seq, Priority::Interactive)
        .await
        .unwrap();
    let context = world.context;
    world
        .journal
        .write(move |tx| {
            apply(
                tx,
                context,
                &seen,
                None,
                || "job-x".into(),
                &mut Aftermath::default(),
            )
        })
        .await
        .unwrap();
    let jobs = world.jobs().await;
    assert_eq!(jobs.len(), 1);
    assert!(jobs[0].own);
    assert_eq!(jobs[0].native_id.as_deref(), Some("dlc1"));
    world.pass(secs(60)).await;
    drop(submit);
    assert_eq!(sent_and_made(&world), (1, 1));
    let uid = jobs[0].uid.clone();
    let intent = world
        .journal
        .read(move |reader| reader.intent(&uid))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(intent.state, paid::journal::IntentState::Confirmed);
}

#[tokio::test]
async fn a_stop_during_throttling_sends_nothing_any_more() {
    let world = World::new(ROOMY).await;
    let submit = world.submit_meeting(Create::Throttle(10_000), "run").await;
    let running = world.running();
    let job = world.jobs().await.remove(0);
    submit::stop(&running.scope, &running.poller, job)
        .await
        .unwrap();
    world.pass(secs(15)).await;
    let fault = submit.await.unwrap().unwrap_err();
    assert!(fault.message.contains("stopped"), "{fault}");
    assert_eq!(sent_and_made(&world), (1, 0));
    assert!(world.jobs().await.is_empty());
}

#[tokio::test]
async fn a_second_id_for_one_submit_is_a_twin_at_once() {
    let world = World::new(ROOMY).await;
    let context = world.running().scope.context;
    let mut events = world.journal.watch(context, paid::journal::WatchStart::Now);
    // The first send's job shows itself only while the second send is answered.
    let submit = world
        .submit_meeting(Create::LostAndLate(41_000), "run")
        .await;
    world.pass(secs(50)).await;
    drop(submit);
    assert_eq!(sent_and_made(&world), (2, 2));
    let jobs = world.jobs().await;
    assert_eq!(jobs.len(), 2);
    assert_eq!(jobs.iter().filter(|job| !job.twin_of.is_empty()).count(), 1);
    assert_eq!(
        world
            .cloud
            .with(|state| state.jobs.iter().map(|job| job.stops).sum::<u32>()),
        1
    );
    let mut twins = 0;
    while events.last() < world.journal.rev() {
        twins += u32::from(events.next().await.unwrap().event.what.kind == EventKind::Twin);
    }
    assert_eq!(twins, 1);
}

#[tokio::test]
async fn throttling_without_a_delay_is_met_with_longer_and_longer_pauses() {
    let world = World::new(ROOMY).await;
    world
        .cloud
        .with(|state| state.creates.extend([Create::Throttle(0); 6]));
    let submit = world.submit("run");
    world.settle().await;
    world.pass(secs(16)).await;
    let (sent, _) = sent_and_made(&world);
    assert_eq!(sent, 5, "at 0, 1, 3, 7 and 15 s");
    drop(submit);
}

#[tokio::test]
async fn limits_that_are_lowered_while_a_submit_looks_at_the_cloud_count() {
    let world = World::new(ROOMY).await;
    // The look of the start is too old by then.
    world.pass(secs(15)).await;
    world.cloud.with(|state| state.list_takes = secs(2));
    let submit = world.submit("run");
    world.settle().await;
    world.change_limits(r#"{"maxRunningJobs": 0}"#);
    world.pass(secs(3)).await;
    let fault = submit.await.unwrap().unwrap_err();
    assert_eq!(fault.field, "limits.maxRunningJobs", "{fault}");
    assert_eq!(sent_and_made(&world), (0, 0));
}

#[tokio::test]
async fn stopping_a_job_that_has_ended_is_a_success_also_while_lists_are_late() {
    let world = World::new(ROOMY).await;
    let job = world.submit("run").await.unwrap().unwrap().job;
    world.cloud.with(|state| {
        state.jobs[0].status = "Succeeded";
        state.listed_status = Some("Running");
    });
    let running = world.running();
    let stopped = submit::stop(&running.scope, &running.poller, job).await;
    let stopped = stopped.unwrap();
    assert_eq!(stopped.outcome, StopOutcome::AlreadyEnded);
    assert_eq!(stopped.job.phase, Phase::Succeeded);
}

/// The store of the world refuses to change intents, as on a full disk, until this is dropped.
struct FullDisk(rusqlite::Connection);

impl FullDisk {
    fn new(world: &World) -> Self {
        let store = rusqlite::Connection::open(world.store()).unwrap();
        let refuse =
            "CREATE TRIGGER full BEFORE UPDATE ON intent BEGIN SELECT RAISE(FAIL, 'full'); END";
        store.execute_batch(refuse).unwrap();
        Self(store)
    }
}

impl Drop for FullDisk {
    fn drop(&mut self) {
        self.0.execute_batch("DROP TRIGGER full").unwrap();
    }
}

#[tokio::test]
async fn a_job_whose_confirmation_could_not_be_stored_is_confirmed_when_it_can() {
    let world = World::new(ROOMY).await;
    let keyed = || Wish {
        key: "k".into(),
        ..wish("run")
    };
    // No look would find it.
    world.cloud.with(|state| state.list_lag_ms = 600_000);
    let disk = FullDisk::new(&world);
    let submit = world.submit_wish(keyed());
    world.pass(secs(12)).await;
    drop(disk);
    world.pass(secs(10)).await;
    let made = submit.await.unwrap().unwrap();
    assert_eq!(made.job.native_id.as_deref(), Some("dlc1"));
    let again = world.submit_wish(keyed()).await.unwrap().unwrap();
    assert_eq!((again.joined, &again.job.uid), (true, &made.job.uid));
    assert_eq!(sent_and_made(&world), (1, 1));
}

#[tokio::test]
async fn who_leaves_before_anything_is_stored_submits_nothing_and_later_it_goes_on() {
    for (seconds, made) in [(1, 0), (3, 1)] {
        let world = World::new(ROOMY).await;
        world.pass(secs(15)).await;
        world.cloud.with(|state| {
            state.list_takes = secs(2);
            state.creates.push_back(Create::Lost);
        });
        let (presence, here) = Presence::new();
        let caller = Caller {
            presence,
            ..Caller::default()
        };
        let running = world.running();
        let submit = tokio::spawn(async move {
            submit::submit(&running.scope, &running.poller, wish("run"), caller).await
        });
        world.pass(secs(seconds)).await;
        drop(here);
        world.pass(secs(30)).await;
        assert_eq!(submit.await.unwrap().is_ok(), made == 1);
        assert_eq!(sent_and_made(&world), (made, made as usize));
    }
}

#[tokio::test]
async fn a_stop_of_an_ended_job_that_cannot_be_looked_at_says_so() {
    let world = World::new(ROOMY).await;
    let job = world.submit("run").await.unwrap().unwrap().job;
    world.pass(secs(10)).await;
    world.cloud.with(|state| {
        state.jobs[0].status = "Succeeded";
        state
            .get_faults
            .push_back(Fault::new(FaultKind::Throttled, "slow down"));
    });
    let running = world.running();
    let fault = submit::stop(&running.scope, &running.poller, job).await;
    let fault = fault.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Throttled);
    assert!(
        fault
            .message
            .contains("could not be asked for its end: slow down"),
        "{fault}"
    );
}
