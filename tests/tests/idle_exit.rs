//! A daemon that a client started leaves when it has had no work for a quarter of an hour, and not before.

use std::time::Duration;

use pai_proto::{start::IDLE_EXIT, v1::Phase};
use pai_tests::{
    Gate, Inside, World,
    cli::Finished,
    processes::Strays,
    until::eventually,
    wire::{end_of, looked, status_shows, submit_request},
};

/// The daemon looks at its work that often.
const LOOK: Duration = Duration::from_secs(30);

/// Whether this command started a daemon.
fn has_started_one(done: &Finished) -> bool {
    done.stderr.contains("started paid (pid ")
}

/// Nobody is connected to it, and none was so far that has not been noticed.
async fn unused(inside: &Inside) -> Duration {
    eventually("the last connection is closed", || {
        (inside.edge().stats.connections() == 0).then_some(())
    })
    .await;
    inside.now()
}

/// Lets the clock run for an hour, on which the daemon looks at its work a hundred times.
async fn for_an_hour(inside: &Inside) {
    let until = inside.now() + Duration::from_secs(3600);
    let clock = inside.run_clock(1000);
    eventually("an hour has passed", || {
        (inside.now() >= until).then_some(())
    })
    .await;
    drop(clock);
}

/// Lets the clock run until it leaves; how long it was idle by then.
async fn idle_time(inside: Inside, since: Duration) -> Duration {
    // Slowly enough that a busy machine does not make a look late by more than a step.
    let _clock = inside.run_clock(300);
    inside.left().await - since
}

fn is_about_15_minutes(idle: Duration) -> bool {
    // A look may be late by half a minute, and the clock goes in steps.
    (IDLE_EXIT..IDLE_EXIT + 2 * LOOK).contains(&idle)
}

#[tokio::test]
async fn an_idle_daemon_leaves_after_fifteen_minutes_and_the_next_command_starts_one() {
    let world = World::new().await;
    let _strays = Strays::of(&world);
    let inside = world.inside_auto_started().await;
    drop(world.client().await);
    unused(&inside).await;
    // A client that comes and goes between two looks begins the time anew.
    inside.advance(IDLE_EXIT / 2);
    let first = world.start_paictl_alone(&["config", "get"]).finish().await;
    assert_eq!((first.code, has_started_one(&first)), (0, false));
    let since = unused(&inside).await;
    let idle = idle_time(inside, since).await;
    assert!(is_about_15_minutes(idle), "{idle:?}");
    assert!(!world.socket().exists());
    let next = world.start_paictl_alone(&["config", "get"]).finish().await;
    assert_eq!((next.code, has_started_one(&next)), (0, true));
}

#[tokio::test]
async fn a_daemon_that_was_started_by_hand_stays() {
    let world = World::new().await;
    let inside = world.inside().await;
    looked(&world.client().await).await;
    unused(&inside).await;
    for_an_hour(&inside).await;
    assert_eq!(
        world.client().await.hello().instance,
        inside.edge().instance
    );
    inside.shutdown().await;
}

#[tokio::test]
async fn a_client_that_only_keeps_its_connection_keeps_the_daemon() {
    let world = World::new().await;
    let inside = world.inside_auto_started().await;
    let client = world.client().await;
    for_an_hour(&inside).await;
    let status = client.status().await.unwrap();
    assert_eq!(status.instance, inside.edge().instance, "the same daemon");
    let idle_ms = i64::try_from(IDLE_EXIT.as_millis()).unwrap();
    let leaves_at = status.leaves_at_ms.unwrap();
    assert_eq!(leaves_at, inside.edge().clock.wall_ms() + idle_ms);
    let other = world.client().await;
    let status = client.status().await.unwrap();
    assert_eq!((status.leaves_at_ms, status.connections), (None, 2));
    drop((client, other));
    let since = unused(&inside).await;
    let idle = idle_time(inside, since).await;
    assert!(is_about_15_minutes(idle), "{idle:?}");
}

#[tokio::test]
async fn an_active_job_keeps_the_daemon() {
    let world = World::new().await;
    let inside = world.inside_auto_started().await;
    let gate = Gate::new(&world, "end");
    let client = world.client().await;
    let request = submit_request("train", &gate.command());
    let job = client.submit(request).await.unwrap().job.unwrap();
    drop(client);
    unused(&inside).await;
    for_an_hour(&inside).await;
    let client = world.client().await;
    let status = client.status().await.unwrap();
    assert_eq!(status.instance, inside.edge().instance, "the same daemon");
    assert_eq!(status.contexts[0].active_jobs, 1);
    assert_eq!(status.leaves_at_ms, None);
    drop(client);
    unused(&inside).await;
    gate.open();
    world.ended(&job.native_id).await;
    // The end is seen by the next look only.
    let since = inside.now();
    let idle = idle_time(inside, since).await;
    assert!(idle >= IDLE_EXIT, "{idle:?}");
}

#[tokio::test]
async fn an_unconfirmed_submit_keeps_the_daemon() {
    let world = World::new().await;
    let inside = world.inside_auto_started().await;
    let client = world.client().await;
    looked(&client).await;
    world.fault("CreateJob:cut_after:count=1");
    world.fault("ListJobs:server_error");
    let clock = inside.run_clock(50);
    let answer = client.submit(submit_request("lost", "true")).await;
    drop(clock);
    let job = answer.unwrap().job.unwrap();
    assert_eq!(job.phase(), Phase::Unconfirmed);
    drop(client);
    unused(&inside).await;
    for_an_hour(&inside).await;
    let client = world.client().await;
    assert_eq!(client.hello().instance, inside.edge().instance);
    world.control().clear_faults();
    let clock = inside.run_clock(50);
    assert_eq!(end_of(&client, &job.uid).await.phase(), Phase::Succeeded);
    drop((clock, client));
    let since = unused(&inside).await;
    let idle = idle_time(inside, since).await;
    assert!(is_about_15_minutes(idle), "{idle:?}");
}

/// The daemon leaves at the very moment at which a command comes: whoever of the two is first, the command is served.
#[tokio::test]
async fn a_command_at_the_moment_of_leaving_is_served() {
    let world = World::new().await;
    let _strays = Strays::of(&world);
    for round in 0..8_u32 {
        let inside = world.inside_auto_started().await;
        looked(&world.client().await).await;
        unused(&inside).await;
        let running = world.start_paictl_alone(&["config", "get"]);
        let clock = inside.run_clock(20_000 * (round + 1));
        let done = running.finish().await;
        assert_eq!(done.code, 0, "round {round}: {done:?}");
        inside.left().await;
        drop(clock);
        if has_started_one(&done) {
            assert_eq!(world.paictl(&["daemon", "stop"]).await.code, 0);
        }
    }
}

#[tokio::test]
async fn the_status_tells_what_keeps_the_daemon() {
    let world = World::new().await;
    let inside = world.inside_auto_started().await;
    let client = world.client().await;
    status_shows(&client, "it would leave", |status| {
        status.auto_started && status.leaves_at_ms.is_some()
    })
    .await;
    let never = Gate::new(&world, "never");
    let request = submit_request("long", &never.command());
    client.submit(request).await.unwrap();
    let told = world.paictl(&["daemon", "status"]).await.stdout;
    assert!(
        told.contains("(now: 1 active job, 1 other client)"),
        "{told}"
    );
    drop(client);
    inside.shutdown().await;
}
