//! Agents: `pai-mcp` as its clients start it.

use std::{
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

use pai_emulator::Status;
use pai_tests::{
    Gate, Mcp, World, cli::command, eventually, processes::Strays, programs::programs,
    wire::status_shows, world::text,
};
use rustix::process::Signal;
use serde_json::{Value, json};

/// Longest time that the end of a process may take: clients send SIGTERM after two seconds.
const SOON: Duration = Duration::from_secs(1);

async fn submit(mcp: &mut Mcp, name: &str, command: &str) -> String {
    let arguments = json!({"name": name, "command": command});
    let answered = mcp.call("pai_job_submit", arguments).await;
    text(&answered.record()["job_id"])
}

/// A wait that is in progress, for a job that does not end by itself.
async fn begin_wait(world: &World, mcp: &mut Mcp, gate: &Gate) -> (String, u64) {
    let id = submit(mcp, "train", &gate.command()).await;
    world.reached(&id, Status::Running).await;
    let wait = mcp.begin("pai_job_wait", json!({"job_ids": [id]})).await;
    mcp.says("Running").await;
    (id, wait)
}

#[tokio::test]
async fn an_agent_sees_a_job_through_to_its_end() {
    let world = World::with(|plan| plan.emulator.time_scale = 0.5).await;
    let _daemon = world.daemon().await;
    let mut mcp = Mcp::open(&world).await;
    let id = submit(&mut mcp, "train", "echo step 1; sleep 1; echo done").await;
    let waited = mcp.call("pai_job_wait", json!({"job_ids": [id]})).await;
    let told = waited.progress().join("\n");
    let at = |status: &str| told.find(&format!("→ {status}"));
    let order = [at("Running"), at("Succeeded")];
    assert!(
        order.iter().all(Option::is_some) && order.is_sorted(),
        "{told}"
    );
    let record = waited.record();
    assert_eq!(
        (&record["done"], &record["met"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(record["jobs"][0]["job_id"], id.as_str());
    assert_eq!(record["jobs"][0]["result"], "succeeded");
    let written: Value = serde_json::from_str(waited.text()).unwrap();
    assert_eq!(&written, record, "both forms say the same");

    let got = mcp.call("pai_job_get", json!({"job_id": "@last"})).await;
    assert_eq!(got.record()["job_id"], id.as_str());
    assert_eq!(got.record()["command"], "echo step 1; sleep 1; echo done");
    assert_eq!(got.record()["pods"].as_array().unwrap().len(), 1);
    let log = mcp
        .call("pai_job_logs", json!({"job_id": id, "tail": 1}))
        .await;
    let (header, lines) = log.text().split_once('\n').unwrap();
    assert!(
        header.starts_with(&id) && header.contains("worker-0"),
        "{header}"
    );
    assert!(header.contains("1 line before them left out"), "{header}");
    assert!(
        lines.starts_with("[cursor: ") && lines.ends_with("]\ndone"),
        "{lines}"
    );

    let never = Gate::new(&world, "never");
    let other = submit(&mut mcp, "other", &never.command()).await;
    let stopped = mcp.call("pai_job_stop", json!({"job_id": other})).await;
    assert_eq!(stopped.record()["outcome"], "requested");
    let arguments = json!({"job_ids": [id, other], "mode": "all"});
    let both = mcp.call("pai_job_wait", arguments).await;
    let results: Vec<_> = both.record()["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| &job["result"])
        .collect();
    assert_eq!(results, ["succeeded", "stopped"]);
    let listed = mcp.call("pai_job_list", json!({})).await;
    let ids: Vec<_> = listed.record()["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| text(&job["job_id"]))
        .collect();
    assert_eq!(ids, [other, id], "newest first");

    let config = mcp.call("pai_config", json!({})).await;
    assert_eq!(config.record()["prefix"], "e2e");
    let who = mcp.call("pai_whoami", json!({})).await;
    assert!(who.record()["account_id"].is_string());
    let refused = mcp
        .call("pai_job_get", json!({"job_id": "dlc0nosuchjob"}))
        .await;
    assert_eq!(refused.message["result"]["isError"], true);
    assert!(
        refused.text().contains("dlc0nosuchjob"),
        "{}",
        refused.text()
    );
}

#[tokio::test]
async fn an_agent_waits_for_a_line_and_sees_no_secret_in_it() {
    let world = World::with(|plan| plan.own["logs"] = json!({"lag": 0.2})).await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "never");
    let mut mcp = Mcp::open(&world).await;
    // Put together by the job: the submit itself would be masked.
    let command = format!("echo ready hf_$(printf %020d 7); {}", gate.command());
    let id = submit(&mut mcp, "train", &command).await;
    let arguments = json!({"job_ids": [id], "until": "log:/^Ready/i"});
    let waited = mcp.call("pai_job_wait", arguments).await;
    let record = waited.record();
    assert_eq!(record["met"], true, "{record}");
    assert_eq!(record["jobs"][0]["line"], "ready [redacted]");
    assert_eq!(record["jobs"][0]["status"], "Running");
    let arguments = json!({"job_ids": [id], "until": "log:/hf_0/", "timeout_s": 0});
    let asked = mcp.call("pai_job_wait", arguments).await;
    assert_eq!(
        asked.record()["met"],
        false,
        "a pattern is no way to a secret"
    );
}

#[tokio::test]
async fn a_wait_survives_a_kill_9_of_the_daemon() {
    let world = World::new().await;
    let daemon = world.daemon().await;
    let mut mcp = Mcp::open(&world).await;
    let gate = Gate::new(&world, "open");
    let (id, wait) = begin_wait(&world, &mut mcp, &gate).await;
    daemon.kill9().await;
    mcp.says("the daemon is away; trying again").await;
    gate.open();
    world.ended(&id).await;
    let _next = world.daemon().await;
    let waited = mcp.answer(wait).await;
    assert_eq!(waited.record()["jobs"][0]["result"], "succeeded");
    let told = waited.progress();
    assert!(
        told.contains(&"the daemon is back; still waiting"),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_slice_is_over_on_time_and_the_next_one_goes_on() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let mut mcp = Mcp::open(&world).await;
    let gate = Gate::new(&world, "open");
    let id = submit(&mut mcp, "train", &gate.command()).await;
    let arguments = json!({"job_ids": [id], "timeout_s": 1});
    let begin = Instant::now();
    let first = mcp.call("pai_job_wait", arguments.clone()).await;
    assert!(begin.elapsed() < Duration::from_secs(3));
    assert_eq!(first.record()["done"], false);
    assert!(text(&first.record()["hint"]).ends_with("again with the same arguments"));
    gate.open();
    world.ended(&id).await;
    let next = mcp.call("pai_job_wait", json!({"job_ids": [id]})).await;
    assert_eq!(next.record()["jobs"][0]["result"], "succeeded");
}

#[tokio::test]
async fn the_end_of_stdin_ends_the_process_at_once_and_never_the_job() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let mut mcp = Mcp::open(&world).await;
    let gate = Gate::new(&world, "open");
    let (id, wait) = begin_wait(&world, &mut mcp, &gate).await;
    let begin = Instant::now();
    mcp.close();
    let (status, rest) = mcp.ended().await;
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
    assert_eq!(status.code(), Some(0));
    assert!(
        rest.iter().all(|message| message["id"] != wait),
        "some clients stumble over an answer now: {rest:?}"
    );
    assert_eq!(world.control().job(&id).unwrap().status, Status::Running);
    gate.open();
    assert_eq!(world.ended(&id).await.status, Status::Succeeded);
}

#[tokio::test]
async fn a_signal_ends_the_process_at_once_and_never_the_job() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "open");
    for signal in [Signal::INT, Signal::TERM] {
        let mut mcp = Mcp::open(&world).await;
        let (id, _) = begin_wait(&world, &mut mcp, &gate).await;
        let begin = Instant::now();
        mcp.signal(signal);
        let (status, _) = mcp.ended().await;
        assert!(begin.elapsed() < SOON, "{signal:?} {:?}", begin.elapsed());
        assert_eq!(status.code(), Some(0), "{signal:?}");
        assert_eq!(world.control().job(&id).unwrap().status, Status::Running);
    }
    gate.open();
}

#[tokio::test]
async fn a_cancelled_wait_is_given_up_at_the_daemon_and_the_job_goes_on() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let mut mcp = Mcp::open(&world).await;
    let gate = Gate::new(&world, "open");
    let (id, wait) = begin_wait(&world, &mut mcp, &gate).await;
    status_shows(&client, "a waiter", |status| {
        status.contexts[0].waiters == 1
    })
    .await;
    mcp.notify("notifications/cancelled", json!({"requestId": wait}))
        .await;
    status_shows(&client, "no waiter", |status| {
        status.contexts[0].waiters == 0
    })
    .await;
    let listed = mcp.call("pai_job_list", json!({})).await;
    assert!(
        listed.before.is_empty(),
        "no answer to what was cancelled: {listed:?}"
    );
    assert_eq!(listed.record()["jobs"][0]["status"], "Running");
    gate.open();
    assert_eq!(world.ended(&id).await.status, Status::Succeeded);
}

#[tokio::test]
async fn without_a_daemon_it_says_who_it_is_and_what_it_can() {
    let world = World::new().await;
    let mut mcp = Mcp::start(&world);
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let probe = mcp.request("server/discover", json!({"_meta": meta})).await;
    let found = mcp.answer(probe).await;
    assert!(
        found.message["result"]["supportedVersions"].is_array(),
        "{found:?}"
    );
    let welcome = mcp.shake_hands().await;
    assert_eq!(welcome["serverInfo"]["name"], "pai-mcp");
    let list = mcp.request("tools/list", json!({})).await;
    let listed = mcp.answer(list).await;
    assert_eq!(
        listed.message["result"]["tools"].as_array().unwrap().len(),
        8
    );
    let refused = mcp.call("pai_job_list", json!({})).await;
    assert_eq!(refused.message["result"]["isError"], true);
    assert!(
        refused.text().contains("paictl daemon start"),
        "{}",
        refused.text()
    );
    mcp.close();
    let (status, rest) = mcp.ended().await;
    assert_eq!((status.code(), rest), (Some(0), Vec::new()));

    let mut mcp = Mcp::start(&world);
    let probe = mcp.request("server/discover", json!({"_meta": meta})).await;
    mcp.answer(probe).await;
    mcp.close();
    let (status, _) = mcp.ended().await;
    assert_eq!(status.code(), Some(0), "a client that only looked");
}

#[tokio::test]
async fn an_agent_that_only_waits_gets_a_daemon_and_gets_another_one_when_it_is_lost() {
    let world = World::new().await;
    let strays = Strays::of(&world);
    let mut mcp = Mcp::start_alone(&world);
    mcp.shake_hands().await;
    let gate = Gate::new(&world, "open");
    let id = submit(&mut mcp, "train", &gate.command()).await;
    assert!(
        mcp.log().contains("no daemon was running: started paid"),
        "{}",
        mcp.log()
    );
    drop(strays);
    let nobody = || UnixStream::connect(world.socket()).is_err().then_some(());
    eventually("the end of the daemon", nobody).await;
    let arguments = json!({"job_ids": [id], "timeout_s": 0});
    let away = mcp.call("pai_job_wait", arguments).await;
    assert_eq!(away.record()["done"], false);
    assert!(
        text(&away.record()["hint"]).contains("the daemon is away"),
        "{away:?}"
    );
    let strays = Strays::of(&world);
    gate.open();
    let waited = mcp.call("pai_job_wait", json!({"job_ids": [id]})).await;
    assert_eq!(waited.record()["jobs"][0]["result"], "succeeded");
    drop(strays);
    eventually("the end of the second daemon", nobody).await;
    let _strays = Strays::of(&world);
    let listed = mcp.call("pai_job_list", json!({})).await;
    assert_eq!(
        listed.record()["jobs"][0]["result"],
        "succeeded",
        "{listed:?}"
    );
}

#[tokio::test]
async fn the_version_is_told_and_an_unknown_argument_is_refused() {
    let world = World::new().await;
    for (argument, code, said) in [
        ("--version", 0, env!("CARGO_PKG_VERSION")),
        ("--stdio", 2, "--help"),
    ] {
        let mut asked = command(&world, &programs().mcp);
        asked.arg(argument);
        let done = pai_tests::Running::spawn(asked).finish().await;
        assert_eq!(done.code, code, "{done:?}");
        assert!(
            format!("{}{}", done.stdout, done.stderr).contains(said),
            "{done:?}"
        );
    }
}
