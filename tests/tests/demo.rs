//! `paictl demo`: everything is private to it, and gone after it.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use pai_tests::{Running, World, cli::command, eventually, processes, programs::programs};
use rustix::process::Signal;

/// A key of the real cloud in the person's environment.
const KEY: &str = "LTAI-of-the-person";

/// A demo whose folder for temporary files is this world's own.
fn demo(world: &World, args: &[&str]) -> Running {
    let place = place(world);
    fs::create_dir(&place).unwrap();
    let mut command = command(world, &programs().paictl);
    command
        .arg("demo")
        .args(args)
        .env("TMPDIR", place)
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY);
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
    for word in [
        "GetJob",
        "log  [worker-0] ",
        "log  [worker-1] ",
        "followed 104 lines of 2 pods",
        "AGENT 2 (pai-mcp)",
    ] {
        assert!(done.stdout.contains(word), "{word}: {done:?}");
    }
    for status in ["Running", "Succeeded"] {
        let row = done.stdout.lines().find(|line| line.starts_with(status));
        let knew = row.unwrap().matches(" s").count();
        assert_eq!(knew, 3, "a client and two agents knew {status}: {done:?}");
    }
    assert!(done.stdout.lines().count() <= 60, "{done:?}");
    nothing_is_left(&world);
}

#[tokio::test]
async fn the_demo_tells_a_program_what_each_client_knew_and_keeps_the_persons_key_to_itself() {
    let world = World::new().await;
    let mut running = demo(&world, &["--json"]);
    running.says("Running").await;
    let paictl = running.pid().as_raw_nonzero().to_string();
    for process in processes::that_know(&place(&world)).unwrap_or_default() {
        let (pid, words) = process.split_once(": ").unwrap();
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment);
        assert_eq!(environment.contains(KEY), pid == paictl, "{words}");
    }
    let done = running.finish().await;
    assert_eq!(done.code, 0, "{done:?}");
    let summary = done.json();
    assert_eq!(summary["clients"], 3);
    assert_eq!(
        summary["client_kinds"],
        serde_json::json!(["paictl", "pai-mcp", "pai-mcp"])
    );
    let changes = summary["changes"].as_array().unwrap();
    let ends: Vec<_> = changes
        .iter()
        .filter(|change| change["status"] == "Running" || change["status"] == "Succeeded")
        .flat_map(|change| change["delays_ms"].as_array().unwrap())
        .collect();
    assert_eq!(ends.len(), 6, "{summary}");
    assert!(ends.iter().all(|delay| delay.is_u64()), "{summary}");
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
            running.len() >= 6,
            "paictl, emulator, daemon, two agents and the job: {running:?}"
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
