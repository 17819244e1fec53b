//! More logs than the budget of calls keeps up with.

use super::*;

const JOBS: usize = 24;

fn pod(number: usize) -> String {
    format!("dlc{}-worker-0", number + 1)
}

/// Jobs that are kept and print, while a call takes a second and they need more of them.
#[tokio::test]
async fn who_falls_behind_catches_up_and_has_no_gap() {
    let world = World::with_own(r#"{"maxRunningJobs": 99}"#, "{}").await;
    world.cloud.with(|state| state.pods = 1);
    let mut uids = Vec::new();
    for _ in 0..JOBS {
        uids.push(world.submit("run").await.unwrap().unwrap().job.uid);
    }
    world.cloud.with(|state| {
        state.logs.takes = secs(1);
        state.logs.turn = Some(Default::default());
        state.jobs.iter_mut().for_each(|job| job.status = "Running");
    });
    for round in 0..30 {
        let at_ms = world.cloud.now_ms();
        for job in 0..JOBS {
            let count = if (round + job) % 9 == 0 { 700 } else { 2 };
            write(&world, &pod(job), at_ms, count);
        }
        world.pass(secs(5)).await;
    }
    let lacking = async || {
        let mut lacking = 0;
        for (job, uid) in uids.iter().enumerate() {
            let (texts, gaps) = stored(&world, uid, &pod(job)).await;
            assert_eq!(gaps, [], "being late is no gap");
            let written = written(&world, &pod(job));
            assert!(written.starts_with(&texts), "{job}");
            lacking += written.len() - texts.len();
        }
        lacking
    };
    assert!(
        lacking().await > JOBS * 2 * 12,
        "it keeps up: nothing is tested"
    );
    world.cloud.with(|state| {
        let ended = state.jobs.iter_mut();
        ended.for_each(|job| job.status = "Succeeded");
    });
    for _ in 0..60 {
        world.pass(secs(10)).await;
        if lacking().await == 0 {
            return;
        }
    }
    panic!("lines are lacking: {}", lacking().await);
}
