//! Reading what is stored: searches, pieces for agents, attempts, what is kept and what is dropped.

use std::time::Duration;

use pai_emulator::Status;
use pai_proto::{meta::ClientKind, v1};
use pai_tests::{Gate, World, until::within, wire::refusal, world::profile};
use paid::journal::LogLimits;
use serde_json::json;

async fn world(pods: u32) -> World {
    World::with(|plan| {
        let mut profile = profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "0"}));
        profile["jobSpecs"][0]["podCount"] = json!(pods);
        plan.settings = json!({"profiles": {"default": profile}});
        plan.own = json!({"api": {"callsPerSecond": 100, "burst": 1000}, "logs": {"lag": 0.2, "keep": "none"}});
    })
    .await
}

/// A job that has printed this, and ended.
async fn printed(world: &World, command: &str) -> String {
    let id = world.submit("train", command).await;
    world.paictl(&["wait", &id]).await;
    id
}

#[tokio::test]
async fn a_search_reads_what_is_not_stored_and_finds_lines_of_one_job_and_of_all() {
    let world = world(1).await;
    let _daemon = world.daemon().await;
    let first = printed(&world, "seq -f 'step %g' 1 2000; echo loss=nan; echo after").await;
    let second = printed(&world, "echo all is well; echo loss=nan too").await;
    let found = world
        .paictl(&["logs", "--grep", "loss=nan", "-B", "1", "-A", "1", &first])
        .await;
    assert_eq!(
        (found.code, found.stdout.as_str()),
        (0, "step 2000\nloss=nan\nafter\n"),
        "{found:?}"
    );
    // Of the other one nothing was stored before somebody asked for it.
    let found = world.paictl(&["logs", "--grep", "nan", "--all"]).await;
    assert_eq!(found.stdout.lines().count(), 1, "{found:?}");
    world.paictl(&["logs", &second]).await;
    let found = world
        .paictl(&["--json", "logs", "--grep", "NAN", "-i", "--all"])
        .await;
    let lines: Vec<serde_json::Value> = found
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["job_id"].as_str().unwrap(),
                line["number"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [(second.as_str(), 2), (first.as_str(), 2_001)]);
    let none = world
        .paictl(&["logs", "--grep", "never printed", &first])
        .await;
    assert_eq!((none.code, none.stdout.as_str()), (1, ""), "{none:?}");
    let wrong = world.paictl(&["logs", "--grep", "(", &first]).await;
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.stderr.contains("unclosed group"), "{wrong:?}");
}

#[tokio::test]
async fn an_agent_reads_the_end_and_then_only_what_is_new() {
    let world = world(1).await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let gate = Gate::new(&world, "more");
    let id = world
        .submit(
            "train",
            &format!(
                "seq 1 4000; echo same; echo same; echo same; {}; echo new; echo more",
                gate.command()
            ),
        )
        .await;
    world.reached(&id, Status::Running).await;
    let ask = |cursor: Vec<u8>, grep: &str| v1::ReadLogTextRequest {
        id: id.clone(),
        cursor,
        grep: grep.into(),
        ..v1::ReadLogTextRequest::default()
    };
    let reading = async {
        loop {
            let read = client.read_log_text(ask(Vec::new(), "")).await.unwrap();
            if read.text.ends_with("same (×3)") {
                return read;
            }
        }
    };
    let read = within("the first lines", reading).await;
    assert!(read.header.len() + read.text.len() <= 8 << 10);
    assert!(read.text.contains("\n4000\n"), "{}", read.text);
    assert_eq!(read.shown + read.left_out, 4_003, "{}", read.header);
    assert!(
        read.header
            .contains(&format!("{} lines before them left out", read.left_out)),
        "{}",
        read.header
    );
    let nothing = client
        .read_log_text(ask(read.cursor.clone(), ""))
        .await
        .unwrap();
    assert_eq!((nothing.text.as_str(), nothing.shown), ("", 0));
    assert!(
        nothing.header.ends_with("no new lines"),
        "{}",
        nothing.header
    );
    gate.open();
    world.paictl(&["wait", &id]).await;
    let new = client.read_log_text(ask(nothing.cursor, "")).await.unwrap();
    assert_eq!((new.text.as_str(), new.complete), ("new\nmore", true));
    let found = client
        .read_log_text(ask(Vec::new(), "^39.9$|new"))
        .await
        .unwrap();
    assert_eq!(
        found.text,
        "3909\n3919\n3929\n3939\n3949\n3959\n3969\n3979\n3989\n3999\nnew"
    );
    let fault = refusal(client.read_log_text(ask(Vec::new(), "[")).await);
    assert_eq!(
        (fault.kind(), fault.field.as_str()),
        (v1::ErrorKind::Invalid, "grep")
    );
}

#[tokio::test]
async fn an_agent_can_neither_search_for_secrets_nor_drop_logs() {
    let world = world(1).await;
    let _daemon = world.daemon().await;
    let key = format!("LTAI{}", "x1".repeat(8));
    let id = printed(&world, &format!("echo key {key}")).await;
    let mut options = world.options();
    options.kind = ClientKind::Tool;
    let tool = pai_proto::Client::connect(options).await.unwrap();
    // The last lines are waited for: a search does not.
    let whole = v1::ReadLogTextRequest {
        id: id.clone(),
        ..v1::ReadLogTextRequest::default()
    };
    assert!(tool.read_log_text(whole).await.unwrap().complete);
    for (client, pattern, expected) in [
        (&world.client().await, "LTAI", 1),
        (&tool, "LTAI", 0),
        (&tool, "key", 1),
    ] {
        let request = v1::SearchLogsRequest {
            pattern: pattern.into(),
            ids: vec![id.clone()],
            ..v1::SearchLogsRequest::default()
        };
        let mut search = client.search_logs(request).await.unwrap();
        let ended = loop {
            match search.next().await.unwrap() {
                pai_proto::client::SearchUpdate::Ended(ended) => break ended,
                pai_proto::client::SearchUpdate::Hits(hits) => {
                    let text = hits.lines[0].line.as_ref().unwrap().text.clone();
                    let is_masked = !String::from_utf8(text).unwrap().contains(&key);
                    assert_eq!(is_masked, std::ptr::eq(client, &tool));
                }
            }
        };
        assert_eq!(
            (ended.matches, ended.note.as_str()),
            (expected, ""),
            "{pattern}"
        );
    }
    let request = v1::ReadLogTextRequest {
        id: id.clone(),
        grep: "LTAI".into(),
        ..v1::ReadLogTextRequest::default()
    };
    assert_eq!(
        world
            .client()
            .await
            .read_log_text(request)
            .await
            .unwrap()
            .shown,
        0
    );
    let fault = refusal(tool.prune_logs(v1::PruneLogsRequest::default()).await);
    assert_eq!(fault.kind(), v1::ErrorKind::Permission);
}

#[tokio::test]
async fn an_attempt_before_the_present_one_can_be_read_alone() {
    let world = world(1).await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "end");
    let id = world
        .submit(
            "train",
            &format!("echo hello; {}; echo end", gate.command()),
        )
        .await;
    let uid = world.reached(&id, Status::Running).await.pods[0]
        .pod_uid
        .clone();
    let none = world.paictl(&["logs", "-p", &id]).await;
    assert_eq!(none.code, 5, "{none:?}");
    assert!(none.stderr.contains("attempt"), "{none:?}");
    assert!(none.stderr.ends_with("leave --previous away\n"), "{none:?}");
    assert!(world.control().restart_job(&id));
    let runs_anew = |control: &pai_emulator::Control| {
        let job = control.job(&id)?;
        (job.pods[0].pod_uid != uid && job.status == Status::Running).then_some(())
    };
    let control = world.control();
    control
        .wait_for(Duration::from_secs(20), runs_anew)
        .await
        .unwrap();
    gate.open();
    world.paictl(&["wait", &id]).await;
    let whole = world.paictl(&["logs", &id]).await;
    assert_eq!(whole.stdout, "hello\nhello\nend\n", "{whole:?}");
    assert!(
        whole.stderr.contains("worker-0 began anew (attempt 2)"),
        "{whole:?}"
    );
    let previous = world.paictl(&["logs", "-p", &id]).await;
    assert_eq!(
        (previous.code, previous.stdout.as_str()),
        (0, "hello\n"),
        "{previous:?}"
    );
    let last = world.paictl(&["logs", "--tail", "3", &id]).await;
    assert_eq!(
        last.stdout, "hello\nhello\nend\n",
        "over attempts: {last:?}"
    );
}

/// It is closed only when nothing has come for a while.
#[tokio::test]
async fn a_log_that_was_followed_to_its_end_is_stored_whole() {
    let world = world(1).await;
    let _daemon = world.daemon().await;
    let id = printed(&world, "echo one").await;
    let followed = world.paictl(&["logs", "-f", &id]).await;
    let stored = world.paictl(&["logs", "--stored", &id]).await;
    assert_eq!((followed.code, stored.code), (0, 0), "{followed:?}");
    assert_eq!(
        (stored.stdout.as_str(), stored.stderr.as_str()),
        ("one\n", "")
    );
}

#[tokio::test]
async fn what_is_stored_can_be_read_without_the_cloud_and_dropped() {
    let world = world(1).await;
    let daemon = world.daemon().await;
    let id = printed(&world, "seq 1 3000").await;
    let empty = world.paictl(&["logs", "--stored", &id]).await;
    assert_eq!((empty.code, empty.stdout.as_str()), (0, ""), "{empty:?}");
    let empty = world
        .paictl(&["logs", "--stored", "--grep", ".", &id])
        .await;
    assert_eq!((empty.code, empty.stdout.as_str()), (1, ""), "{empty:?}");
    let whole = world.paictl(&["logs", &id]).await;
    assert_eq!(whole.stdout.lines().count(), 3_000);
    let fault = world.fault("GetPodLogs:forbidden");
    let stored = world
        .paictl(&["logs", "--stored", "--from", "2999", &id])
        .await;
    assert_eq!(stored.stdout, "2999\n3000\n", "{stored:?}");
    let since = async |since| {
        let told = world
            .paictl(&["logs", "--stored", "--since", since, &id])
            .await;
        told.stdout.lines().count()
    };
    assert_eq!(since("1h").await, 3_000);
    let grown_old = async { while since("1s").await > 0 {} };
    within("lines of more than a second ago", grown_old).await;
    let found = world
        .paictl(&["logs", "--stored", "--grep", "^299[89]$", &id])
        .await;
    assert_eq!(found.stdout, "2998\n2999\n", "{found:?}");
    let dry = world
        .paictl(&["--json", "logs", "--prune", "--dry-run", &id])
        .await;
    let pruned = world
        .paictl(&["--json", "logs", "--prune", "--yes", &id])
        .await;
    assert_eq!((dry.code, pruned.code), (0, 0), "{dry:?} {pruned:?}");
    let bytes = |of: &pai_tests::cli::Finished| of.json()["dropped_bytes"].as_u64().unwrap();
    assert!(bytes(&dry) > 0, "{dry:?}");
    assert_eq!(bytes(&pruned), bytes(&dry));
    let gone = world.paictl(&["logs", "--stored", &id]).await;
    assert_eq!(gone.stdout, "", "{gone:?}");
    assert!(world.control().remove_fault(fault));
    let again = world.paictl(&["logs", &id]).await;
    assert_eq!(again.stdout.lines().count(), 3_000, "from the cloud again");
    drop(daemon);
}

#[tokio::test]
async fn a_job_that_is_to_be_kept_is_stored_although_nobody_follows_it() {
    let world = world(2).await;
    let _daemon = world.daemon().await;
    let id = printed(&world, "echo hello").await;
    let kept = world.paictl(&["logs", "--keep", &id]).await;
    assert_eq!(kept.code, 0, "{kept:?}");
    let reading = async {
        loop {
            let stored = world.paictl(&["logs", "--stored", &id]).await;
            if stored.stdout.lines().count() == 2 {
                return stored.stdout;
            }
        }
    };
    let lines = within("all lines", reading).await;
    assert!(lines.contains("[worker-1] hello"), "{lines}");
    let log = async |word: &str| {
        let told = world.paictl(&["--json", "get", &id]).await;
        assert_eq!(told.code, 0, "{word}: {told:?}");
        told.json()["log"].clone()
    };
    let stored = log("kept").await;
    assert_eq!((&stored["lines"], &stored["pods"]), (&2.into(), &2.into()));
    assert_eq!(stored["kept"], true);
    let left = world.paictl(&["logs", "--no-keep", &id]).await;
    assert_eq!(left.code, 0, "{left:?}");
    assert_eq!(log("left alone").await["kept"], false);
}

/// Of a job that succeeded the main pod alone is stored where nobody followed it.
#[tokio::test]
async fn a_log_of_which_one_pod_is_stored_is_not_told_as_whole() {
    let world = World::with(|plan| {
        let mut profile = profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "0"}));
        profile["jobSpecs"][0]["podCount"] = json!(2);
        plan.settings = json!({"profiles": {"default": profile}});
        plan.own = json!({"api": {"callsPerSecond": 100, "burst": 1000}, "logs": {"lag": 0.2}});
    })
    .await;
    let inside = world.inside().await;
    let clock = inside.run_clock(20);
    let id = world.submit("train", "sleep 1; echo hello").await;
    world.paictl(&["wait", &id]).await;
    let logs = inside.edge().journal.logs();
    let closing = async {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if let Some(uid) = logs.jobs().await.unwrap().first()
                && logs.asked(uid).await.unwrap().closed
            {
                return;
            }
        }
    };
    within("the end of reading", closing).await;
    let stored = world.paictl(&["logs", "--stored", &id]).await;
    let found = world.paictl(&["logs", "--grep", "hello", &id]).await;
    drop(clock);
    assert_eq!(stored.stdout.lines().count(), 1, "{stored:?}");
    let told = (stored.stderr.is_empty(), found.stdout.lines().count());
    assert_eq!(told, (false, 2), "{stored:?} {found:?}");
    inside.shutdown().await;
}

#[tokio::test]
async fn a_search_of_a_log_whose_beginning_was_dropped_says_so() {
    let world = world(1).await;
    let inside = world.inside_now().await;
    let id = printed(&world, "echo needle; seq 1 3000").await;
    world.paictl(&["logs", "-f", &id]).await;
    let logs = inside.edge().journal.logs();
    let limits = LogLimits {
        job_bytes: 1,
        total_bytes: u64::MAX,
        age_ms: i64::MAX,
    };
    let jobs = logs.jobs().await.unwrap().into_iter().collect();
    logs.prune(jobs, limits, 0, false).await.unwrap();
    let found = world.paictl(&["logs", "--grep", "needle", &id]).await;
    assert!(
        found.stdout.is_empty() && found.stderr.contains("dropped"),
        "{found:?}"
    );
    for some in [&["--tail", "3000"][..], &["--since", "1h"]] {
        let read = world.paictl(&[&["logs", &id][..], some].concat()).await;
        let is_told = read.stderr.contains("older lines were dropped");
        assert!(is_told, "{some:?}: {}", read.stderr);
    }
    let few = world.paictl(&["logs", "--tail", "2", &id]).await;
    assert!(!few.stderr.contains("dropped"), "none of these: {few:?}");
    let request = v1::ReadLogTextRequest {
        id,
        tail: Some(2),
        ..v1::ReadLogTextRequest::default()
    };
    let agent = world.client().await.read_log_text(request).await.unwrap();
    assert!(
        agent.header.contains("older lines were dropped"),
        "{agent:?}"
    );
    assert!(agent.shown + agent.left_out < 3_001, "{agent:?}");
    inside.shutdown().await;
}
