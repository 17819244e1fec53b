//! Every call that changes something is noted: who, what, the cloud's request id, how it ended; refusals too.

use pai_emulator::Status;
use pai_tests::{Gate, Mcp, World, hidden::holds_none, until::within, world::text};
use rustix::process::Signal;
use serde_json::{Value, json};

const TOKEN: &str = "hf_abcdefghijklmnopqrstuvwx";
const WORD: &str = "just-a-word-as-secret-77";

/// What is noted, newest first.
async fn noted(world: &World, more: &[&str]) -> Vec<Value> {
    let read = world.paictl(&[&["audit", "--json"], more].concat()).await;
    assert_eq!(read.code, 0, "{read:?}");
    read.json().as_array().unwrap().clone()
}

/// Action, outcome and whether the cloud was asked, of the newest entries, oldest first.
fn told(entries: &[Value], newest: usize) -> Vec<(String, String, bool)> {
    let entries = entries[..newest].iter().rev();
    let told = entries.map(|entry| {
        let asked = entry["request_id"].is_string();
        (text(&entry["action"]), text(&entry["outcome"]), asked)
    });
    told.collect()
}

fn expected(rows: &[(&str, &str, bool)]) -> Vec<(String, String, bool)> {
    let rows = rows.iter();
    rows.map(|(action, outcome, asked)| ((*action).to_owned(), (*outcome).to_owned(), *asked))
        .collect()
}

#[tokio::test]
async fn submits_are_noted_however_they_end_and_without_their_secrets() {
    let limits = json!({"limits": {"maxRunningJobs": 2}});
    let world = World::with(|plan| plan.settings = limits).await;
    let daemon = world.daemon().await;
    let never = Gate::new(&world, "never").command();
    let command = format!("HF_TOKEN={TOKEN} {never}");
    let submit = [
        "submit",
        "train",
        "--secret-env",
        "GREETING",
        "--json",
        "--",
        &command,
    ];
    let submit = |more: &[&str]| {
        let line = [&submit[..2], more, &submit[2..]].concat();
        world.call(&line).env("GREETING", WORD).finish()
    };
    let first = submit(&[]).await.json();
    assert_eq!(submit(&[]).await.json()["joined"], true);
    world.fault("CreateJob:forbidden:count=1");
    assert_eq!(submit(&["--new"]).await.code, 4);
    assert_eq!(submit(&["--new", "--dry-run"]).await.code, 0);
    world.submit("second", &never).await;
    let full = world.paictl(&["submit", "third", "--", "true"]).await;
    assert_eq!(full.code, 1, "{full:?}");
    let held = ["submit", "fourth", "--queue", "--", "true"];
    assert_eq!(world.paictl(&held).await.code, 0);
    assert_eq!(world.paictl(&["clone", "dlc0nosuchjob000"]).await.code, 5);

    // The next daemon has it, too.
    daemon.kill9().await;
    let _daemon = world.daemon().await;
    let entries = noted(&world, &[]).await;
    let ends = [
        ("submit", "done", true),
        ("submit", "done", false),
        ("submit", "refused", true),
        ("submit", "done", true),
        ("submit", "refused", false),
        ("submit", "done", false),
        ("submit", "refused", true),
    ];
    assert_eq!(entries.len(), ends.len(), "a dry run is none: {entries:#?}");
    assert_eq!(told(&entries, ends.len()), expected(&ends));
    let oldest = entries.last().unwrap();
    assert_eq!(oldest["client_kind"], "person");
    assert!(text(&oldest["client"]).starts_with("paictl/"), "{oldest:#}");
    let path = world.settings_path();
    assert_eq!(oldest["settings_path"], path.to_str().unwrap());
    let target = format!("{} ({})", text(&first["name"]), text(&first["job_id"]));
    assert_eq!(oldest["target"], target.as_str());
    let calls = world.control().calls();
    let mut creates = calls.iter().filter(|call| call.action == "CreateJob");
    assert_eq!(
        oldest["request_id"],
        creates.next().unwrap().request_id.as_str()
    );
    let detail = |back: usize| text(&entries[entries.len() - 1 - back]["detail"]);
    assert!(detail(0).contains("HF_TOKEN=[redacted]"), "{}", detail(0));
    assert!(detail(1).starts_with("joined; "), "{}", detail(1));
    assert!(detail(5).starts_with("held; "), "{}", detail(5));
    assert!(text(&entries[2]["message"]).contains("maxRunningJobs is 2"));
    assert!(
        detail(6).contains("clone of dlc0nosuchjob000"),
        "{}",
        detail(6)
    );
    let all = format!("{entries:?}");
    holds_none(&[TOKEN, WORD], "the audit", all.as_bytes());
}

#[tokio::test]
async fn a_call_whose_client_is_killed_is_noted_all_the_same() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    world.fault("CreateJob:slow:delay_ms=2000");
    let submit = world.start_paictl(&["submit", "train", "--", "true"]);
    // The cloud is being asked.
    until(async || world.paictl(&["ls", "--json"]).await.json()[0]["phase"] == "submitting").await;
    submit.signal(Signal::KILL);
    drop(submit);
    until(async || !noted(&world, &[]).await.is_empty()).await;
    let entries = noted(&world, &[]).await;
    assert_eq!(
        told(&entries, entries.len()),
        expected(&[("submit", "done", true)])
    );
    assert_eq!(entries[0]["client_kind"], "person");
}

/// Asks again until it is so.
async fn until(mut so: impl AsyncFnMut() -> bool) {
    let asking = async { while !so().await {} };
    within("what is asked for", asking).await;
}

#[tokio::test]
async fn changes_of_jobs_are_noted_by_whoever_made_them() {
    let world = World::with(|plan| {
        plan.settings = json!({"resourceId": "quota-e2e"});
    })
    .await;
    world.write_context("work", &world.settings());
    let inside = world.inside().await;
    let never = Gate::new(&world, "never").command();
    let id = world.submit("train", &never).await;
    let body = json!({
        "DisplayName": "e2e-theirs", "JobType": "PyTorchJob", "UserCommand": never, "WorkspaceId": "emulator",
        "JobSpecs": [{"Type": "Worker", "PodCount": 1, "Image": "any:1"}],
    });
    let theirs = world.control().submit_as("77", &body).unwrap();
    world.reached(&id, Status::Running).await;
    let before = noted(&world, &[]).await.len();
    let clock = inside.run_clock(20);

    for (line, code) in [
        (&["stop", &theirs][..], 4),
        (&["stop", "no-such-job"], 5),
        (&["priority", &id, "9"], 1),
        (&["publish", &id, "--yes"], 0),
        (&["delete", &id, "--yes"], 1),
        (&["stop", &id, "--wait"], 0),
        (&["stop", &id], 0),
        (&["delete", &id, "--yes"], 0),
        (&["get", &id], 0),
    ] {
        let done = world.paictl(line).await;
        assert_eq!(done.code, code, "{line:?}: {done:?}");
    }
    let mut agent = Mcp::open(&world).await;
    agent.call("pai_job_stop", json!({"job_id": theirs})).await;
    let entries = noted(&world, &[]).await;
    let ends = [
        ("stop", "refused", false),
        ("stop", "refused", false),
        ("update", "done", true),
        ("update", "done", true),
        ("delete", "refused", false),
        ("stop", "done", true),
        ("stop", "done", false),
        ("delete", "done", true),
        ("stop", "refused", false),
    ];
    assert_eq!(entries.len() - before, ends.len(), "{entries:#?}");
    assert_eq!(told(&entries, ends.len()), expected(&ends));
    assert_eq!(entries[0]["client_kind"], "tool");
    assert!(
        text(&entries[0]["client"]).starts_with("pai-mcp/"),
        "{entries:#?}"
    );
    assert!(text(&entries[0]["message"]).contains("not a job of yours"));
    assert_eq!(entries[7]["target"], "no-such-job");
    assert_eq!(entries[6]["detail"], "priority 9; accepted, not applied");
    assert_eq!(entries[5]["detail"], "publish");

    // Each context has its own, and all together can be read.
    let elsewhere = ["--context", "work", "stop", &theirs];
    assert_eq!(world.paictl(&elsewhere).await.code, 4);
    assert_eq!(noted(&world, &[]).await.len(), entries.len());
    let all = noted(&world, &["--all-contexts", "-n", "2"]).await;
    let paths: Vec<_> = all
        .iter()
        .map(|entry| text(&entry["settings_path"]))
        .collect();
    let files = [world.context_path("work"), world.settings_path()];
    assert_eq!(paths, files.map(|path| path.display().to_string()));
    let lines = world.paictl(&["audit", "-n", "1"]).await.stdout;
    let columns: Vec<_> = lines.trim_end().split('\t').collect();
    assert_eq!(columns.len(), 6, "{lines}");
    assert_eq!((columns[2], columns[4]), ("stop", "refused"), "{lines}");
    drop(clock);
    inside.shutdown().await;
}

#[tokio::test]
async fn what_is_dropped_of_the_stored_logs_and_what_is_kept_is_noted() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let id = world.submit("train", "seq 1 1000").await;
    world.paictl(&["wait", &id]).await;
    world.paictl(&["logs", &id]).await;
    for line in [
        vec!["logs", "--keep", &id],
        vec!["logs", "--no-keep", &id],
        vec!["logs", "--prune", "--dry-run", &id],
        vec!["logs", "--prune", "--yes", &id],
        vec!["logs", "--prune", "--yes"],
    ] {
        let done = world.paictl(&line).await;
        assert_eq!(done.code, 0, "{done:?}");
    }
    let mut options = world.options();
    options.kind = pai_proto::meta::ClientKind::Tool;
    let tool = pai_proto::Client::connect(options).await.unwrap();
    tool.prune_logs(pai_proto::v1::PruneLogsRequest::default())
        .await
        .unwrap_err();
    let entries = noted(&world, &[]).await;
    let rows = expected(&[
        ("keep-logs", "done", false),
        ("keep-logs", "done", false),
        ("prune-logs", "done", false),
        ("prune-logs", "done", false),
        ("prune-logs", "refused", false),
    ]);
    assert_eq!(told(&entries, 5), rows, "{entries:?}");
    assert_eq!(entries[2]["target"], id.as_str());
    let detail = text(&entries[2]["detail"]);
    assert!(detail.starts_with("jobs: 1, bytes: "), "{detail}");
}
