//! `paictl demo`: everything is private to it, and gone after it.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use pai_tests::{Running, World, cli::command, eventually, processes, programs::programs};
use rustix::process::Signal;

/// A demo whose folder for temporary files is this world's own.
fn demo(world: &World, args: &[&str]) -> Running {
    let place = place(world);
    fs::create_dir(&place).unwrap();
    let mut command = command(world, &programs().paictl);
    command.arg("demo").args(args).env("TMPDIR", place);
    Running::spawn(command)
}

fn place(world: &World) -> PathBuf {
    world.path("tmp")
}

/// Neither a process nor a folder.
fn nothing_is_left(world: &World) {
    let folders = fs::read_dir(place(world)).unwrap().count();
    assert_eq!(folders, 0);
    let running = processes::that_know(&place(world)).unwrap_or_default();
    assert_eq!(running, Vec::<String>::new());
    assert!(
        !world.state().exists() && !world.socket().exists(),
        "the user's own is not touched"
    );
}

#[tokio::test]
async fn the_demo_ends_well_within_half_a_minute_and_leaves_nothing_behind() {
    let world = World::new().await;
    let begin = Instant::now();
    let done = demo(&world, &[]).finish().await;
    assert!(
        begin.elapsed() < Duration::from_secs(30),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(done.code, 0, "{done:?}");
    for word in ["Running", "Succeeded", "GetJob"] {
        assert!(done.stdout.contains(word), "{word}: {done:?}");
    }
    nothing_is_left(&world);
}

#[tokio::test]
async fn ctrl_c_in_the_middle_is_130_and_leaves_nothing_behind() {
    let world = World::new().await;
    // With --json the story is told on stderr.
    let mut running = demo(&world, &["--json"]);
    running.says("Running").await;
    running.signal(Signal::INT);
    let done = running.finish().await;
    assert_eq!(done.code, 130, "{done:?}");
    nothing_is_left(&world);
}

#[tokio::test]
async fn a_demo_that_was_killed_takes_its_programs_along() {
    let world = World::new().await;
    let mut running = demo(&world, &["--json"]);
    running.says("Running").await;
    if let Some(running) = processes::that_know(&place(&world)) {
        assert!(
            running.len() >= 4,
            "paictl, two programs and their job: {running:?}"
        );
    }
    running.signal(Signal::KILL);
    let done = running.finish().await;
    assert_eq!(done.code, -1, "{done:?}");
    eventually("the end of its programs", || {
        let left = processes::that_know(&place(&world)).unwrap_or_default();
        left.is_empty().then_some(())
    })
    .await;
}
