//! Own are the jobs under the own prefix, and prefixes that begin alike stay apart.

use paid::{
    model::{FaultKind, Job, TAG_PREFIX},
    submit,
};

use crate::{
    cloud::CloudJob,
    world::{World, secs},
};

const ROOMY: &str = r#"{"maxRunningJobs": 10}"#;

/// A world of the prefix `me` with these jobs at the cloud: id, name, and the prefix of the tag.
async fn world(jobs: &[(&str, &str, Option<&str>)]) -> World {
    let world = World::new(ROOMY).await;
    world.cloud.with(|state| {
        for (id, name, tag) in jobs {
            let tags = tag.map(|tag| [(TAG_PREFIX.to_owned(), tag.to_owned())].into());
            state.jobs.push(CloudJob {
                tags,
                ..CloudJob::named(id, name, "Running")
            });
        }
    });
    world
}

async fn own(world: &World) -> Vec<String> {
    let jobs = world.jobs().await.into_iter().filter(|job| job.own);
    let mut ids: Vec<_> = jobs.filter_map(|job| job.native_id).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn a_tag_tells_whose_a_job_is_whatever_its_name() {
    let world = world(&[
        ("dlca", "me-train", Some("me")),
        ("dlcb", "me-2-train", Some("me-2")),
        ("dlcc", "me-2-other", Some("me")),
    ])
    .await;
    world.sweep().await;
    assert_eq!(own(&world).await, ["dlca", "dlcc"]);
}

#[tokio::test]
async fn an_untagged_job_belongs_to_the_longest_prefix_that_is_known_here() {
    let world = world(&[
        ("dlca", "me-train", None),
        ("dlcb", "me-2-train", None),
        ("dlcc", "me-20-train", None),
    ])
    .await;
    world.sweep().await;
    assert_eq!(
        own(&world).await,
        ["dlca", "dlcb", "dlcc"],
        "no other prefix is known"
    );
    // Somebody uses another settings file.
    let place = world.running().scope.place.clone();
    let other = format!("{}-2", place);
    world
        .journal
        .write(move |tx| tx.context("/other.json", &other))
        .await
        .unwrap();
    world.pass(secs(31)).await;
    assert_eq!(own(&world).await, ["dlca", "dlcc"]);
}

#[tokio::test]
async fn a_stored_submit_tells_whose_its_job_is() {
    let world = World::new(ROOMY).await;
    let made = world.submit("run").await.unwrap().unwrap();
    let place = world.running().scope.place.clone();
    // A prefix that would fit its name better, and lists that tell no tags.
    let longer = format!("{}-train", place);
    world
        .journal
        .write(move |tx| tx.context("/other.json", &longer))
        .await
        .unwrap();
    world.cloud.with(|state| state.jobs[0].tags = None);
    world.pass(secs(31)).await;
    assert_eq!(own(&world).await, [made.job.native_id.unwrap()]);
}

#[tokio::test]
async fn only_own_jobs_are_stopped_deleted_or_changed() {
    let world = world(&[("dlcb", "me-2-train", Some("me-2"))]).await;
    world.sweep().await;
    let running = world.running();
    let job = async || -> Job { paid::poll::find(&running.scope, "dlcb").await.unwrap() };
    let refused = [
        submit::stop(&running.scope, &running.poller, job().await)
            .await
            .map(|_| ()),
        submit::delete(&running.scope, job().await)
            .await
            .map(|_| ()),
        submit::update(
            &running.scope,
            job().await,
            paid::provider::JobChange {
                priority: Some(9),
                publish: true,
            },
        )
        .await
        .map(|_| ()),
    ];
    for refused in refused {
        let fault = refused.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Permission, "{fault}");
        assert!(fault.message.contains("under the prefix me"), "{fault}");
    }
    assert_eq!(world.cloud.with(|state| state.jobs[0].stops), 0);
}

#[tokio::test]
async fn another_settings_file_of_the_same_place_counts_for_the_limits() {
    let world = World::new(r#"{"maxRunningJobs": 1}"#).await;
    let place = world.running().scope.place.clone();
    // A submit of it is under way: its lists show nothing yet.
    world
        .journal
        .write(move |tx| {
            let other = tx.context("/other.json", &place)?;
            let mut job = Job::new(
                "job-other".into(),
                "me-other-1".into(),
                paid::model::Phase::Submitting,
                tx.now_ms(),
            );
            tx.put_job(other, &mut job, Vec::new())
        })
        .await
        .unwrap();
    let refused = world.submit("run").await.unwrap().unwrap_err();
    assert!(refused.message.contains("job-other"), "{refused}");
}
