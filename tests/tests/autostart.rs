//! A command that finds no daemon starts one.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use pai_tests::{
    Gate, Running, World,
    cli::{Finished, command},
    processes::{Strays, that_know},
    programs::programs,
    until::eventually,
};
use paid::sys::lock::StateLock;
use rustix::process::{
    Pid, Signal, getsid, kill_process, kill_process_group, test_kill_process_group,
};
use serde_json::Value;

/// A `paictl` that finds no daemon's place but this world's.
async fn paictl(world: &World, args: &[&str]) -> Finished {
    world.start_paictl_alone(args).finish().await
}

/// How many daemons have served in this world.
fn served(world: &World) -> usize {
    let log = fs::read_to_string(world.state().join("paid.log")).unwrap_or_default();
    log.lines().filter(|line| line.contains("serving")).count()
}

/// How many of these commands said that they started a daemon.
fn starters(done: &[Finished]) -> usize {
    done.iter()
        .filter(|done| done.stderr.contains("started paid (pid "))
        .count()
}

fn pid_of(status: &Value) -> Pid {
    let pid = status["pid"].as_i64().and_then(|pid| pid.try_into().ok());
    pid.and_then(Pid::from_raw).unwrap()
}

#[tokio::test]
async fn the_first_command_starts_the_daemon_and_says_so_and_the_next_one_does_not() {
    let world = World::new().await;
    let strays = Strays::of(&world);
    let first = paictl(&world, &["ls", "--json"]).await;
    assert_eq!((first.code, first.json()), (0, Value::Array(Vec::new())));
    let status = paictl(&world, &["daemon", "status", "--json"]).await.json();
    let log = world.state().join("paid.log");
    assert_eq!(
        first.stderr,
        format!(
            "no daemon was running: started paid (pid {}), which leaves after 15 min without work; log: {}\n",
            status["pid"],
            log.display()
        )
    );
    assert_eq!(status["auto_started"], true, "{status:#}");
    assert!(status["leaves_at"].is_string(), "{status:#}");
    assert_eq!(status["connections"], 1, "{status:#}");
    let told = paictl(&world, &["daemon", "status"]).await.stdout;
    assert!(told.contains("unless it is used until then"), "{told}");
    let second = paictl(&world, &["ls"]).await;
    assert_eq!(second.code, 0, "{second:?}");
    assert!(second.stderr.starts_with("no jobs"), "{second:?}");
    // One that a person asks for is not there yet: this one leaves by itself.
    let by_hand = paictl(&world, &["daemon", "start"]).await;
    assert_eq!(by_hand.code, 0, "{by_hand:?}");
    assert!(
        by_hand.stderr.contains("leaves after 15 min"),
        "{by_hand:?}"
    );
    assert_eq!(served(&world), 1);
    assert!(strays.daemons().is_none_or(|found| found.len() == 1));
    let stop = paictl(&world, &["daemon", "stop"]).await;
    assert_eq!(stop.code, 0, "{stop:?}");
    let by_hand = paictl(&world, &["daemon", "start"]).await;
    assert_eq!((by_hand.code, by_hand.stderr.as_str()), (0, ""));
    let status = paictl(&world, &["daemon", "status", "--json"]).await.json();
    assert_eq!(status["auto_started"], false, "{status:#}");
    assert_eq!(status["leaves_at"], Value::Null, "{status:#}");
}

#[tokio::test]
async fn a_daemon_holds_nothing_that_was_open_where_it_was_started() {
    let world = World::new().await;
    let _strays = Strays::of(&world);
    let mut shell = command(&world, Path::new("/bin/sh"));
    // Whoever reads the output to its end waits for all who can still write to it, under whatever number.
    shell
        .env_remove("PAI_NO_AUTOSTART")
        .args(["-c", "exec 7>&1 9>&2; exec \"$@\"", "sh"])
        .arg(&programs().paictl)
        .args(["daemon", "start"]);
    let read_to_the_end = Running::spawn(shell).finish();
    let done = tokio::time::timeout(Duration::from_secs(20), read_to_the_end);
    let done = done.await.expect("the daemon holds the output open");
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(paictl(&world, &["daemon", "status"]).await.code, 0);
}

#[tokio::test]
async fn a_look_at_the_daemon_and_its_end_start_none() {
    let world = World::new().await;
    let strays = Strays::of(&world);
    let status = paictl(&world, &["daemon", "status"]).await;
    assert_eq!(status.code, 6, "{status:?}");
    let stop = paictl(&world, &["daemon", "stop"]).await;
    assert_eq!(stop.stdout, "no daemon was running\n");
    assert!(!world.state().exists() && !world.socket().exists());
    assert!(strays.daemons().is_none_or(|found| found.is_empty()));
}

#[tokio::test]
async fn where_the_environment_forbids_it_nothing_is_started() {
    let world = World::new().await;
    let strays = Strays::of(&world);
    let done = world.paictl(&["ls"]).await;
    assert_eq!(done.code, 6, "{done:?}");
    assert!(done.stderr.contains("no daemon answers at "), "{done:?}");
    assert!(done.stderr.contains("hint: PAI_NO_AUTOSTART"), "{done:?}");
    assert!(done.stderr.contains("paictl daemon start"), "{done:?}");
    let failed = world.paictl(&["ls", "--json"]).await;
    assert_eq!(failed.failure()["kind"], "unreachable");
    assert!(!world.state().exists() && !world.socket().exists());
    assert!(strays.daemons().is_none_or(|found| found.is_empty()));
}

#[tokio::test]
async fn ten_commands_at_once_start_one_daemon() {
    let world = World::new().await;
    let strays = Strays::of(&world);
    for round in 1..=6 {
        let running: Vec<_> = (0..10).map(|_| world.start_paictl_alone(&["ls"])).collect();
        let mut done = Vec::new();
        for running in running {
            done.push(running.finish().await);
        }
        assert!(done.iter().all(|done| done.code == 0), "{done:?}");
        assert_eq!(starters(&done), 1, "round {round}: {done:?}");
        assert_eq!(served(&world), round);
        let log = fs::read_to_string(world.state().join("paid.log")).unwrap();
        assert!(!log.contains("another daemon"), "no other was tried: {log}");
        let daemons = strays.daemons();
        assert!(daemons.is_none_or(|found| found.len() == 1));
        assert_eq!(paictl(&world, &["daemon", "stop"]).await.code, 0);
    }
}

#[tokio::test]
async fn a_daemon_that_cannot_start_is_quoted_with_its_hint() {
    let world = World::new().await;
    let strays = Strays::of(&world);
    fs::create_dir(world.path("open")).unwrap();
    world.chmod(&world.path("open"), 0o777);
    let mut client = command(&world, &programs().paictl);
    client
        .args(["ls", "--json"])
        .env_remove("PAI_NO_AUTOSTART")
        .env("PAI_SOCKET", world.path("open/s"));
    let done = Running::spawn(client).finish().await;
    assert_eq!(done.code, 6, "{done:?}");
    let failure = done.failure();
    assert_eq!(failure["kind"], "unreachable");
    let message = failure["message"].as_str().unwrap();
    assert!(
        message.starts_with("the daemon did not start: "),
        "{message}"
    );
    assert!(
        message.contains("others may replace files in "),
        "{message}"
    );
    let hint = failure["hint"].as_str().unwrap();
    assert!(hint.contains("chmod 700"), "{hint}");
    assert_eq!(done.stderr.lines().count(), 1, "{done:?}");
    assert!(strays.daemons().is_none_or(|found| found.is_empty()));
}

#[tokio::test]
async fn a_state_folder_that_is_a_file_is_told() {
    let world = World::new().await;
    fs::write(world.state(), "mine").unwrap();
    let done = paictl(&world, &["ls"]).await;
    assert_eq!(done.code, 6, "{done:?}");
    assert!(
        done.stderr.contains("error: the daemon did not start: "),
        "{done:?}"
    );
    assert!(done.stderr.contains("hint: set PAI_STATE_DIR"), "{done:?}");
    assert_eq!(fs::read_to_string(world.state()).unwrap(), "mine");
}

#[tokio::test]
async fn the_daemon_survives_the_end_of_its_starters_process_group() {
    let world = World::new().await;
    let _strays = Strays::of(&world);
    let mut shell = command(&world, Path::new("sh"));
    let script = r#""$0" ls && echo listed >&2; exec sleep 1000"#;
    shell
        .args(["-c", script])
        .arg(&programs().paictl)
        .env_remove("PAI_NO_AUTOSTART")
        .process_group(0);
    let mut shell = Running::spawn(shell);
    shell.says("listed").await;
    let before = paictl(&world, &["daemon", "status", "--json"]).await.json();
    let daemon = pid_of(&before);
    assert_eq!(getsid(Some(daemon)), Ok(daemon), "a session of its own");
    let group = shell.pid();
    for signal in [Signal::HUP, Signal::KILL] {
        // After the first one it may be empty.
        let _gone = kill_process_group(group, signal);
    }
    shell.finish().await;
    assert!(test_kill_process_group(group).is_err());
    let after = paictl(&world, &["daemon", "status", "--json"]).await.json();
    assert_eq!(after["instance"], before["instance"]);
}

/// As in a container, where the leader of the session into which one is let has no number.
#[tokio::test]
async fn a_daemon_starts_where_its_session_is_out_of_sight() {
    const APART: &[&str] = &["--user", "--map-root-user", "--pid", "--fork"];
    let may = Command::new("unshare").args(APART).arg("true").output();
    if !may.is_ok_and(|done| done.status.success()) {
        eprintln!("skipped: no namespace of processes can be made here");
        return;
    }
    let world = World::new().await;
    let mut client = command(&world, Path::new("unshare"));
    client
        .args(APART)
        .arg(&programs().paictl)
        .args(["ls", "--json"])
        .env_remove("PAI_NO_AUTOSTART");
    let done = Running::spawn(client).finish().await;
    assert_eq!((done.code, served(&world)), (0, 1), "{done:?}");
}

#[tokio::test]
async fn a_daemon_that_hangs_is_ended_and_told() {
    let world = World::new().await;
    let paictl = world.path("bin/paictl");
    // By programs that have ended when these are run: a file that is open for writing cannot be.
    let script = r##"mkdir "$1"; cp "$0" "$1"; cd "$1"; printf '#!/bin/sh\nexec sleep 1000\n' > paid; chmod 700 paid"##;
    let made = Command::new("sh")
        .args(["-c", script])
        .args([programs().paictl.as_path(), &world.path("bin")])
        .stdout(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    let mut client = command(&world, &paictl);
    client.arg("ls").env_remove("PAI_NO_AUTOSTART");
    let done = Running::spawn(client).finish().await;
    assert_eq!(done.code, 6, "{done:?}");
    assert!(
        done.stderr.contains("it was not ready within 10 s"),
        "{done:?}"
    );
    assert!(done.stderr.contains("paid.log"), "{done:?}");
    let left = that_know(&world.socket());
    assert!(left.as_ref().is_none_or(Vec::is_empty), "{left:?}");
}

#[tokio::test]
async fn after_a_kill_9_the_next_command_starts_the_next_daemon() {
    let world = World::new().await;
    let _strays = Strays::of(&world);
    assert_eq!(paictl(&world, &["ls"]).await.code, 0);
    let status = paictl(&world, &["daemon", "status", "--json"]).await.json();
    kill_process(pid_of(&status), Signal::KILL).unwrap();
    let done = paictl(&world, &["ls"]).await;
    assert_eq!(
        (done.code, starters(std::slice::from_ref(&done))),
        (0, 1),
        "{done:?}"
    );
    assert_eq!(served(&world), 2);
}

#[tokio::test]
async fn who_waits_or_follows_starts_the_next_daemon_after_a_crash() {
    let world = World::new().await;
    let _strays = Strays::of(&world);
    let gate = Gate::new(&world, "open");
    let command = format!("echo one; {}; echo two", gate.command());
    assert_eq!(paictl(&world, &["ls"]).await.code, 0);
    let id = world.submit("train", &command).await;
    let mut wait = world.start_paictl_alone(&["wait", &id]);
    let mut follow = world.start_paictl_alone(&["logs", "-f", &id]);
    wait.says("Running").await;
    follow.prints("one").await;
    let status = paictl(&world, &["daemon", "status", "--json"]).await.json();
    kill_process(pid_of(&status), Signal::KILL).unwrap();
    gate.open();
    let (wait, follow) = tokio::join!(wait.finish(), follow.finish());
    assert_eq!((wait.code, follow.code), (0, 0), "{wait:?} {follow:?}");
    assert_eq!(follow.stdout, "one\ntwo\n");
    assert_eq!((starters(&[wait, follow]), served(&world)), (1, 2));
}

#[tokio::test]
async fn a_call_under_way_starts_the_next_daemon_after_a_crash() {
    let world = World::new().await;
    let _strays = Strays::of(&world);
    assert_eq!(paictl(&world, &["ls"]).await.code, 0);
    world.fault("CreateJob:slow:delay_ms=6000");
    let submit = world.start_paictl_alone(&["submit", "train", "--", "true"]);
    // Longer than a daemon must be away before another one is started: the call's own age must not count.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let status = paictl(&world, &["daemon", "status", "--json"]).await.json();
    kill_process(pid_of(&status), Signal::KILL).unwrap();
    let done = submit.finish().await;
    assert_eq!((done.code, served(&world)), (0, 2), "{done:?}");
    let listed = paictl(&world, &["ls", "--json"]).await.json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
}

#[tokio::test]
async fn who_waits_leaves_a_daemon_that_was_stopped_alone() {
    let world = World::new().await;
    let _strays = Strays::of(&world);
    let gate = Gate::new(&world, "never");
    assert_eq!(paictl(&world, &["ls"]).await.code, 0);
    let id = world.submit("train", &gate.command()).await;
    let mut wait = world.start_paictl_alone(&["wait", &id, "--timeout", "6s"]);
    wait.says("Running").await;
    assert_eq!(paictl(&world, &["daemon", "stop"]).await.code, 0);
    let wait = wait.finish().await;
    assert!(wait.stderr.contains("trying again"), "{wait:?}");
    let advice = wait.stderr.matches("`paictl daemon start` starts one");
    assert_eq!(advice.count(), 1, "{wait:?}");
    assert_eq!((starters(&[wait]), served(&world)), (0, 1));
}

#[tokio::test]
async fn a_daemon_that_is_on_its_way_out_is_waited_for() {
    let world = World::new().await;
    let _strays = Strays::of(&world);
    fs::create_dir(world.state()).unwrap();
    world.chmod(&world.state(), 0o700);
    // A daemon that leaves removes its socket, and then it frees its lock.
    let lock = StateLock::take(&world.state()).unwrap();
    let running = world.start_paictl_alone(&["ls"]);
    let log = world.state().join("paid.log");
    eventually("the next one finds it locked", || {
        let log = fs::read_to_string(&log).ok()?;
        log.contains("another daemon").then_some(())
    })
    .await;
    drop(lock);
    let done = running.finish().await;
    assert_eq!(
        (done.code, starters(std::slice::from_ref(&done))),
        (0, 1),
        "{done:?}"
    );
}

#[tokio::test]
async fn a_state_folder_that_stays_in_other_hands_is_told_with_their_name() {
    let world = World::new().await;
    let _elsewhere = world
        .launch()
        .env("PAI_SOCKET", world.path("elsewhere"))
        .start()
        .await
        .unwrap();
    let done = paictl(&world, &["ls"]).await;
    assert_eq!(done.code, 6, "{done:?}");
    assert!(done.stderr.contains("another daemon (pid "), "{done:?}");
    assert!(done.stderr.contains("PAI_STATE_DIR"), "{done:?}");
}

#[tokio::test]
async fn a_start_by_hand_at_the_same_time_ends_in_a_connection() {
    let world = World::new().await;
    let _strays = Strays::of(&world);
    for _ in 0..6 {
        let by_command = world.start_paictl_alone(&["ls"]);
        let (by_hand, done) = tokio::join!(world.launch().start(), by_command.finish());
        assert_eq!(done.code, 0, "{done:?}");
        match by_hand {
            Ok(daemon) => {
                assert_eq!(starters(std::slice::from_ref(&done)), 0, "{done:?}");
                assert!(daemon.term().await.success());
            }
            Err(refused) => {
                assert_eq!(refused.json()["in_use"], true, "{refused:?}");
                assert_eq!(paictl(&world, &["daemon", "stop"]).await.code, 0);
            }
        }
    }
}
