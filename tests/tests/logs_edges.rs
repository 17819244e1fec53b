//! Edges of how logs are told: a first look that fails, parts that are not read yet, searches of what is stored.

use std::time::{Duration, Instant};

use pai_emulator::{ScriptedLine, Status};
use pai_proto::v1;
use pai_tests::{Gate, World, until::within, world::profile};
use serde_json::json;

async fn world() -> World {
    World::with(|plan| {
        let profile = profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "0"}));
        plan.settings = json!({"profiles": {"default": profile}});
        plan.own = json!({"api": {"callsPerSecond": 100, "burst": 1000}, "logs": {"lag": 0.2, "keep": "none"}});
    })
    .await
}

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.unwrap().as_millis()).unwrap()
}

/// A running job with 18,000 lines, 60 of each of the 300 s before now, that nobody has read.
async fn long_log(world: &World, gate: &Gate) -> String {
    let command = format!("echo begun; {}; echo over", gate.command());
    let id = world.submit("train", &command).await;
    let job = world.reached(&id, Status::Running).await;
    let now_ms = now_ms();
    let lines: Vec<_> = (0..300_i64)
        .flat_map(|second| (0..60).map(move |n| (second, n)))
        .map(|(second, n)| {
            ScriptedLine::new(now_ms - (302 - second) * 1000, format!("line {second}.{n}"))
        })
        .collect();
    world
        .control()
        .script_log(&job.pods[0].pod_uid, &lines)
        .unwrap();
    id
}

#[tokio::test]
async fn the_last_lines_of_a_long_log_are_shown_before_all_of_it_is_read() {
    let world = world().await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "end");
    let id = long_log(&world, &gate).await;
    let begun = Instant::now();
    let last = world.paictl(&["logs", "--tail", "5", &id]).await;
    let took = begun.elapsed();
    assert_eq!(last.stdout.lines().count(), 5, "{last:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    gate.open();
}

#[tokio::test]
async fn a_first_look_that_fails_does_not_make_a_tail_the_whole_log() {
    let world = world().await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "end");
    let command = format!("seq 1 500; {}; echo over", gate.command());
    let id = world.submit("train", &command).await;
    world.reached(&id, Status::Running).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.fault("GetPodLogs:refuse:count=1");
    let follow = world.start_paictl(&["logs", "-f", "--tail", "5", &id]);
    tokio::time::sleep(Duration::from_secs(8)).await;
    gate.open();
    let told = within("the end", follow.finish()).await;
    assert_eq!(told.stdout.lines().count(), 6, "{told:?}");
}

#[tokio::test]
async fn a_search_says_so_where_a_part_of_the_log_is_not_read() {
    let world = world().await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "end");
    let id = long_log(&world, &gate).await;
    world.paictl(&["logs", "--tail", "5", &id]).await;
    let search = || world.paictl(&["logs", "--grep", "^line 3\\.7$", &id]);
    let fault = world.fault("GetPodLogs:forbidden");
    let says_so = async { while !search().await.stderr.contains("not stored") {} };
    within("a word of what is missing", says_so).await;
    assert!(world.control().remove_fault(fault));
    // It reads what is new, and what lies before the last lines.
    let found = search().await;
    assert_eq!(found.stderr, "", "{found:?}");
    assert_eq!(found.stdout, "line 3.7\n", "{found:?}");
    gate.open();
}

#[tokio::test]
async fn a_search_of_what_is_stored_asks_nothing_of_the_cloud() {
    let world = world().await;
    let _daemon = world.daemon().await;
    let id = world.submit("train", "echo hello").await;
    world.paictl(&["wait", &id]).await;
    let whole = world.paictl(&["logs", &id]).await;
    assert_eq!(whole.stdout, "hello\n", "{whole:?}");
    let calls = world.control().call_count("GetPodLogs");
    let found = world
        .paictl(&["logs", "--stored", "--grep", "hello", &id])
        .await;
    assert_eq!(
        (found.code, found.stdout.as_str()),
        (0, "hello\n"),
        "{found:?}"
    );
    assert_eq!(world.control().call_count("GetPodLogs"), calls);
}

/// However the daemon came to read it: here its end first, and then what lies before.
#[tokio::test]
async fn lines_are_counted_from_the_first_one_whatever_was_read_first() {
    let world = world().await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "end");
    let id = long_log(&world, &gate).await;
    let last = world.paictl(&["logs", "--tail", "5", &id]).await;
    assert_eq!(last.stdout.lines().count(), 5, "{last:?}");
    let told = world
        .paictl(&["--json", "logs", "--from", "17999", &id])
        .await;
    let lines = told.stdout.lines();
    let lines: Vec<serde_json::Value> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let counted: Vec<_> = lines
        .iter()
        .map(|line| (line["line"].as_u64(), line["text"].as_str().unwrap()))
        .collect();
    assert_eq!(
        counted,
        [
            (Some(17_999), "line 299.58"),
            (Some(18_000), "line 299.59"),
            (Some(18_001), "begun")
        ],
        "{told:?}"
    );
    assert!(lines[0]["segment"].as_u64() > Some(1), "{told:?}");
    gate.open();
}

#[tokio::test]
async fn lines_on_both_sides_of_a_gap_stand_apart_and_the_gap_says_that_it_is_one() {
    let world = world().await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "end");
    let id = world.submit("train", &gate.command()).await;
    let job = world.reached(&id, Status::Running).await;
    let now_ms = now_ms();
    let burst = (1..=7_000).map(|n| ScriptedLine::new(now_ms - 90_000, format!("burst {n}")));
    let lines: Vec<_> = std::iter::once(ScriptedLine::new(now_ms - 100_000, "before"))
        .chain(burst)
        .chain([ScriptedLine::new(now_ms - 80_000, "after")])
        .collect();
    world
        .control()
        .script_log(&job.pods[0].pod_uid, &lines)
        .unwrap();
    gate.open();
    world.paictl(&["wait", &id]).await;
    let read = world.paictl(&["logs", &id]).await;
    let told = read.stderr.matches("are missing here").count();
    assert_eq!(told, 1, "{}", read.stderr);
    assert_eq!(read.stdout.lines().count(), 5_002);
    let found = world.paictl(&["logs", "--grep", ".", "-C", "1", &id]).await;
    let lines: Vec<_> = found.stdout.lines().collect();
    let apart: Vec<_> = (0..lines.len()).filter(|at| lines[*at] == "--").collect();
    let [apart] = apart[..] else {
        panic!("{apart:?}");
    };
    // Which end of a burst is kept is the cloud's choice.
    assert!(
        lines[apart - 1] == "before" || lines[apart + 1] == "after",
        "{:?}",
        &lines[apart - 1..=apart + 1]
    );
    let request = v1::ReadLogTextRequest {
        id,
        ..v1::ReadLogTextRequest::default()
    };
    let agent = world.client().await.read_log_text(request).await.unwrap();
    assert!(
        agent
            .header
            .contains("; lines may be missing at one place before them"),
        "{}",
        agent.header
    );
}

/// Lines are counted through the incarnation, or not at all: `--from` takes what is told.
#[tokio::test]
async fn the_last_lines_bear_the_numbers_that_from_takes() {
    let world = world().await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "end");
    let id = long_log(&world, &gate).await;
    world.paictl(&["logs", "--tail", "5", &id]).await;
    // Until the part before it is read, too.
    let whole = world.paictl(&["--json", "logs", &id]).await;
    let last = world.paictl(&["--json", "logs", "--tail", "5", &id]).await;
    gate.open();
    let numbers = |out: &str| {
        let line = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
        let lines: Vec<_> = out
            .lines()
            .map(|text| line(text)["line"].as_u64())
            .collect();
        lines[lines.len() - 5..].to_vec()
    };
    assert_eq!(numbers(&last.stdout), numbers(&whole.stdout));
}

#[tokio::test]
async fn last_lines_are_as_many_as_were_asked_for_however_many_these_are() {
    let world = world().await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "end");
    let id = long_log(&world, &gate).await;
    let last = world.paictl(&["logs", "--tail", "15000", &id]).await;
    gate.open();
    assert_eq!(last.stdout.lines().count(), 15_000, "{}", last.stderr);
}

#[tokio::test]
async fn a_search_of_a_pod_that_does_not_exist_is_refused() {
    let world = world().await;
    let _daemon = world.daemon().await;
    let id = world.submit("train", "echo hello").await;
    world.paictl(&["wait", &id]).await;
    for chosen in [["--pod", "worker-9"], ["--role", "Chief"]] {
        let line = [&["logs", "--grep", "hello", &id][..], &chosen].concat();
        let found = world.paictl(&line).await;
        assert_eq!(found.code, 5, "{chosen:?}: {found:?}");
        assert!(found.stderr.contains("worker-0"), "{}", found.stderr);
    }
}

#[tokio::test]
async fn an_agent_is_told_how_many_lines_since_a_moment_it_is_not_shown() {
    let world = world().await;
    let _daemon = world.daemon().await;
    let id = world.submit("train", "seq 1 3000").await;
    world.paictl(&["wait", &id]).await;
    let client = world.client().await;
    for tail in [None, Some(2)] {
        let request = v1::ReadLogTextRequest {
            id: id.clone(),
            tail,
            since_ms: Some(1),
            ..v1::ReadLogTextRequest::default()
        };
        let read = client.read_log_text(request).await.unwrap();
        assert_eq!(read.shown + read.left_out, 3_000, "{}", read.header);
    }
}
