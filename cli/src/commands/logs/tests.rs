//! Whole commands against a daemon that tells what it is told to tell.

mod follow;
mod read;
mod search;
mod store;
mod usage;

use std::{
    io::{self, ErrorKind, Read as _, Write, pipe},
    time::Duration,
};

use anstream::adapter::strip_str;
use clap::Parser as _;
use pai_proto::v1::{
    Job, LogChunk, LogEnded, LogLine, WaitEnded, WaitResult, follow_logs_response::Frame,
    wait_jobs_response,
};

use super::{LogsArgs, run_into, sink::Sink};
use crate::{
    args::{Cli, Command},
    context::{Context, tests::context},
    demo::folder::Folder,
    exit::Exit,
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
    run_as(daemon, line, stdout, stderr, |_| {}).await
}

/// The same in a context that is changed before.
async fn run_as(
    daemon: Fake,
    line: &[&str],
    stdout: impl Write + Send + 'static,
    stderr: impl Write + 'static,
    change: impl FnOnce(&mut Context),
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
    change(&mut context);
    let printing = run_into(&args, &mut context, Sink::new(stdout).unwrap());
    let exit = match tokio::time::timeout(PATIENCE, printing).await.unwrap() {
        Ok(exit) => exit,
        Err(error) => error.report(&mut context),
    };
    folder.remove().unwrap();
    exit
}

/// The same; what it said on stderr.
async fn run_to(
    daemon: Fake,
    line: &[&str],
    stdout: impl Write + Send + 'static,
) -> (Exit, String) {
    let stderr = Captured::default();
    let exit = run_with(daemon, line, stdout, stderr.clone()).await;
    (exit, strip_str(&stderr.text()).to_string())
}

async fn run(daemon: Fake, line: &[&str]) -> Ran {
    run_in(daemon, line, |_| {}).await
}

/// The same on a terminal with colours; what is said on stderr is left out.
async fn run_coloured(daemon: Fake, line: &[&str]) -> (Exit, String) {
    let colours = |context: &mut Context| {
        context.out = Output::new(Box::new(io::sink()), Box::new(io::sink()), None).with_colours();
    };
    let (exit, stdout, _) = run_in(daemon, line, colours).await;
    (exit, stdout)
}

async fn run_in(daemon: Fake, line: &[&str], change: impl FnOnce(&mut Context)) -> Ran {
    let (mut reader, writer) = pipe().unwrap();
    let reading = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).map(|_| text)
    });
    let stderr = Captured::default();
    let exit = run_as(daemon, line, writer, stderr.clone(), change).await;
    let stderr = strip_str(&stderr.text()).to_string();
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

/// A wait hears this, and ends.
fn becomes(job: Job) -> Vec<wait_jobs_response::Frame> {
    let result = WaitResult {
        id: job.uid.clone(),
        reached: true,
        job: Some(job),
        ..Default::default()
    };
    vec![wait_jobs_response::Frame::Ended(WaitEnded {
        met: true,
        results: vec![result],
        ..Default::default()
    })]
}

fn finished() -> Job {
    Job {
        native_id: "dlc1running".into(),
        ..sample::succeeded()
    }
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
