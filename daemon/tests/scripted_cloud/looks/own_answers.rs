//! A job's own answer is asked for once per change, however long it takes.

use super::*;

/// A job that is waited for, so that there is a look every 3 s.
async fn waited(world: &World) -> (String, paid::poll::WaiterGuard) {
    let uid = world.submit("run").await.unwrap().unwrap().job.uid;
    let interest = &world.running().scope.interest;
    let guard = interest.wait_for(vec![uid.clone()]);
    world.pass(secs(4)).await;
    world.cloud.with(|state| state.gets_seen = 0);
    (uid, guard)
}

#[tokio::test]
async fn a_slow_answer_is_waited_for_2_s_asked_for_once_and_taken_when_it_comes() {
    let world = World::new(ROOMY).await;
    let (uid, _guard) = waited(&world).await;
    world.cloud.with(|state| {
        state.get_takes = secs(8);
        state.pods = 2;
        state.jobs[0].status = "Running";
    });
    world.pass(secs(6)).await;
    assert_eq!(
        world.jobs().await[0].phase,
        Phase::Running,
        "committed from the list"
    );
    assert_eq!((gets(&world), pods(&world, &uid).await), (1, 0));
    world.pass(secs(40)).await;
    assert_eq!((gets(&world), pods(&world, &uid).await), (1, 2));
}

#[tokio::test]
async fn answers_that_never_come_in_time_cost_no_more_than_one_call_per_change() {
    let world = World::new(ROOMY).await;
    let (uid, _guard) = waited(&world).await;
    world.cloud.with(|state| {
        state.get_takes = secs(4);
        state.pods = 1;
    });
    for status in ["Queuing", "EnvPreparing", "Running", "Succeeded"] {
        world.cloud.with(|state| state.jobs[0].status = status);
        world.pass(secs(10)).await;
    }
    assert_eq!(gets(&world), 4);
    world.pass(secs(10)).await;
    assert_eq!(
        pods(&world, &uid).await,
        1,
        "of the job that has ended meanwhile"
    );
    world.pass(secs(601)).await;
    assert_eq!(gets(&world), 4, "and nothing is left to ask");
}

#[tokio::test]
async fn after_a_failed_call_the_job_is_asked_again_after_30_s() {
    let world = World::new(ROOMY).await;
    let (uid, _guard) = waited(&world).await;
    world.cloud.with(|state| {
        state.get_faults.extend([unavailable(), unavailable()]);
        state.pods = 1;
        state.jobs[0].status = "Running";
    });
    world.pass(secs(29)).await;
    assert_eq!(world.jobs().await[0].phase, Phase::Running);
    assert_eq!((gets(&world), pods(&world, &uid).await), (1, 0));
    world.pass(secs(32)).await;
    assert_eq!(gets(&world), 2);
    world.pass(secs(90)).await;
    assert_eq!((gets(&world), pods(&world, &uid).await), (3, 1));
}

#[tokio::test]
async fn a_job_that_ended_still_gets_its_detail_after_a_failure() {
    // Without the calls for its log.
    let world = World::with_own(ROOMY, r#"{"logs": {"keep": "none"}}"#).await;
    let (uid, guard) = waited(&world).await;
    world.cloud.with(|state| {
        state.get_faults.push_back(unavailable());
        state.pods = 1;
        state.jobs[0].status = "Succeeded";
    });
    world.pass(secs(4)).await;
    drop(guard);
    assert_eq!((gets(&world), pods(&world, &uid).await), (1, 0));
    // Nothing is active: the next look is the sweep.
    world.pass(secs(601)).await;
    assert_eq!((gets(&world), pods(&world, &uid).await), (2, 1));
}

#[tokio::test]
async fn a_list_and_a_job_that_disagree_for_ever_cost_a_call_in_30_s_and_make_no_events() {
    for (listed, truth) in [("Queuing", "Bidding"), ("Restarting", "EnvPreparing")] {
        let world = World::new(ROOMY).await;
        let (_, _guard) = waited(&world).await;
        world.cloud.with(|state| {
            state.jobs[0].status = truth;
            state.listed_status = Some(listed);
        });
        world.pass(secs(4)).await;
        assert_eq!(world.jobs().await[0].status, truth);
        let (rev, before) = (world.journal.rev(), gets(&world));
        world.pass(secs(90)).await;
        let asked = gets(&world) - before;
        assert!(asked <= 3, "{asked} calls in 90 s");
        assert_eq!(world.journal.rev(), rev, "{listed} against {truth}");
        // The list's word is believed as soon as the job confirms it.
        world.cloud.with(|state| state.jobs[0].status = listed);
        world.pass(secs(40)).await;
        assert_eq!(world.jobs().await[0].status, listed);
    }
}

#[tokio::test]
async fn compute_that_only_a_late_list_shows_as_held_again_is_not_held() {
    let world = World::new(ROOMY).await;
    let (_, _guard) = waited(&world).await;
    for status in ["Running", "SucceededReserving"] {
        world.cloud.with(|state| state.jobs[0].status = status);
        world.pass(secs(4)).await;
    }
    assert!(world.jobs().await[0].resources_held);
    world.cloud.with(|state| state.jobs[0].status = "Succeeded");
    world.pass(secs(31)).await;
    let job = world.jobs().await.remove(0);
    assert!(!job.resources_held && !job.is_active());
    let rev = world.journal.rev();
    world
        .cloud
        .with(|state| state.listed_status = Some("SucceededReserving"));
    world.pass(secs(301)).await;
    assert_eq!(world.journal.rev(), rev);
    assert!(!world.jobs().await[0].is_active());
}
