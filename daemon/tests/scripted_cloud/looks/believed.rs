//! What lists, refusals and clocks are believed, and what they hold up.

use paid::provider::StopAck;

use super::*;

#[tokio::test]
async fn a_backend_that_takes_no_notice_of_ids_does_not_flood_the_store() {
    let world = World::new(ROOMY).await;
    world.cloud.with(|state| {
        state.ignores_ids = true;
        for n in 0..120 {
            let mut other = foreign(&format!("dlcx{n}"), "others", "Running");
            other.created_ms += n;
            state.jobs.push(other);
        }
    });
    let scope = &world.running().scope;
    paid::poll::find(scope, "dlcx7").await.unwrap();
    let before = lists(&world);
    look_now(&world).await.unwrap();
    assert_eq!(lists(&world) - before, 2, "the window, and one page of ids");
    let jobs = world.jobs().await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].native_id.as_deref(), Some("dlcx7"));
}

async fn look_now(world: &World) -> Result<(), Fault> {
    let running = world.running();
    let look = tokio::spawn(async move { running.poller.look_now().await });
    world.settle().await;
    look.await.unwrap()
}

#[tokio::test]
async fn a_refused_list_of_ids_fails_the_look_only_when_the_jobs_are_ours() {
    let world = World::new(ROOMY).await;
    world
        .cloud
        .with(|state| state.jobs.push(foreign("dlcx", "others", "Running")));
    paid::poll::find(&world.running().scope, "dlcx")
        .await
        .unwrap();
    let fault = Fault::new(FaultKind::Permission, "not yours");
    world.cloud.with(|state| state.ids_fault = Some(fault));
    look_now(&world).await.unwrap();
    // More own jobs than a page holds are listed by their ids.
    world.cloud.with(|state| {
        for n in 0..101 {
            let mut own = foreign(&format!("dlc{n}"), "me-own", "Running");
            own.created_ms = EPOCH_MS;
            state.jobs.push(own);
        }
    });
    look_now(&world).await.unwrap();
    assert_eq!(world.jobs().await.len(), 102, "both pages");
    let fault = look_now(&world).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permission);
}

#[tokio::test]
async fn a_missing_job_that_cannot_be_asked_for_holds_up_neither_the_others_nor_the_look() {
    let world = World::new(ROOMY).await;
    for _ in 0..3 {
        world.submit("run").await.unwrap().unwrap();
    }
    world.pass(secs(50)).await;
    world.cloud.with(|state| {
        for job in &mut state.jobs {
            job.listed_from_ms = i64::MAX;
            job.status = "Running";
        }
        state.ids_got.clear();
        let faults = [unavailable(), Fault::new(FaultKind::Throttled, "slow down")];
        state.get_faults.extend(faults);
    });
    world.pass(secs(16)).await;
    let mut asked = world.cloud.with(|state| state.ids_got.clone());
    asked.sort();
    assert_eq!(asked, ["dlc1", "dlc2", "dlc3"]);
    let jobs = world.jobs().await;
    let running = jobs.iter().filter(|job| job.phase == Phase::Running);
    assert_eq!(running.count(), 1, "the third one answered");
    let looks = world.running().scope.looks.get();
    assert_eq!((looks.stale_since_ms, looks.last_error), (None, None));
    world.pass(secs(31)).await;
    let asked = world.cloud.with(|state| state.ids_got.len());
    assert_eq!(asked, 6, "each again after 30 s");
}

#[tokio::test]
async fn a_clock_of_the_cloud_that_is_off_does_not_shorten_the_lag() {
    let world = World::new(ROOMY).await;
    world.submit("run").await.unwrap().unwrap();
    world
        .cloud
        .with(|state| state.jobs[0].created_ms -= 600_000);
    world.pass(secs(4)).await;
    let hidden = world.cloud.with(|state| std::mem::take(&mut state.jobs));
    world.pass(secs(50)).await;
    assert_eq!(world.jobs().await[0].phase, Phase::Pending);
    world.cloud.with(|state| state.jobs = hidden);
    world.pass(secs(4)).await;
    world.cloud.with(|state| state.jobs.clear());
    world.pass(secs(40)).await;
    assert_eq!(world.jobs().await[0].phase, Phase::Gone);
}

#[tokio::test]
async fn a_stop_that_is_refused_stays_due_until_the_job_has_ended() {
    let world = World::new(ROOMY).await;
    let uid = world.submit("run").await.unwrap().unwrap().job.uid;
    world.pass(secs(4)).await;
    let context = world.context;
    let due = world.journal.write(move |tx| {
        let mut job = tx.job(&uid)?.unwrap();
        job.stop_due = true;
        tx.put_job(context, &mut job, Vec::new())
    });
    world.cloud.with(|state| {
        let refusals = [StopAck::AlreadyEnded, StopAck::AlreadyEnded];
        state.stop_refusals.extend(refusals);
    });
    due.await.unwrap();
    world.pass(secs(3)).await;
    assert!(world.jobs().await[0].stop_due, "not stopped, and not ended");
    world.pass(secs(3)).await;
    assert!(world.jobs().await[0].stop_due);
    world.pass(secs(3)).await;
    assert!(!world.jobs().await[0].stop_due);
    let stops = world.cloud.with(|state| state.jobs[0].stops);
    assert_eq!(stops, 3, "refused twice, then taken");
}

#[tokio::test]
async fn a_stop_that_comes_after_the_end_is_not_due_any_more() {
    let world = World::new(ROOMY).await;
    let uid = world.submit("run").await.unwrap().unwrap().job.uid;
    world.pass(secs(4)).await;
    let context = world.context;
    let due = world.journal.write(move |tx| {
        let mut job = tx.job(&uid)?.unwrap();
        job.stop_due = true;
        tx.put_job(context, &mut job, Vec::new())
    });
    // Lists do not know of the end yet.
    world.cloud.with(|state| {
        state.stop_refusals.push_back(StopAck::AlreadyEnded);
        state.jobs[0].status = "Succeeded";
        state.listed_status = Some("Creating");
    });
    due.await.unwrap();
    world.pass(secs(3)).await;
    let job = world.jobs().await.remove(0);
    assert_eq!((job.phase, job.stop_due), (Phase::Succeeded, false));
    assert!(!job.stop_requested);
}

#[tokio::test]
async fn a_job_that_ended_long_ago_makes_no_row_in_a_window_that_reaches_back() {
    let world = World::new(ROOMY).await;
    let long_ago = EPOCH_MS - 86_400_000 * 40;
    world.cloud.with(|state| {
        for (id, status) in [("dlcold", "Running"), ("dlcpast", "Succeeded")] {
            let mut job = foreign(id, "me-old", status);
            job.created_ms = long_ago;
            state.jobs.push(job);
        }
    });
    world.pass(secs(301)).await;
    world.pass(secs(60)).await;
    let ids: Vec<_> = world
        .jobs()
        .await
        .into_iter()
        .map(|job| job.native_id)
        .collect();
    assert_eq!(ids, [Some("dlcold".to_owned())]);
}
