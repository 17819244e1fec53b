//! `paictl daemon …`, and daemons that are not as they should be.

use std::{
    fs::{self, File},
    io::Write as _,
    time::Duration,
};

use tokio::{net::UnixListener, time::Instant};

use super::*;

#[tokio::test]
async fn without_a_daemon_status_is_6_and_stop_has_nothing_to_do() {
    let (exit, stdout, _) = run(None, &["daemon", "status"]).await;
    assert_eq!(exit, Exit::Daemon);
    assert!(stdout.starts_with("not running: no daemon answers at "));
    let (exit, stdout, _) = run(None, &["--json", "daemon", "status"]).await;
    let read: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((exit, &read["running"]), (Exit::Daemon, &false.into()));
    let (exit, stdout, _) = run(None, &["daemon", "stop"]).await;
    assert_eq!(
        (exit, stdout.as_str()),
        (Exit::Ok, "no daemon was running\n")
    );
}

#[tokio::test]
async fn a_running_daemon_is_told_by_status_and_start() {
    let daemon = || with_job(sample::running());
    let (exit, stdout, _) = run(daemon(), &["daemon", "status"]).await;
    assert_eq!(exit, Exit::Ok);
    assert!(stdout.starts_with("Daemon  running"));
    let (exit, stdout, _) = run(daemon(), &["daemon", "start"]).await;
    assert_eq!(exit, Exit::Ok);
    assert!(stdout.starts_with("already running, pid 77"));
}

fn of_the_next_major() -> Option<Fake> {
    Some(Fake {
        major: Some(pai_proto::PROTOCOL_MAJOR + 1),
        ..Default::default()
    })
}

#[tokio::test]
async fn a_daemon_of_another_major_version_can_be_looked_at_and_ended() {
    let (exit, stdout, stderr) = run(of_the_next_major(), &["daemon", "status"]).await;
    assert_eq!(exit, Exit::Ok);
    assert!(stdout.starts_with("Daemon  running"));
    assert!(stderr.contains("speaks protocol 2."), "{stderr}");
    let (exit, stdout, stderr) = run(of_the_next_major(), &["daemon", "stop"]).await;
    assert_eq!(
        (exit, stdout.as_str()),
        (Exit::Ok, "stopped, pid 77\n"),
        "{stderr}"
    );
    for line in [&["ls"][..], &["daemon", "start"]] {
        let (exit, _, stderr) = run(of_the_next_major(), line).await;
        assert_eq!(exit, Exit::Daemon, "{line:?}");
        assert!(stderr.contains("speaks protocol 2."), "{stderr}");
    }
}

#[tokio::test]
async fn the_warnings_of_a_running_daemon_are_shown_by_start() {
    let daemon = Fake {
        warnings: vec!["another key".into()],
        ..Default::default()
    };
    let (_, _, stderr) = run(Some(daemon), &["daemon", "start"]).await;
    assert_eq!(stderr, "warning: another key\n");
}

/// A socket whose connections nobody answers, and the lock of a daemon with this pid.
struct Silent {
    folder: Folder,
    _listener: UnixListener,
    _lock: File,
}

impl Silent {
    fn new() -> Self {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        let state = folder.path().join(".local/state/pai");
        fs::create_dir_all(&state).unwrap();
        let mut lock = File::create(state.join("paid.lock")).unwrap();
        lock.lock().unwrap();
        writeln!(lock, "pid 4711, version 9.9.9").unwrap();
        Self {
            _listener: UnixListener::bind(folder.socket()).unwrap(),
            _lock: lock,
            folder,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_does_not_answer_is_told_from_none() {
    let silent = Silent::new();
    for verb in ["stop", "start"] {
        let (exit, stdout, stderr) = run_in(&silent.folder, &["daemon", verb]).await;
        assert_eq!((exit, stdout.as_str()), (Exit::Daemon, ""), "{verb}");
        for words in [
            "(pid 4711, version 9.9.9)",
            "does not answer",
            "`kill 4711`",
        ] {
            assert!(stderr.contains(words), "{verb}: {stderr}");
        }
        assert!(!stderr.contains("daemon stop"), "{verb}: {stderr}");
    }
    let (exit, stdout, _) = run_in(&silent.folder, &["daemon", "status"]).await;
    assert_eq!(exit, Exit::Daemon);
    assert!(stdout.starts_with("does not answer: "), "{stdout}");
    let (exit, stdout, _) = run_in(&silent.folder, &["daemon", "status", "--json"]).await;
    let read: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((exit, &read["running"]), (Exit::Daemon, &false.into()));
    assert_eq!(read["error"]["kind"], "silent");
    silent.folder.remove().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wait_gives_a_silent_daemon_no_longer_than_its_own_timeout() {
    let silent = Silent::new();
    let begin = Instant::now();
    let line = ["wait", "dlc1", "--timeout", "3"];
    let (exit, _, stderr) = run_in(&silent.folder, &line).await;
    assert_eq!(exit, Exit::Daemon);
    assert!(stderr.contains("does not answer"), "{stderr}");
    assert!(begin.elapsed() < Duration::from_secs(4));
    silent.folder.remove().unwrap();
}

#[tokio::test]
async fn a_status_that_nobody_documents_is_waited_for_with_a_remark() {
    let daemon = || Fake {
        frames: vec![ended(sample::succeeded())],
        ..Default::default()
    };
    let (_, _, stderr) = run(Some(daemon()), &["wait", "dlc1", "--for", "Runing"]).await;
    assert!(stderr.starts_with("Runing is not a status that PAI-DLC documents"));
    let (_, _, stderr) = run(Some(daemon()), &["wait", "dlc1", "--for", "queuing"]).await;
    assert_eq!(stderr, "");
}
