//! Whole commands against a daemon that answers what it is told to.

mod changes;
mod contexts;
mod daemon;
mod reads;
mod settings;
mod submits;

use std::{
    collections::HashMap,
    future::ready,
    path::{Path, PathBuf},
};

use anstream::adapter::strip_str;
use clap::Parser as _;
use futures_util::FutureExt as _;
use pai_proto::v1::{
    Change, ErrorDetail, ErrorKind, Event, EventKind, Phase, SnapshotEnd, Stale, WaitEnded,
    WaitResult, stop_job_response::Outcome, wait_jobs_response::Frame,
};

use crate::{
    args::Cli,
    commands,
    context::{Context, tests::context},
    demo::folder::Folder,
    exit::Exit,
    fake::{Call, Fake},
    output::capture::Captured,
    view::sample,
};

/// Exit code, stdout and stderr.
type Ran = (Exit, String, String);

/// Runs one command line against the daemon, or against nobody.
async fn run(daemon: Option<Fake>, line: &[&str]) -> Ran {
    let folder = Folder::create(&std::env::temp_dir()).unwrap();
    if let Some(daemon) = daemon {
        daemon.serve(&folder.socket());
    }
    let ran = run_in(&folder, line).await;
    folder.remove().unwrap();
    ran
}

/// Runs one command line with its socket and its home in this folder.
async fn run_in(folder: &Folder, line: &[&str]) -> Ran {
    run_with(folder, line, &[]).await
}

/// The same with these variables.
async fn run_with(folder: &Folder, line: &[&str], variables: &[(&'static str, &str)]) -> Ran {
    run_from(None, folder, line, variables).await
}

/// Runs one command line against the daemon, before a person who types this.
async fn run_before(typed: &'static str, daemon: Fake, line: &[&str]) -> Ran {
    let folder = Folder::create(&std::env::temp_dir()).unwrap();
    daemon.serve(&folder.socket());
    let (mut context, stdout, stderr) = context(false);
    context.person = Some(Box::new(move || ready(Ok(typed.into())).boxed_local()));
    let ran = run_as(context, stdout, stderr, &folder, line, &[]).await;
    folder.remove().unwrap();
    ran
}

/// The same, called in the folder `from`.
async fn run_from(
    from: Option<&Path>,
    folder: &Folder,
    line: &[&str],
    variables: &[(&'static str, &str)],
) -> Ran {
    let (mut context, stdout, stderr) = context(false);
    context.folder = from.map(Into::into);
    run_as(context, stdout, stderr, folder, line, variables).await
}

async fn run_as(
    mut context: Context,
    stdout: Captured,
    stderr: Captured,
    folder: &Folder,
    line: &[&str],
    variables: &[(&'static str, &str)],
) -> Ran {
    let (socket, home) = (folder.socket(), folder.path().to_owned());
    let variables = variables.iter().map(|(key, value)| (*key, value.into()));
    let variables: HashMap<_, PathBuf> = variables.collect();
    let cli = Cli::try_parse_from(std::iter::once(&"paictl").chain(line)).unwrap();
    context.json = cli.json;
    context.named = cli.context;
    context.env = Box::new(move |key| match key {
        "PAI_SOCKET" => Some(socket.clone()),
        "HOME" => Some(home.clone()),
        "PAI_NO_AUTOSTART" => Some(PathBuf::from("1")),
        key => variables.get(key).cloned(),
    });
    let command = cli.command.unwrap_or_default();
    let exit = match commands::run(command, &mut context).await {
        Ok(exit) => exit,
        Err(error) => error.report(&mut context),
    };
    let plain = |text: String| strip_str(&text).to_string();
    (exit, plain(stdout.text()), plain(stderr.text()))
}

fn with_job(job: pai_proto::v1::Job) -> Option<Fake> {
    Some(Fake {
        job,
        ..Default::default()
    })
}

fn ended(job: pai_proto::v1::Job) -> Frame {
    Frame::Ended(WaitEnded {
        met: true,
        results: vec![WaitResult {
            id: job.native_id.clone(),
            job: Some(job),
            reached: true,
            ..Default::default()
        }],
        ..Default::default()
    })
}

#[tokio::test]
async fn a_submit_prints_the_id_alone_on_stdout() {
    let line = ["submit", "train", "--", "python", "a.py"];
    let (exit, stdout, stderr) = run(with_job(sample::running()), &line).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Ok, "dlc1running\n"));
    assert_eq!(
        stderr,
        "paictl logs -f dlc1running\npaictl wait dlc1running\npaictl get dlc1running\n"
    );
}

#[tokio::test]
async fn an_unconfirmed_submit_is_no_failure_and_is_called_by_its_uid() {
    let line = ["submit", "train", "--json", "--", "true"];
    let (exit, stdout, stderr) = run(with_job(sample::unconfirmed()), &line).await;
    let read: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(exit, Exit::Ok);
    assert_eq!(read["job_id"], "uid-3");
    assert_eq!(read["phase"], "unconfirmed");
    assert!(stderr.starts_with("unconfirmed: "));
    assert_eq!(stderr.lines().count(), 1);
}

#[tokio::test]
async fn without_a_command_the_jobs_are_listed() {
    let daemon = Fake {
        job: sample::succeeded(),
        warnings: vec!["another key\u{1b}[2J".into()],
        end: SnapshotEnd {
            stale_since_ms: Some(1),
            stale_reason: "throttled".into(),
            ..Default::default()
        },
        ..Default::default()
    };
    let (exit, stdout, stderr) = run(Some(daemon), &[]).await;
    assert_eq!(exit, Exit::Ok);
    assert!(stdout.starts_with("dlc1ended\tdemo-short-20261120-bbbb\tSucceeded\t"));
    assert!(stderr.starts_with("warning: another key\\u{1b}[2J\nas of "));
    assert!(stderr.ends_with("ago: throttled\n"));
}

#[tokio::test]
async fn a_wait_tells_every_change_and_exits_with_the_result() {
    let news = |event| {
        Frame::Change(Box::new(Change {
            event,
            job: Some(sample::running()),
            encoded: None,
        }))
    };
    let event = Event {
        rev: 12,
        kind: EventKind::Status.into(),
        from_status: "Running".into(),
        to_status: "Failed".into(),
        at_ms: Some(sample::NOW),
        ..Default::default()
    };
    let stale = Frame::Stale(Stale {
        since_ms: Some(sample::NOW),
        reason: "throttled".into(),
        ..Default::default()
    });
    let daemon = Fake {
        frames: vec![
            news(None),
            stale,
            news(Some(event)),
            ended(sample::failed()),
        ],
        ..Default::default()
    };
    let (exit, stdout, stderr) = run(Some(daemon), &["wait", "dlc1failed"]).await;
    assert_eq!(
        (exit, stdout.as_str()),
        (Exit::Failed, "dlc1failed Failed\n")
    );
    let told: Vec<_> = stderr.lines().collect();
    assert_eq!(told.len(), 3, "{stderr}");
    assert!(told[0].ends_with(" demo-train-20261120-x7k2  Running"));
    assert!(told[1].ends_with(": throttled; the wait goes on"));
    let change = "12:03:04 demo-train-20261120-x7k2  Running → Failed";
    assert!(told[2].ends_with(change), "{stderr}");
}

#[tokio::test]
async fn a_wait_in_json_prints_an_array_with_the_jobs() {
    let daemon = Fake {
        frames: vec![ended(sample::succeeded())],
        ..Default::default()
    };
    let (exit, stdout, stderr) = run(Some(daemon), &["--json", "wait", "dlc1ended"]).await;
    let read: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((exit, stderr.as_str()), (Exit::Ok, ""));
    assert_eq!(read[0]["job_id"], "dlc1ended");
    assert_eq!(read[0]["status"], "Succeeded");
    assert_eq!(read[0]["reached"], true);
}

#[tokio::test]
async fn a_wait_whose_time_ran_out_exits_with_124() {
    let daemon = Fake {
        frames: vec![Frame::Ended(WaitEnded {
            timed_out: true,
            results: vec![WaitResult {
                job: Some(sample::running()),
                ..Default::default()
            }],
            ..Default::default()
        })],
        ..Default::default()
    };
    let line = ["wait", "dlc1running", "--timeout", "60"];
    let (exit, stdout, stderr) = run(Some(daemon), &line).await;
    assert_eq!(
        (exit, stdout.as_str()),
        (Exit::TimedOut, "dlc1running Running\n")
    );
    assert_eq!(stderr, "timed out after 1m00s; jobs are untouched\n");
}

#[tokio::test]
async fn a_stop_tells_its_outcome() {
    let daemon = Fake {
        job: sample::succeeded(),
        outcome: Outcome::AlreadyEnded,
        ..Default::default()
    };
    let (exit, stdout, _) = run(Some(daemon), &["stop", "dlc1ended"]).await;
    assert_eq!(exit, Exit::Ok);
    assert_eq!(stdout, "dlc1ended  had already ended (Succeeded)\n");
}

#[tokio::test]
async fn a_refusal_becomes_message_hint_and_exit_code_for_every_command() {
    let refusing = || Fake {
        refusal: Some(ErrorDetail {
            kind: ErrorKind::NotFound.into(),
            message: "no job dlc9".into(),
            hint: "see `paictl ls`".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    for line in [
        &["get", "dlc9"][..],
        &["stop", "dlc9"],
        &["wait", "dlc9"],
        &["logs", "-f", "dlc9"],
        &["submit", "x", "-p", "none", "--", "true"],
        &["ls"],
        &["config", "get"],
        &["whoami"],
    ] {
        let (exit, stdout, stderr) = run(Some(refusing()), line).await;
        assert_eq!((exit, stdout.as_str()), (Exit::NotFound, ""), "{line:?}");
        assert_eq!(
            stderr, "error: no job dlc9\nhint: see `paictl ls`\n",
            "{line:?}"
        );
    }
}

#[tokio::test]
async fn everything_can_be_had_as_json() {
    let job = sample::running();
    for line in [
        &["ls"][..],
        &["get", "dlc1"],
        &["config", "get"],
        &["whoami"],
        &["daemon", "status"],
        &["daemon", "start"],
    ] {
        let line: Vec<_> = line.iter().copied().chain(["--json"]).collect();
        let (exit, stdout, stderr) = run(with_job(job.clone()), &line).await;
        assert_eq!((exit, stderr.as_str()), (Exit::Ok, ""), "{line:?}");
        assert!(
            serde_json::from_str::<serde_json::Value>(&stdout).is_ok(),
            "{line:?}"
        );
    }
}

#[tokio::test]
async fn a_job_that_ended_without_running_exits_with_its_end() {
    let mut job = sample::failed();
    job.phase = Phase::Stopped.into();
    job.status = "Stopped".into();
    let daemon = Fake {
        frames: vec![Frame::Ended(WaitEnded {
            results: vec![WaitResult {
                job: Some(job),
                unreachable: true,
                ..Default::default()
            }],
            ..Default::default()
        })],
        ..Default::default()
    };
    let line = ["wait", "dlc1failed", "--for", "running"];
    assert_eq!(run(Some(daemon.clone()), &line).await.0, Exit::Stopped);
    let line = ["wait", "dlc1failed", "--for", "EnvPreparing"];
    let (exit, _, stderr) = run(Some(daemon), &line).await;
    assert_eq!(exit, Exit::Error);
    assert!(
        stderr.contains("has ended and never reached EnvPreparing"),
        "{stderr}"
    );
}
