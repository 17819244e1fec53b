//! The main job: submit, wait, know. Exit codes as documented.

use std::time::{Duration, Instant, SystemTime};

use pai_emulator::Status;
use pai_tests::{Gate, World, world::text};
use rustix::process::Signal;
use serde_json::json;

#[tokio::test]
async fn two_waits_see_a_submitted_job_through_to_its_end() {
    let world = World::with(|plan| plan.emulator.time_scale = 0.5).await;
    let _daemon = world.daemon().await;
    let id = world.submit("train", "sleep 1").await;
    let (one, other) = tokio::join!(
        world.paictl(&["wait", &id]),
        world.paictl(&["wait", &id, "--json"])
    );
    assert_eq!((one.code, other.code), (0, 0), "{one:?} {other:?}");
    assert_eq!(one.stdout, format!("{id} Succeeded\n"));
    let results = other.json();
    assert_eq!(results[0]["status"], "Succeeded");
    assert_eq!(results[0]["reached"], true);
    for wait in [&one, &other] {
        let at = |status: &str| wait.stderr.find(status);
        let order = [
            at("Queuing"),
            at("EnvPreparing"),
            at("Running"),
            at("Succeeded"),
        ];
        assert!(order.iter().all(Option::is_some), "{}", wait.stderr);
        assert!(order.is_sorted(), "{}", wait.stderr);
    }
}

#[tokio::test]
async fn the_exit_code_is_the_worst_of_the_results() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "never");
    let good = world.submit("good", "true").await;
    let bad = world.submit("bad", "exit 3").await;
    let stopped = world.submit("stopped", &gate.command()).await;
    let stop = world.paictl(&["stop", &stopped]).await;
    assert_eq!(stop.code, 0, "{stop:?}");
    assert!(stop.stdout.contains("stop requested"), "{stop:?}");
    let waits = [
        (vec![&good], 0),
        (vec![&bad], 10),
        (vec![&stopped], 11),
        (vec![&good, &stopped], 11),
        (vec![&stopped, &bad, &good], 10),
    ];
    for (ids, code) in waits {
        let mut args = vec!["wait"];
        args.extend(ids.iter().map(|id| id.as_str()));
        let done = world.paictl(&args).await;
        assert_eq!(done.code, code, "{ids:?} {done:?}");
    }
    let again = world.paictl(&["stop", &stopped]).await;
    assert_eq!(
        again.code, 0,
        "stopping what has ended is no error: {again:?}"
    );
    assert!(again.stdout.contains("already ended"), "{again:?}");
}

#[tokio::test]
async fn a_job_that_the_cloud_has_lost_is_gone_and_the_wait_says_12() {
    let mut world = World::new().await;
    let gate = Gate::new(&world, "never");
    let daemon = world.daemon().await;
    let id = world.submit("lost", &gate.command()).await;
    let running = world.paictl(&["wait", &id, "--for", "running"]).await;
    assert_eq!(running.code, 0, "{running:?}");
    daemon.kill9().await;

    world.replace_cloud().await;
    // Two minutes later: a missing job is not gone while lists may lag.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let later = now.unwrap() + Duration::from_secs(120);
    let wall_ms = i64::try_from(later.as_millis()).unwrap();
    let inside = pai_tests::Inside::boot_at(&world, wall_ms).await;
    let _clock = inside.run_clock(20);
    let done = world.paictl(&["wait", &id]).await;
    assert_eq!(done.code, 12, "{done:?}");
    let shown = world.paictl(&["get", &id, "--json"]).await;
    assert_eq!(shown.json()["phase"], "gone");
}

#[tokio::test]
async fn a_wait_for_running_ends_while_the_job_goes_on() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "open");
    let id = world.submit("train", &gate.command()).await;
    let done = world.paictl(&["wait", &id, "--for", "running"]).await;
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(world.control().job(&id).unwrap().status, Status::Running);
    gate.open();
    world.ended(&id).await;
    let ended = world.paictl(&["wait", &id]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let after = world.paictl(&["wait", &id, "--for", "running"]).await;
    assert_eq!(after.code, 0, "it has been running: {after:?}");
    let word = world.paictl(&["wait", &id, "--for", "envpreparing"]).await;
    assert_eq!(word.code, 0, "any status it passed through: {word:?}");
}

#[tokio::test]
async fn a_status_that_was_never_reached_is_exit_1() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let id = world.submit("train", "true").await;
    let done = world.paictl(&["wait", &id, "--for", "Hibernating"]).await;
    assert_eq!(done.code, 1, "{done:?}");
}

#[tokio::test]
async fn a_wait_for_a_line_ends_with_it_whether_it_was_printed_before_or_comes_later() {
    let world = World::with(|plan| plan.own["logs"] = json!({"lag": 0.2})).await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "open");
    let command = format!("echo epoch 1; {}; echo epoch 2", gate.command());
    let id = world.submit("train", &command).await;
    let first = world.paictl(&["wait", &id, "--for", "log:/epoch 1/"]).await;
    assert_eq!(first.code, 0, "{first:?}");
    assert!(first.stdout.starts_with(&format!("{id} Running [")));
    assert!(first.stdout.ends_with("] epoch 1\n"), "{first:?}");
    let pattern = "log:/^EPOCH \\d$/i";
    let again = world
        .paictl(&["wait", &id, "--for", pattern, "--timeout", "0", "--json"])
        .await;
    assert_eq!(again.code, 0, "it is stored: {again:?}");
    let found = &again.json()[0];
    assert_eq!(
        (&found["line"], &found["reached"]),
        (&json!("epoch 1"), &json!(true))
    );
    assert!(text(&found["line_pod_id"]).starts_with(&id));

    let mut second = world.start_paictl(&["wait", &id, "--for", "log:/epoch 2/"]);
    second.says("Running").await;
    gate.open();
    let second = second.finish().await;
    assert_eq!(second.code, 0, "{second:?}");
    assert!(second.stdout.ends_with("] epoch 2\n"), "{second:?}");
    let never = world.paictl(&["wait", &id, "--for", "log:/epoch 3/"]).await;
    assert_eq!(never.code, 1, "{never:?}");
    assert_eq!(never.stdout, format!("{id} Succeeded\n"));
    let told = format!("{id} Succeeded without such a line");
    assert!(never.stderr.contains(&told), "{never:?}");
}

#[tokio::test]
async fn that_there_is_no_line_is_not_said_of_a_log_that_nobody_may_read() {
    let world = World::new().await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let wall_ms = i64::try_from(now.unwrap().as_millis()).unwrap();
    let inside = pai_tests::Inside::boot_at(&world, wall_ms).await;
    let _clock = inside.run_clock(20);
    world.fault("GetPodLogs:forbidden");
    let id = world.submit("train", "echo epoch 1").await;
    let wait = ["wait", &id, "--for", "log:/epoch 1/", "--json"];
    let done = world.paictl(&wait).await;
    assert_eq!(done.code, 1, "{done:?}");
    let lacks = "its log could not be read";
    let told = format!("{id} Succeeded without such a line as far as its log is known: {lacks}");
    assert!(done.stderr.contains(&told), "{done:?}");
    assert_eq!(done.json()[0]["log_note"], lacks);
    // By then nobody reads it any more.
    let read = world.paictl(&["logs", &id]).await;
    assert_eq!(read.code, 4, "{read:?}");
    assert!(read.stderr.contains("HTTP 403"), "{}", read.stderr);
    let follow = world.paictl(&["logs", "-f", &id]).await;
    assert_eq!(follow.code, 0, "the job's result: {follow:?}");
    let told = "the log of one of the pods cannot be read (";
    assert!(follow.stderr.contains(told), "{}", follow.stderr);
}

#[tokio::test]
async fn what_is_no_pattern_is_refused_at_once() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let id = world.submit("train", "true").await;
    for (wanted, code, told) in [
        ("log:/a(/", 2, "unclosed group"),
        ("log:a", 2, "log:/epoch 3"),
        ("log:/a/g", 2, "log:/epoch 3"),
    ] {
        let done = world.paictl(&["wait", &id, "--for", wanted]).await;
        assert_eq!(done.code, code, "{done:?}");
        assert!(done.stderr.contains(told), "{done:?}");
    }
}

#[tokio::test]
async fn any_ends_with_the_first_job() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let never = Gate::new(&world, "never");
    let long = world.submit("long", &never.command()).await;
    let short = world.submit("short", "exit 1").await;
    let done = world.paictl(&["wait", &long, &short, "--any"]).await;
    assert_eq!(done.code, 10, "{done:?}");
    assert_eq!(world.control().job(&long).unwrap().status, Status::Running);
}

#[tokio::test]
async fn a_wait_that_runs_out_of_time_is_exit_124_and_the_job_goes_on() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let never = Gate::new(&world, "never");
    let id = world.submit("train", &never.command()).await;
    let begin = Instant::now();
    let done = world.paictl(&["wait", &id, "--timeout", "1s"]).await;
    assert_eq!(done.code, 124, "{done:?}");
    assert!(begin.elapsed() < Duration::from_secs(3));
    assert!(!world.control().job(&id).unwrap().status.is_final());
}

#[tokio::test]
async fn ctrl_c_ends_the_wait_with_130_and_never_the_job() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "open");
    let id = world.submit("train", &gate.command()).await;
    let mut wait = world.start_paictl(&["wait", &id]);
    wait.says("train").await;
    wait.signal(Signal::INT);
    let done = wait.finish().await;
    assert_eq!(done.code, 130, "{done:?}");
    assert!(done.stderr.contains("the job goes on"), "{done:?}");
    world.reached(&id, Status::Running).await;
    assert!(!world.control().job(&id).unwrap().status.is_final());
    gate.open();
    assert_eq!(world.ended(&id).await.status, Status::Succeeded);
}

#[tokio::test]
async fn a_name_that_is_too_long_for_an_answer_is_refused() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    for command in ["wait", "get", "logs"] {
        let done = world.paictl(&[command, &"x".repeat(20_000)]).await;
        assert_eq!(done.code, 5, "{done:?}");
        assert!(done.stderr.contains("20000 bytes"), "{done:?}");
    }
}

#[tokio::test]
async fn an_unknown_job_is_exit_5() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    for id in ["dlc0nosuchjob", "no-such-name"] {
        for verb in ["wait", "get", "stop"] {
            let done = world.paictl(&[verb, id]).await;
            assert_eq!(done.code, 5, "{done:?}");
            assert!(done.stderr.contains(id), "{done:?}");
            assert!(done.stderr.contains("hint:"), "{done:?}");
        }
    }
}

#[tokio::test]
async fn a_job_may_be_called_by_id_uid_name_a_beginning_and_last() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let made = world
        .paictl(&["submit", "train", "--json", "--", "true"])
        .await
        .json();
    let (uid, name, id) = (
        text(&made["uid"]),
        text(&made["name"]),
        text(&made["job_id"]),
    );
    assert!(name.starts_with("e2e-train-"), "{name}");
    for called in [&id, &uid, &name, &name[..12], "@last"] {
        let got = world.paictl(&["get", called, "--json"]).await;
        assert_eq!(got.json()["job_id"], id.as_str(), "{called} {got:?}");
    }
}
