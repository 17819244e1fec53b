//! After the end of a job.

use super::*;

#[tokio::test]
async fn what_the_cloud_forgot_before_it_was_read_is_a_gap() {
    let (mut world, uid) = running_job("{}").await;
    write(&world, POD, now_ms(&world), 4);
    world.pass(secs(60)).await;
    write(&world, POD, now_ms(&world), 3);
    world.kill();
    world.cloud.with(|state| {
        state.jobs[0].status = "Failed";
        state.logs.forgotten = true;
    });
    world.hands.advance(secs(3_600));
    world.start().await;
    let followed = follow(&world, &uid);
    world.pass(secs(30)).await;
    let first = followed.progress.borrow().ended.clone().unwrap();
    assert!(!first.complete, "{first:?}");
    drop(followed);
    while !world.journal.logs().asked(&uid).await.unwrap().closed {
        world.pass(secs(5)).await;
    }
    let followed = follow(&world, &uid);
    world.pass(secs(5)).await;
    let then = followed.progress.borrow().ended.clone().unwrap();
    let (texts, gaps) = stored(&world, &uid, POD).await;
    assert!(
        !then.complete || !gaps.is_empty(),
        "first {first:?}, then {then:?}; {} of 7 lines, gaps {gaps:?}",
        texts.len()
    );
}

#[tokio::test]
async fn a_job_that_ends_and_then_runs_on_is_read_on() {
    let (world, uid) = running_job("{}").await;
    write(&world, POD, now_ms(&world), 4);
    world.pass(secs(30)).await;
    end(&world, "Failed").await;
    while !world.journal.logs().asked(&uid).await.unwrap().closed {
        world.pass(secs(5)).await;
    }
    end(&world, "Running").await;
    let runs = async || {
        let uid = uid.clone();
        let job = world.journal.read(move |reader| reader.job(&uid)).await;
        !job.unwrap().unwrap().has_ended()
    };
    while !runs().await {
        world.pass(secs(5)).await;
    }
    write(&world, POD, now_ms(&world), 5);
    let followed = follow(&world, &uid);
    world.pass(secs(20)).await;
    let ended = followed.progress.borrow().ended.clone();
    assert_eq!((stored(&world, &uid, POD).await.0.len(), ended), (9, None));
}

#[tokio::test]
async fn a_clock_that_is_set_back_at_the_end_holds_up_no_follow() {
    let (world, uid) = running_job(r#"{"logs": {"lag": 8}}"#).await;
    let followed = follow(&world, &uid);
    write(&world, POD, now_ms(&world), 5);
    world.pass(secs(4)).await;
    end(&world, "Succeeded").await;
    world.pass(secs(2)).await;
    // The machine's clock is set back by ten minutes; the cloud's goes on.
    world.hands.jump(-600_000);
    world.cloud.with(|state| state.behind_ms -= 600_000);
    world.pass(secs(30)).await;
    assert!(followed.progress.borrow().ended.is_some());
}

/// Fact sheet §6.9: a client waits 24 × 5 s for the pods of a job that has just ended.
#[tokio::test]
async fn pods_that_are_named_ninety_seconds_after_the_end_are_kept() {
    let world = World::with_own(ROOMY, "{}").await;
    let submitted = world.submit("run").await.unwrap().unwrap();
    let uid = submitted.job.uid;
    world.cloud.with(|state| {
        state.pods = 0;
        state.jobs[0].status = "Running";
    });
    world.pass(secs(10)).await;
    write(&world, POD, now_ms(&world), 5);
    end(&world, "Failed").await;
    world.pass(secs(90)).await;
    world.cloud.with(|state| state.pods = 1);
    while !world.journal.logs().asked(&uid).await.unwrap().closed {
        world.pass(secs(5)).await;
    }
    let asked = world.journal.logs().asked(&uid).await.unwrap();
    assert_eq!(stored(&world, &uid, POD).await.0.len(), 5, "{asked:?}");
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_for_a_moment_drops_no_log() {
    let (world, uid) = running_job("{}").await;
    write(&world, POD, now_ms(&world), 5);
    world.pass(secs(30)).await;
    end(&world, "Succeeded").await;
    world.pass(secs(100)).await;
    assert_eq!(stored(&world, &uid, POD).await.0.len(), 5);
    let year_ms = 365 * 86_400_000;
    let jump = |ms: i64| {
        world.hands.jump(ms);
        world.cloud.with(|state| state.behind_ms += ms);
    };
    jump(year_ms);
    // Longer than between two times at which the limits are looked at.
    world.hands.advance(secs(700));
    world.settle().await;
    world.pass(secs(10)).await;
    jump(-year_ms);
    world.pass(secs(10)).await;
    assert_eq!(stored(&world, &uid, POD).await.0.len(), 5);
}
