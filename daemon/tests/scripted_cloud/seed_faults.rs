//! The faults of the tool before this one, by the numbers of the fact sheet (seed systems, 4.1): each of them would break a
//! test here, or one of the same name among the end-to-end tests.

use paid::model::{FaultKind, Phase, TAG_PREFIX};

use crate::{
    cloud::{CloudJob, Create},
    world::{World, secs},
};

/// A job of the prefix that runs, made by somebody who sets no tags.
fn running(id: &str, name: &str) -> CloudJob {
    CloudJob {
        running_ms: Some(0),
        ..CloudJob::named(id, name, "Running")
    }
}

#[tokio::test]
async fn p4_an_active_job_behind_a_hundred_newer_ones_counts_for_the_limits() {
    let world = World::new(r#"{"maxRunningJobs": 1}"#).await;
    world.cloud.with(|state| {
        // Newest first, as the cloud tells them: the one that runs stands on the third page.
        for number in 0..250 {
            let (id, name) = (format!("dlcn{number}"), format!("me-new-{number}"));
            let mut job = CloudJob::named(&id, &name, "Succeeded");
            job.created_ms += 86_400_000 * 19;
            state.jobs.push(job);
        }
        state.jobs.push(running("dlcold", "me-long"));
    });
    world.sweep().await;
    let refused = world.submit("one too many").await.unwrap().unwrap_err();
    assert_eq!(refused.kind, FaultKind::Limit);
    assert!(refused.message.contains("dlcold"), "{refused}");
}

#[tokio::test]
async fn p4b_a_job_of_last_year_counts_for_the_limits_for_as_long_as_it_runs() {
    let world = World::new(r#"{"maxRunningJobs": 1}"#).await;
    world.cloud.with(|state| {
        let mut job = running("dlcold", "me-long");
        job.created_ms -= 86_400_000 * 365;
        state.jobs.push(job);
    });
    world.sweep().await;
    let refused = world.submit("one too many").await.unwrap().unwrap_err();
    assert!(refused.message.contains("dlcold"), "{refused}");
    world.cloud.with(|state| state.jobs[0].status = "Succeeded");
    world.pass(secs(31)).await;
    world.submit("now").await.unwrap().unwrap();
}

#[tokio::test]
async fn p5_prefixes_that_begin_alike_do_not_count_for_each_other() {
    let world = World::new(r#"{"maxRunningJobs": 1}"#).await;
    world.cloud.with(|state| {
        let tags = [(TAG_PREFIX.to_owned(), "me-2".to_owned())];
        state.jobs.push(CloudJob {
            tags: Some(tags.into()),
            ..running("dlc2", "me-2-train")
        });
        // Only a part of its name is ours.
        state.jobs.push(running("dlcx", "not-me-train"));
    });
    world.sweep().await;
    world.submit("mine").await.unwrap().unwrap();
}

#[tokio::test]
async fn p6_of_submits_at_the_same_time_only_those_within_the_limit_are_sent() {
    let world = World::new(r#"{"maxRunningJobs": 3}"#).await;
    let submits: Vec<_> = (0..20).map(|n| world.submit(&n.to_string())).collect();
    let mut made = 0;
    for submit in submits {
        match submit.await.unwrap() {
            Ok(_) => made += 1,
            Err(fault) => assert_eq!(fault.kind, FaultKind::Limit, "{fault}"),
        }
    }
    assert_eq!(made, 3);
    assert_eq!(world.cloud.with(|state| state.creates_seen), 3);
}

#[tokio::test]
async fn p6_a_submit_whose_answer_is_lost_keeps_its_room() {
    let world = World::new(r#"{"maxRunningJobs": 1}"#).await;
    let lost = world
        .submit_meeting(Create::LostAndLate(5_000), "lost")
        .await;
    let refused = world.submit("second").await.unwrap().unwrap_err();
    assert_eq!(refused.kind, FaultKind::Limit);
    world.pass(secs(15)).await;
    let made = lost.await.unwrap().unwrap();
    assert_eq!(made.job.phase, Phase::Pending);
    assert_eq!(world.cloud.with(|state| state.jobs.len()), 1);
}

#[tokio::test]
async fn p8_names_of_one_second_are_in_utc_and_differ() {
    let world = World::new(r#"{"maxRunningJobs": 100}"#).await;
    for number in 0..20 {
        world.submit(&number.to_string()).await.unwrap().unwrap();
    }
    let mut names: Vec<_> = world
        .cloud
        .with(|state| state.jobs.iter().map(|job| job.name.clone()).collect());
    // The clock of the test stands at 2027-01-15T08:00:00Z.
    assert!(
        names
            .iter()
            .all(|name| name.starts_with("me-train-20270115080000-")),
        "{names:?}"
    );
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 20);
}

#[tokio::test]
async fn p13_what_is_reserved_after_its_end_holds_gpus_and_is_no_running_job() {
    let world = World::new(r#"{"maxRunningJobs": 1, "maxGPU": 2}"#).await;
    world.submit("first").await.unwrap().unwrap();
    world
        .cloud
        .with(|state| state.jobs[0].status = "SucceededReserving");
    world.pass(secs(31)).await;
    assert_eq!(
        world.jobs().await[0].phase,
        Phase::Succeeded,
        "it has ended"
    );
    world.submit("second").await.unwrap().unwrap();
    world.cloud.with(|state| state.jobs[1].status = "Succeeded");
    world.pass(secs(31)).await;
    world.change_limits(r#"{"maxRunningJobs": 1, "maxGPU": 1}"#);
    let refused = world.submit("third").await.unwrap().unwrap_err();
    assert_eq!(refused.field, "limits.maxGPU");
}
