//! Logs of jobs that nobody follows.

use super::*;

fn asked(world: &World) -> usize {
    world.cloud.with(|state| state.logs.asked.len())
}

async fn counts(world: &World, uid: &str) -> (usize, usize) {
    let count = async |pod| stored(world, uid, pod).await.0.len();
    (count(POD).await, count(OTHER).await)
}

#[tokio::test]
async fn of_a_running_job_the_pods_of_the_setting_are_kept_and_each_line_is_read_about_once() {
    for (keep, expected) in [("main", (30, 0)), ("all", (30, 30)), ("none", (0, 0))] {
        let (world, uid) = running_job(&format!(r#"{{"logs": {{"keep": "{keep}"}}}}"#)).await;
        for _ in 0..30 {
            write(&world, POD, now_ms(&world), 1);
            write(&world, OTHER, now_ms(&world), 1);
            world.pass(secs(10)).await;
        }
        world.pass(secs(60)).await;
        assert_eq!(counts(&world, &uid).await, expected, "{keep}");
        let pods = usize::from(expected.0 > 0) + usize::from(expected.1 > 0);
        // A look at each pod every twenty seconds.
        assert!(asked(&world) <= pods * 20, "{keep}: {}", asked(&world));
    }
}

#[tokio::test]
async fn what_is_kept_is_the_same_as_what_a_follower_reads() {
    let (world, uid) = running_job("{}").await;
    for round in 0..30 {
        write(
            &world,
            POD,
            now_ms(&world),
            [0, 700, 3, 1_200, 40][round % 5],
        );
        world.pass(secs(7)).await;
        if round % 10 == 4 {
            let followed = follow(&world, &uid);
            world.pass(secs(5)).await;
            drop(followed);
        }
    }
    world.pass(secs(80)).await;
    let (texts, gaps) = stored(&world, &uid, POD).await;
    assert!(texts == written(&world, POD), "{}", texts.len());
    assert_eq!(gaps, []);
}

#[tokio::test]
async fn of_a_failed_job_all_pods_are_read_and_then_nothing_is_asked_any_more() {
    for (status, all) in [("Failed", true), ("Succeeded", false)] {
        let (world, uid) = running_job("{}").await;
        world.pass(secs(30)).await;
        write(&world, POD, now_ms(&world), 5);
        write(&world, OTHER, now_ms(&world), 7);
        end(&world, status).await;
        world.pass(secs(90)).await;
        let other = if all { 7 } else { 0 };
        assert_eq!(counts(&world, &uid).await, (5, other), "{status}");
        let logs = world.journal.logs();
        assert!(logs.asked(&uid).await.unwrap().closed);
        let streams = logs.streams(&uid).await.unwrap();
        assert_eq!(streams.len(), if all { 2 } else { 1 });
        assert!(streams.iter().all(|stream| stream.complete));
        let then = asked(&world);
        // Longer than between two times at which every job is considered.
        world.hands.advance(secs(700));
        world.pass(secs(30)).await;
        assert_eq!((asked(&world), world.running().tails.active()), (then, 0));
    }
}

#[tokio::test]
async fn what_comes_after_the_end_is_read_for_two_minutes_and_a_follow_does_not_wait_for_it() {
    let (world, uid) = running_job("{}").await;
    let followed = follow(&world, &uid);
    write(&world, POD, now_ms(&world), 2);
    world.pass(secs(4)).await;
    end(&world, "Succeeded").await;
    world.pass(secs(3)).await;
    assert!(followed.progress.borrow().ended.clone().unwrap().complete);
    drop(followed);
    for _ in 0..4 {
        write(&world, POD, now_ms(&world), 1);
        world.pass(secs(10)).await;
    }
    let streams = world.journal.logs().streams(&uid).await.unwrap();
    assert!(streams.iter().all(|stream| !stream.complete));
    world.pass(secs(80)).await;
    assert_eq!(counts(&world, &uid).await, (6, 0));
    let streams = world.journal.logs().streams(&uid).await.unwrap();
    assert!(streams.iter().all(|stream| stream.complete));
}

#[tokio::test]
async fn a_log_that_never_falls_silent_is_closed_all_the_same() {
    let (world, uid) = running_job("{}").await;
    world.pass(secs(30)).await;
    end(&world, "Succeeded").await;
    for _ in 0..40 {
        write(&world, POD, now_ms(&world), 1);
        world.pass(secs(5)).await;
    }
    assert!(world.journal.logs().asked(&uid).await.unwrap().closed);
}

#[tokio::test]
async fn a_daemon_that_was_away_at_the_end_reads_the_rest() {
    let (mut world, uid) = running_job("{}").await;
    write(&world, POD, now_ms(&world), 4);
    world.pass(secs(60)).await;
    write(&world, POD, now_ms(&world), 3);
    write(&world, OTHER, now_ms(&world), 2);
    world.kill();
    world.cloud.with(|state| state.jobs[0].status = "Failed");
    world.hands.advance(secs(3_600));
    world.start().await;
    world.pass(secs(120)).await;
    assert_eq!(counts(&world, &uid).await, (7, 2));
    assert!(world.journal.logs().asked(&uid).await.unwrap().closed);
}

#[tokio::test]
async fn a_disk_without_room_stores_no_line_and_says_so_and_goes_on_when_there_is_some() {
    let (world, uid) = running_job("{}").await;
    write(&world, POD, now_ms(&world), 3);
    let followed = follow(&world, &uid);
    world.pass(secs(4)).await;
    world.journal.logs().space().set(Some(1 << 20));
    world.pass(secs(6)).await;
    write(&world, POD, now_ms(&world), 3);
    world.pass(secs(4)).await;
    let told = followed.progress.borrow().fault.clone().unwrap();
    assert!(
        told.message.contains("disk") && told.hint.contains("--prune"),
        "{told}"
    );
    assert_eq!(world.journal.logs().full(), Some(1 << 20));
    assert_eq!(
        counts(&world, &uid).await,
        (3, 0),
        "what is stored is served"
    );
    // Everything else goes on.
    world.submit("another").await.unwrap().unwrap();
    world.journal.logs().space().set(None);
    world.pass(secs(30)).await;
    assert_eq!(
        (counts(&world, &uid).await, world.journal.logs().full()),
        ((6, 0), None)
    );
    assert!(followed.progress.borrow().fault.is_none());
}

#[tokio::test]
async fn a_clock_that_is_ahead_settles_nothing_too_early() {
    let (world, uid) = running_job("{}").await;
    world.cloud.with(|state| state.behind_ms += 8_000);
    for round in 0..60 {
        let at_ms = world.cloud.now_ms();
        world.cloud.with(|state| {
            // As late as a line may be.
            state.logs.delays.insert(state.logs.lines.len(), 19_500);
            for n in 0..60 {
                let text = format!("line {round}.{n}");
                state.logs.write(POD, at_ms, text);
            }
        });
        world.pass(secs(3)).await;
    }
    world.pass(secs(60)).await;
    let (mut texts, _) = stored(&world, &uid, POD).await;
    let mut written = written(&world, POD);
    texts.sort();
    written.sort();
    assert!(texts == written, "{} of {}", texts.len(), written.len());
}
