//! Whole commands against a daemon that tells what it is told to tell.

use std::{
    io::{self, ErrorKind, Read as _, Write, pipe},
    sync::{Arc, Mutex},
    time::Duration,
};

use anstream::adapter::strip_str;
use clap::Parser as _;
use pai_proto::v1::{
    ErrorDetail, LogChunk, LogGap, LogGoingAway, LogLine, Phase, Stale, follow_logs_response::Frame,
};

use super::*;
use crate::{
    args::{Cli, Command},
    context::tests::context,
    demo::folder::Folder,
    fake::Fake,
    output::{Output, capture::Captured},
    view::sample,
};

const PATIENCE: Duration = Duration::from_secs(20);

/// Exit code, stdout and stderr.
type Ran = (Exit, String, String);

fn parsed(line: &[&str]) -> (LogsArgs, bool) {
    let line = ["paictl"].iter().chain(line);
    let cli = Cli::try_parse_from(line).unwrap();
    match cli.command {
        Some(Command::Logs(args)) => (args, cli.json),
        other => panic!("{other:?}"),
    }
}

fn args(line: &[&str]) -> LogsArgs {
    parsed(&[&["logs"], line].concat()).0
}

/// Runs it with these as stdout and stderr.
async fn run_with(
    daemon: Fake,
    line: &[&str],
    stdout: impl Write + Send + 'static,
    stderr: impl Write + 'static,
) -> Exit {
    let folder = Folder::create(&std::env::temp_dir()).unwrap();
    daemon.serve(&folder.socket());
    let (args, as_json) = parsed(line);
    let (mut context, _, _) = context(as_json);
    // Nothing but lines is for stdout: what is answered in another way is missed by the tests.
    context.out = Output::new(Box::new(io::sink()), Box::new(stderr), None);
    let (socket, home) = (folder.socket(), folder.path().to_owned());
    context.env = Box::new(move |key| match key {
        "PAI_SOCKET" => Some(socket.clone()),
        "HOME" => Some(home.clone()),
        "PAI_NO_AUTOSTART" => Some("1".into()),
        _ => None,
    });
    let printing = print(&args, &mut context, Sink::new(stdout).unwrap());
    let exit = match tokio::time::timeout(PATIENCE, printing).await.unwrap() {
        Ok(exit) => exit,
        Err(error) => error.report(&mut context),
    };
    folder.remove().unwrap();
    exit
}

/// The same; what it said on stderr.
async fn run_into(
    daemon: Fake,
    line: &[&str],
    stdout: impl Write + Send + 'static,
) -> (Exit, String) {
    let stderr = Captured::default();
    let exit = run_with(daemon, line, stdout, stderr.clone()).await;
    (exit, strip_str(&stderr.text()).to_string())
}

async fn run(daemon: Fake, line: &[&str]) -> Ran {
    let (mut reader, writer) = pipe().unwrap();
    let reading = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).map(|_| text)
    });
    let (exit, stderr) = run_into(daemon, line, writer).await;
    (exit, reading.await.unwrap().unwrap(), stderr)
}

fn chunk(pod: &str, uid: &str, from: u64, texts: &[&str]) -> Frame {
    let line = |(number, text): (u64, &&str)| LogLine {
        number,
        text: text.as_bytes().to_vec(),
        ..Default::default()
    };
    Frame::Chunk(LogChunk {
        pod_id: format!("dlc1running-{pod}"),
        pod_uid: uid.into(),
        role: "Worker".into(),
        lines: (from..).zip(texts).map(line).collect(),
        cursor: format!("{pod} {uid} {from}").into(),
        ..LogChunk::default()
    })
}

fn ended(note: &str) -> Frame {
    Frame::Ended(LogEnded {
        complete: note.is_empty(),
        note: note.into(),
        ..Default::default()
    })
}

fn daemon(job: Job, logs: Vec<Vec<Frame>>) -> Fake {
    Fake {
        job,
        logs,
        ..Default::default()
    }
}

/// A job of one pod.
fn alone() -> Job {
    let mut job = sample::running();
    job.pods.truncate(1);
    job.replicas[0].count = 1;
    job
}

#[test]
fn a_number_of_lines_that_is_none_is_a_usage_error() {
    for tail in [&["--tail", "-1"][..], &["--tail=-1"], &["--tail", "x"]] {
        let line = [&["paictl", "logs", "dlc1"], tail].concat();
        let usage = Cli::try_parse_from(line).unwrap_err();
        assert!(usage.use_stderr(), "{tail:?}");
        assert_eq!(usage.exit_code(), 2, "{tail:?}");
        let text = usage.render().to_string();
        assert!(text.contains("is no number of lines"), "{text}");
    }
}

#[test]
fn the_arguments_become_the_request() {
    let job = sample::running();
    let plain = request(&args(&["dlc1"]), &job);
    assert_eq!(plain.id, "dlc1running");
    assert!(plain.no_follow && plain.pods.is_empty() && plain.tail.is_none());
    let line = [
        "-f", "@last", "--tail", "0", "--pod", "worker-1", "--pod", "x",
    ];
    let chosen = request(&args(&line), &job);
    assert_eq!(chosen.id, "dlc1running", "@last may be another job later");
    assert!(!chosen.no_follow);
    assert_eq!(chosen.tail, Some(0));
    assert_eq!(chosen.pods, ["worker-1", "x"]);
}

#[tokio::test]
async fn lines_alone_are_on_stdout_with_their_pods() {
    for name in ["logs", "log"] {
        let logs = vec![vec![
            chunk("worker-0", "a", 1, &["one", "\u{1b}[1mtwo\u{1b}[0m"]),
            chunk("worker-1", "b", 1, &["three"]),
            ended(""),
        ]];
        let ran = run(daemon(sample::running(), logs), &[name, "dlc1"]).await;
        let stdout = "[worker-0] one\n[worker-0] two\n[worker-1] three\n";
        assert_eq!(ran, (Exit::Ok, stdout.into(), String::new()));
    }
}

#[tokio::test]
async fn of_one_pod_the_name_is_left_out_and_raw_leaves_it_out_always() {
    let logs = || vec![vec![chunk("worker-0", "a", 1, &["one", "a\rb"]), ended("")]];
    let (_, stdout, _) = run(daemon(alone(), logs()), &["logs", "dlc1"]).await;
    assert_eq!(stdout, "one\nb\n");
    let line = ["logs", "dlc1", "--pod", "worker-0"];
    let (_, stdout, _) = run(daemon(sample::running(), logs()), &line).await;
    assert_eq!(stdout, "one\nb\n");
    let line = ["logs", "dlc1", "--raw"];
    let (_, stdout, _) = run(daemon(sample::running(), logs()), &line).await;
    assert_eq!(stdout, "one\na\rb\n");
}

#[tokio::test]
async fn json_is_an_object_per_line() {
    let logs = vec![vec![chunk("worker-1", "b", 7, &["one", "two"]), ended("")]];
    let line = ["--json", "logs", "dlc1"];
    let (exit, stdout, stderr) = run(daemon(sample::running(), logs), &line).await;
    assert_eq!((exit, stderr.as_str()), (Exit::Ok, ""));
    let read: Vec<serde_json::Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(read.len(), 2);
    assert_eq!(read[1]["job_id"], "dlc1running");
    assert_eq!(read[1]["pod_id"], "dlc1running-worker-1");
    assert_eq!(read[1]["number"], 8);
    assert_eq!(read[1]["text"], "two");
}

#[tokio::test]
async fn a_follow_says_what_it_waits_for_and_what_became_of_the_job() {
    let queued = || Job {
        phase: Phase::Queued.into(),
        status: "Queuing".into(),
        running_at_ms: None,
        ..alone()
    };
    let logs = || vec![vec![chunk("worker-0", "a", 1, &["one"]), ended("")]];
    let (exit, stdout, stderr) = run(daemon(queued(), logs()), &["logs", "-f", "dlc1"]).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Ok, "one\n"));
    assert_eq!(
        stderr,
        "dlc1running is Queuing; its log begins when it runs\ndlc1running Queuing\n"
    );
    let line = ["logs", "dlc1running"];
    let (exit, stdout, stderr) = run(daemon(queued(), vec![vec![ended("")]]), &line).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Ok, ""));
    assert!(stderr.starts_with("dlc1running is Queuing and has no log yet"));
    // How a job ended is no failure of its log.
    let line = ["logs", "-f", "dlc1failed"];
    let (exit, _, stderr) = run(daemon(sample::failed(), logs()), &line).await;
    assert_eq!(exit, Exit::Ok);
    assert_eq!(
        stderr,
        "dlc1failed Failed (OOMKilled: worker-0 was killed)\n"
    );
}

#[tokio::test]
async fn a_follow_of_a_log_without_lines_says_so_at_its_end() {
    let complete = Frame::Ended(LogEnded {
        complete: true,
        ..Default::default()
    });
    let line = ["logs", "-f", "dlc1failed"];
    let (_, stdout, stderr) = run(daemon(sample::failed(), vec![vec![complete]]), &line).await;
    assert_eq!(stdout, "");
    assert_eq!(
        stderr,
        "dlc1failed is Failed and has no lines\ndlc1failed Failed (OOMKilled: worker-0 was killed)\n"
    );
}

#[tokio::test]
async fn a_follow_goes_on_over_restarts_of_daemon_and_pod_and_tells_them() {
    let gap = LogGap {
        pod_id: "dlc1running-worker-0".into(),
        pod_uid: "b".into(),
        reason: "too many lines".into(),
        cursor: "gap".into(),
        ..Default::default()
    };
    let stale = |since_ms| {
        Frame::Stale(Stale {
            since_ms,
            reason: "throttled".into(),
        })
    };
    let going = LogGoingAway {
        reason: "it was asked to".into(),
        cursor: "going".into(),
    };
    let fake = daemon(
        alone(),
        vec![
            vec![chunk("worker-0", "a", 1, &["one"])],
            vec![
                chunk("worker-0", "b", 1, &["two"]),
                Frame::Gap(gap),
                stale(Some(sample::NOW)),
                stale(None),
                Frame::GoingAway(going),
            ],
            vec![
                chunk("worker-0", "b", 9, &["three"]),
                ended("the last lines are not there"),
            ],
        ],
    );
    let followed = fake.followed.clone();
    let (exit, stdout, stderr) = run(fake, &["logs", "-f", "dlc1"]).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Ok, "one\ntwo\nthree\n"));
    let told: Vec<_> = stderr.lines().collect();
    let expected = [
        "the connection to the daemon broke (the stream ended without a last word); trying again",
        "the daemon is back",
        "──── worker-0 began anew ────",
        "lines of worker-0 at 1970-01-01 00:00:00 may be missing here: too many lines",
        ": throttled; trying again",
        "the log is up to date again",
        "the connection to the daemon broke (it was asked to); trying again",
        "the daemon is back",
        "the last lines are not there",
        "dlc1running Running",
    ];
    assert_eq!(told.len(), expected.len(), "{stderr}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.ends_with(expected), "{told:?}: {expected:?}");
    }
    let followed = followed.lock().unwrap();
    let cursors: Vec<_> = followed.iter().map(|request| &request.cursor[..]).collect();
    assert_eq!(cursors, [&b""[..], b"worker-0 a 1", b"going"]);
}

#[tokio::test]
async fn a_refusal_is_told_behind_the_lines_before_it() {
    let refusing = Fake {
        refusal: Some(ErrorDetail {
            kind: pai_proto::v1::ErrorKind::NotFound.into(),
            message: "no job dlc9".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let ran = run(refusing, &["logs", "-f", "dlc9"]).await;
    assert_eq!(
        ran,
        (Exit::NotFound, String::new(), "error: no job dlc9\n".into())
    );
}

#[tokio::test]
async fn a_job_that_was_unconfirmed_at_first_is_asked_for_again() {
    let logs = vec![vec![chunk("worker-0", "a", 1, &["one"]), ended("")]];
    let fake = Fake {
        later: Some(alone()),
        ..daemon(sample::unconfirmed(), logs)
    };
    let (_, stdout, stderr) = run(fake, &["logs", "-f", "uid-3"]).await;
    // How many pods it has was unknown at the start.
    assert_eq!(stdout, "[worker-0] one\n");
    assert!(stderr.starts_with("uid-3 is unconfirmed; "), "{stderr}");
    assert!(stderr.ends_with("dlc1running Running\n"), "{stderr}");
}

/// Fails at the first write.
struct Broken(ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The follow has no end of its own here.
#[tokio::test]
async fn a_reader_that_went_away_ends_the_follow_quietly_and_a_full_disk_does_not() {
    let fake = || daemon(alone(), vec![vec![chunk("worker-0", "a", 1, &["one"])]]);
    let (exit, stderr) = run_into(
        fake(),
        &["logs", "-f", "dlc1"],
        Broken(ErrorKind::BrokenPipe),
    )
    .await;
    assert_eq!((exit, stderr.as_str()), (Exit::Ok, ""));
    let full = Broken(ErrorKind::StorageFull);
    let (exit, stderr) = run_into(fake(), &["logs", "-f", "dlc1"], full).await;
    assert_eq!(exit, Exit::Error);
    assert!(
        stderr.starts_with("error: cannot write the log: "),
        "{stderr}"
    );
}

/// Takes one byte at a time: whoever does not wait for it has every chance to be first.
#[derive(Clone, Default)]
struct Slow(Arc<Mutex<Vec<u8>>>);

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        std::thread::yield_now();
        self.0.lock().unwrap().extend(bytes.first());
        Ok(bytes.len().min(1))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn what_is_said_stands_where_it_belongs_between_the_lines() {
    let long = "x".repeat(5_000);
    let logs = vec![vec![
        chunk("worker-0", "a", 1, &[&long]),
        chunk("worker-0", "b", 1, &[&long]),
        ended(""),
    ]];
    let terminal = Slow::default();
    let line = ["logs", "-f", "dlc1"];
    let daemon = daemon(alone(), logs);
    assert_eq!(
        run_with(daemon, &line, terminal.clone(), terminal.clone()).await,
        Exit::Ok
    );
    let shown = String::from_utf8(terminal.0.lock().unwrap().clone()).unwrap();
    let expected = [
        "──── worker-0 began anew ────",
        &long,
        "dlc1running Running",
    ]
    .join("\n");
    assert_eq!(shown, format!("{long}\n{expected}\n"));
}
