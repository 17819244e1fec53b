//! A log that was dropped and is read anew.

use pai_emulator::{ScriptedLine, Status};
use pai_proto::{client::SearchUpdate, v1};
use pai_tests::{
    Gate, World,
    log::{Log, log_now},
    until::within,
    world::profile,
};
use serde_json::json;

/// What a reader that comes back after the log was dropped is shown, and all that was printed since its last line.
async fn resumed(shifts: bool) -> String {
    let world = World::with(|plan| {
        let profile = profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "0"}));
        plan.settings = json!({"profiles": {"default": profile}});
        plan.own = json!({"api": {"callsPerSecond": 100, "burst": 1000}, "logs": {"lag": 0.2, "keep": "none"}});
    })
    .await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let gate = Gate::new(&world, "more");
    let printing = format!(
        "sleep 1.2; seq -f 'old %g' 1 30; {}; echo last",
        gate.command()
    );
    let id = world.submit("train", &printing).await;
    let job = world.reached(&id, Status::Running).await;
    let begun = std::time::SystemTime::now();
    let read = async |cursor: Vec<u8>| {
        let ask = v1::ReadLogTextRequest {
            id: id.clone(),
            cursor,
            ..v1::ReadLogTextRequest::default()
        };
        client.read_log_text(ask).await.unwrap()
    };
    world.paictl(&["wait", "--for", "log:/old 30/", &id]).await;
    let first = read(Vec::new()).await;
    assert!(first.text.ends_with("old 30"), "{}", first.text);
    let pruned = world.paictl(&["logs", "--prune", "--yes", &id]).await;
    assert_eq!(pruned.code, 0, "{pruned:?}");
    if shifts {
        let begun = begun.duration_since(std::time::UNIX_EPOCH).unwrap();
        let begun_ms = i64::try_from(begun.as_millis()).unwrap();
        let early = [ScriptedLine::new(begun_ms, "early")];
        let uid = &job.pods[0].pod_uid;
        world.control().script_log(uid, &early).unwrap();
    }
    gate.open();
    world.paictl(&["wait", &id]).await;
    let then = read(first.cursor).await;
    // And from there by its numbers.
    let nothing = read(then.cursor).await;
    assert_eq!((nothing.text.as_str(), nothing.shown), ("", 0));
    let (note, lines) = then.text.split_once('\n').unwrap();
    assert!(note.contains("read anew: lines may be repeated"), "{note}");
    lines.to_owned()
}

#[tokio::test]
async fn a_cursor_of_a_log_that_was_dropped_goes_on_where_it_was() {
    assert_eq!(resumed(false).await, "last");
}

#[tokio::test]
async fn where_numbers_mean_other_lines_now_lines_are_repeated_and_none_is_left_out() {
    let shown = resumed(true).await;
    let old: Vec<_> = (1..=30).map(|n| format!("old {n}")).collect();
    assert!(
        shown.ends_with(&format!("{}\nlast", old.join("\n"))),
        "{shown}"
    );
}

/// Also while the daemon still remembers that it has read everything.
#[tokio::test]
async fn a_log_that_was_dropped_right_after_its_end_is_read_again_whole() {
    let world = World::with(|plan| {
        let profile = profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "0"}));
        plan.settings = json!({"profiles": {"default": profile}});
        plan.own = json!({"api": {"callsPerSecond": 100, "burst": 1000}, "logs": {"lag": 0.2}});
    })
    .await;
    let _daemon = world.daemon().await;
    let id = world.submit("train", "seq 1 3000; exit 4").await;
    let whole = world.paictl(&["logs", "-f", &id]).await;
    assert_eq!((whole.code, whole.stdout.lines().count()), (10, 3_000));
    for line in [
        vec!["logs", "-f", &id],
        vec!["logs", &id],
        vec!["logs", "--grep", ".", &id],
    ] {
        let pruned = world.paictl(&["logs", "--prune", "--yes", &id]).await;
        assert_eq!(pruned.code, 0, "{pruned:?}");
        let again = world.paictl(&line).await;
        assert_eq!(again.stdout, whole.stdout, "{line:?} {}", again.stderr);
    }
}

/// A job that has printed 4000 lines of a thousand letters, which are stored: more than a stream holds that nobody reads.
async fn long_lines(world: &World) -> String {
    let long = "x".repeat(1_000);
    let command = format!("n=0; while [ $n -lt 4000 ]; do n=$((n+1)); echo {long} $n; done");
    let id = world.submit("train", &command).await;
    assert_eq!(world.paictl(&["logs", "-f", &id]).await.code, 0);
    id
}

/// `paictl logs | less`, and meanwhile a person drops the log.
#[tokio::test]
async fn a_log_that_is_dropped_while_it_is_read_is_not_told_as_whole() {
    let world = quick(json!({})).await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let id = long_lines(&world).await;
    let (mut log, mut follow) = (Log::default(), client.follow(log_now(&id)));
    while log.is_empty() {
        log.take(follow.next().await.unwrap().unwrap());
    }
    let pruned = world.paictl(&["logs", "--prune", "--yes", &id]).await;
    assert_eq!(pruned.code, 0, "{pruned:?}");
    let ended = log.to_end(follow).await;
    let is_told = !ended.complete || !log.said.is_empty();
    assert!(
        log.len() >= 4_000 || is_told,
        "{} lines, {ended:?}",
        log.len()
    );
}

/// A search that waits until the beginning of a log is read, and meanwhile a person drops the log.
#[tokio::test]
async fn a_search_of_a_log_that_is_dropped_meanwhile_says_so_or_finds_everything() {
    let world = quick(json!({"callsPerSecond": 2, "burst": 10})).await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "end");
    let id = world.submit("train", &gate.command()).await;
    let job = world.reached(&id, Status::Running).await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now_ms = i64::try_from(now.unwrap().as_millis()).unwrap();
    let line = |n: i64| ScriptedLine::new(now_ms - 302_000 + n * 1000 / 60, format!("line {n}"));
    let lines: Vec<_> = (0..18_000).map(line).collect();
    let uid = &job.pods[0].pod_uid;
    world.control().script_log(uid, &lines).unwrap();
    world.paictl(&["logs", "--tail", "5", &id]).await;
    let search = world.start_paictl(&["logs", "--grep", "^line 7$", &id]);
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    world.paictl(&["logs", "--prune", "--yes", &id]).await;
    let found = within("the search", search.finish()).await;
    assert!(
        found.stdout == "line 7\n" || found.stderr.contains("not stored to its end"),
        "{found:?}"
    );
    gate.open();
}

async fn quick(api: serde_json::Value) -> World {
    World::with(|plan| {
        let profile = profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "0"}));
        plan.settings = json!({"profiles": {"default": profile}});
        let mut all = json!({"callsPerSecond": 100, "burst": 1000});
        all.as_object_mut()
            .unwrap()
            .extend(api.as_object().unwrap().clone());
        plan.own = json!({"api": all, "logs": {"lag": 0.2, "keep": "none"}});
    })
    .await
}

/// The same while lines that were found are on their way.
#[tokio::test]
async fn a_search_whose_lines_are_dropped_before_they_are_told_says_so() {
    let world = quick(json!({})).await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let id = long_lines(&world).await;
    let request = v1::SearchLogsRequest {
        pattern: "x".into(),
        ids: vec![id.clone()],
        ..v1::SearchLogsRequest::default()
    };
    let (mut search, mut lines, mut is_dropped) =
        (client.search_logs(request).await.unwrap(), 0, false);
    let ended = loop {
        match search.next().await.unwrap() {
            SearchUpdate::Hits(hits) => lines += hits.lines.len(),
            SearchUpdate::Ended(ended) => break ended,
        }
        if !std::mem::replace(&mut is_dropped, true) {
            world.paictl(&["logs", "--prune", "--yes", &id]).await;
        }
    };
    assert!(
        lines == 4_000 || ended.note.contains("dropped"),
        "{lines} lines, {ended:?}"
    );
}
