//! A kill at each point of a submit, with lists that are five seconds late: one job, whoever asks again.

use paid::{model::Phase, submit::Wish};

use crate::{
    cloud::Create,
    world::{World, secs, wish},
};

const ROOMY: &str = r#"{"maxRunningJobs": 10}"#;

/// Where the daemon dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Point {
    /// While the look is under way that the limits are decided on.
    BeforeTheIntent,
    /// The intent is stored, and nothing was sent.
    BeforeTheCall,
    /// The call took effect, and its answer is on the way.
    BeforeTheAnswer,
    /// The call took effect, its answer was lost, and the daemon was looking.
    WhileLooking,
}

const POINTS: [Point; 4] = [
    Point::BeforeTheIntent,
    Point::BeforeTheCall,
    Point::BeforeTheAnswer,
    Point::WhileLooking,
];

fn asked(key: &str) -> Wish {
    Wish {
        key: key.into(),
        nonce: "nonce-1".into(),
        ..wish("run")
    }
}

/// A world whose daemon was killed at this point of a submit.
async fn killed_at(point: Point, key: &str) -> World {
    killed_with_clock(point, key, 0).await
}

/// The same, with a cloud whose clock is so much behind that of the machine.
async fn killed_with_clock(point: Point, key: &str, behind_ms: i64) -> World {
    let mut world = World::new(ROOMY).await;
    world.hands.jump(behind_ms);
    world.cloud.with(|state| state.behind_ms = behind_ms);
    // The look of the start is too old by then.
    world.pass(secs(15)).await;
    world.cloud.with(|state| {
        state.list_lag_ms = 5_000;
        state.lists_hang = point == Point::BeforeTheIntent;
        match point {
            Point::BeforeTheIntent => {}
            Point::BeforeTheCall => state.creates.push_back(Create::Hang),
            Point::BeforeTheAnswer => state.creates.push_back(Create::MakeAndHang),
            Point::WhileLooking => state.creates.push_back(Create::LostAndLate(5_000)),
        }
    });
    let submit = world.submit_wish(asked(key));
    world.settle().await;
    if point == Point::WhileLooking {
        world.pass(secs(3)).await;
    }
    world.kill();
    submit.abort();
    world.cloud.with(|state| state.lists_hang = false);
    world
}

#[tokio::test]
async fn the_next_daemon_finishes_what_was_begun_and_makes_no_second_job() {
    for point in POINTS {
        let mut world = killed_at(point, "").await;
        world.start().await;
        world.pass(secs(120)).await;
        let made = world.cloud.with(|state| state.jobs.len());
        let expected = usize::from(point != Point::BeforeTheIntent);
        assert_eq!(made, expected, "{point:?}");
        let jobs = world.jobs().await;
        assert_eq!(jobs.len(), expected, "{point:?}");
        assert!(
            jobs.iter().all(|job| job.native_id.is_some() && job.own),
            "{point:?}"
        );
    }
}

#[tokio::test]
async fn whoever_repeats_the_call_or_the_key_gets_the_one_job() {
    for point in POINTS {
        for key in ["", "key-1"] {
            let mut world = killed_at(point, key).await;
            world.start().await;
            // A client that repeats its call, and one that only knows the key.
            let repeated = world.submit_wish(asked(key));
            let by_key = (!key.is_empty()).then(|| {
                world.submit_wish(Wish {
                    nonce: "nonce-2".into(),
                    ..asked(key)
                })
            });
            world.pass(secs(120)).await;
            let repeated = repeated.await.unwrap().unwrap();
            assert_eq!(
                repeated.joined,
                point != Point::BeforeTheIntent || by_key.is_some() && repeated.joined
            );
            if let Some(by_key) = by_key {
                let by_key = by_key.await.unwrap().unwrap();
                assert_eq!(by_key.job.uid, repeated.job.uid, "{point:?}");
            }
            assert_eq!(
                world.cloud.with(|state| state.jobs.len()),
                1,
                "{point:?} {key:?}"
            );
            let jobs = world.jobs().await;
            assert_eq!(jobs.len(), 1, "{point:?} {key:?}");
            assert_eq!(jobs[0].phase, Phase::Pending, "{point:?} {key:?}");
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_hours_off_makes_no_second_job() {
    for hours in [-2, 2] {
        for point in POINTS {
            let mut world = killed_with_clock(point, "key-1", hours * 3_600_000).await;
            world.start().await;
            let repeated = world.submit_wish(asked("key-1"));
            world.pass(secs(120)).await;
            repeated.await.unwrap().unwrap();
            let made = world.cloud.with(|state| state.jobs.len());
            assert_eq!(made, 1, "{point:?} {hours}");
            assert_eq!(world.jobs().await.len(), 1, "{point:?} {hours}");
        }
    }
}

#[tokio::test]
async fn what_was_killed_keeps_its_room_until_it_is_known() {
    for point in [
        Point::BeforeTheCall,
        Point::BeforeTheAnswer,
        Point::WhileLooking,
    ] {
        let mut world = killed_at(point, "").await;
        world.change_limits(r#"{"maxRunningJobs": 1}"#);
        world.start().await;
        world.pass(secs(1)).await;
        let other = world.submit("other").await.unwrap().unwrap_err();
        assert!(
            other.message.contains("maxRunningJobs is 1"),
            "{point:?}: {other}"
        );
        world.pass(secs(120)).await;
        let other = world.submit("other").await.unwrap().unwrap_err();
        assert!(other.message.contains("dlc1"), "{point:?}: {other}");
        assert_eq!(world.cloud.with(|state| state.jobs.len()), 1, "{point:?}");
    }
}

/// Looks by name, in whole seconds since the clock began.
fn name_looks(world: &World) -> Vec<i64> {
    let looks = world.cloud.with(|state| state.name_looks.clone());
    looks.iter().map(|ms| ms / 1000).collect()
}

#[tokio::test]
async fn the_next_daemons_looks_count_from_the_latest_moment_of_the_send() {
    let mut world = World::new(ROOMY).await;
    world.pass(secs(15)).await;
    // The look before the send takes nine seconds.
    world.cloud.with(|state| {
        state.list_takes = secs(9);
        state.creates.push_back(Create::Hang);
    });
    let submit = world.submit_wish(asked(""));
    world.pass(secs(9)).await;
    world.cloud.with(|state| state.list_takes = secs(0));
    // One daemon after the other dies before it has looked.
    for _ in 0..3 {
        world.kill();
        world.start().await;
        world.pass(secs(1)).await;
    }
    submit.abort();
    world.pass(secs(60)).await;
    // Stored after 24 s, and sent ten seconds later at the latest.
    assert_eq!(name_looks(&world), [36, 39, 44, 54, 74]);
}
