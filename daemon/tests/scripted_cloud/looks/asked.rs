//! What clients ask costs a call once, however many they are.

use paid::poll;

use super::*;

#[tokio::test]
async fn a_job_without_pods_is_asked_for_them_once_per_change() {
    let world = World::new(ROOMY).await;
    world.submit("run").await.unwrap().unwrap();
    world.cloud.with(|state| state.jobs[0].status = "Queuing");
    world.pass(secs(4)).await;
    let mut job = world.jobs().await.remove(0);
    let scope = &world.running().scope;
    let before = gets(&world);
    for _ in 0..30 {
        poll::ask_pods(scope, &job).await.unwrap();
    }
    assert_eq!(gets(&world) - before, 1);
    world.pass(secs(60)).await;
    let before = gets(&world);
    poll::ask_pods(scope, &job).await.unwrap();
    assert_eq!(gets(&world), before, "it has told that it has none");
    job.rev += 1;
    poll::ask_pods(scope, &job).await.unwrap();
    assert_eq!(gets(&world), before + 1, "and has changed since");
}

#[tokio::test]
async fn a_job_that_does_not_answer_is_asked_again_after_10_s() {
    let world = World::new(ROOMY).await;
    let job = world.submit("run").await.unwrap().unwrap().job;
    let scope = &world.running().scope;
    world
        .cloud
        .with(|state| state.get_faults.extend([unavailable(), unavailable()]));
    let before = gets(&world);
    for _ in 0..30 {
        poll::ask_pods(scope, &job).await.unwrap_err();
    }
    assert_eq!(gets(&world) - before, 1);
    world.hands.advance(secs(11));
    poll::ask_pods(scope, &job).await.unwrap_err();
    poll::ask_pods(scope, &job).await.unwrap_err();
    assert_eq!(gets(&world) - before, 2);
}

#[tokio::test]
async fn an_unknown_id_is_looked_up_once_in_10_s() {
    let world = World::new(ROOMY).await;
    let scope = &world.running().scope;
    for _ in 0..30 {
        let fault = poll::find(scope, "dlcnope").await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::NotFound);
    }
    assert_eq!(gets(&world), 1);
    world.hands.advance(secs(11));
    poll::find(scope, "dlcnope").await.unwrap_err();
    assert_eq!(gets(&world), 2);
    // A failure is no answer: whoever comes later asks again.
    world
        .cloud
        .with(|state| state.get_faults.push_back(unavailable()));
    poll::find(scope, "dlcthere").await.unwrap_err();
    world
        .cloud
        .with(|state| state.jobs.push(foreign("dlcthere", "others", "Running")));
    let job = poll::find(scope, "dlcthere").await.unwrap();
    assert_eq!(job.native_id.as_deref(), Some("dlcthere"));
}
