//! What pods really print: every line arrives once and as it was, however long it is and whatever it draws.

use std::path::{Path, PathBuf};

use pai_emulator::{ScriptedLine, Status};
use pai_tests::{Finished, World};
use serde_json::json;

const LONG: usize = 10_000_000;

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/logs");
    let files = std::fs::read_dir(folder).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|ext| ext == "log"))
        .collect();
    files.sort();
    assert!(files.len() > 5, "{files:?}");
    files
}

async fn world() -> World {
    World::with(|plan| {
        plan.emulator.max_line_bytes = LONG;
        plan.emulator.max_answer_bytes = LONG + 1_000;
        plan.own = json!({"api": {"callsPerSecond": 100, "burst": 1000}, "logs": {"lag": 0.2}});
    })
    .await
}

async fn logs(world: &World, id: &str, args: &[&str]) -> Finished {
    let line = [&["logs", id], args].concat();
    let done = world.paictl(&line).await;
    assert_eq!(done.code, 0, "{}", done.stderr);
    done
}

/// What is left of a line that was drawn over and over on a screen without colours: the last state that shows something.
fn last_state(line: &str) -> String {
    let mut states = line.rsplit('\r').map(without_sequences);
    let shows = |state: &String| !state.trim().is_empty();
    states.find(shows).unwrap_or_default()
}

fn without_sequences(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default();
    let rests = parts.map(|part| {
        let end = part.find(|letter: char| letter.is_ascii_alphabetic());
        end.map_or("", |end| &part[end + 1..])
    });
    [first].into_iter().chain(rests).collect()
}

#[tokio::test]
async fn what_trainers_print_comes_through() {
    let world = world().await;
    let _daemon = world.daemon().await;
    for path in fixtures() {
        let mut printed = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy();
        let id = world
            .submit(&name, &format!("cat '{}'", path.display()))
            .await;
        assert_eq!(world.paictl(&["wait", &id]).await.code, 0);
        let raw = logs(&world, &id, &["--raw"]).await.stdout;
        if !printed.ends_with('\n') {
            printed.push('\n');
        }
        assert!(raw == printed, "{name}: {raw:?}");
        let shown = logs(&world, &id, &[]).await.stdout;
        let expected: Vec<_> = printed.lines().map(last_state).collect();
        let shown: Vec<_> = shown.lines().collect();
        assert_eq!(shown, expected, "{name}");
    }
}

#[tokio::test]
async fn a_line_of_ten_megabytes_is_stored_and_shown_cut_unless_all_of_it_is_wanted() {
    let world = world().await;
    let _daemon = world.daemon().await;
    let id = world.submit("train", "exec sleep infinity").await;
    let job = world.reached(&id, Status::Running).await;
    let control = world.control();
    let now_ms = control.clock().now_ms();
    let long = "x".repeat(LONG);
    let lines = [
        ScriptedLine::new(now_ms - 60_000, "before"),
        ScriptedLine::new(now_ms - 50_000, long.as_str()),
        ScriptedLine::new(now_ms - 40_000, "after"),
    ];
    control.script_log(&job.pods[0].pod_uid, &lines).unwrap();
    assert!(control.end_job(&id, 0));
    world.ended(&id).await;
    let shown = logs(&world, &id, &[]).await;
    let lines: Vec<_> = shown.stdout.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[2]), (3, "before", "after"));
    assert!(lines[1].len() < 70_000, "{}", lines[1].len());
    let note = " … [line cut: 64 KiB of 9.5 MiB; --raw shows it whole]";
    assert!(lines[1].ends_with(note), "{}", &lines[1][65_000..]);
    let raw = logs(&world, &id, &["--raw"]).await.stdout;
    assert!(raw == format!("before\n{long}\nafter\n"), "{}", raw.len());
}
