//! One pod: a process group, watched until its leader and its output have ended.
//!
//! The leader is a shell, or a guard that starts the shell: it holds the reading end of a pipe
//! from here, and when this process ends, however it ends, the guard kills its group.

use std::collections::BTreeMap;
use std::io::{self, PipeWriter};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Pid;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;
use tokio::signal::unix::{SignalKind, signal};

use super::PodLog;
use super::lines::LineCutter;
use crate::cloud::Cloud;

/// How long output is still read after the group is gone; a process that escaped the group may
/// hold the pipe open for ever.
const DRAIN: Duration = Duration::from_secs(1);

/// What a pod runs and where.
pub(super) struct Start {
    pub(super) command: String,
    /// Working folder, made by the caller.
    pub(super) dir: PathBuf,
    pub(super) envs: BTreeMap<String, String>,
}

/// A started pod, not waited for yet.
pub(super) struct Started {
    pub(super) pid: Pid,
    output: Receiver,
    /// The guard kills its group when this is closed.
    lifeline: Option<PipeWriter>,
}

/// Starts the group. Standard output and error share one pipe, so their lines keep their order.
pub(super) fn start(cloud: &Cloud, start: &Start) -> io::Result<Started> {
    let (reader, writer) = io::pipe()?;
    let (mut command, stdin, lifeline) = match &cloud.options.guard {
        Some(guard) => {
            let (held, lifeline) = io::pipe()?;
            let mut command = Command::new(guard);
            command.args(["guard", "--", shell()]);
            (command, Stdio::from(held), Some(lifeline))
        }
        None => (Command::new(shell()), Stdio::null(), None),
    };
    command
        .args(["-c", &start.command])
        .current_dir(&start.dir)
        .env_clear()
        .envs(&start.envs)
        .stdin(stdin)
        .stdout(Stdio::from(writer.try_clone()?))
        .stderr(Stdio::from(writer));
    let output = Receiver::from_owned_fd(reader.into())?;
    let pid = match lifeline {
        Some(_) => cloud.groups.spawn_guard(&mut command)?,
        None => cloud.groups.spawn(&mut command)?,
    };
    Ok(Started {
        pid,
        output,
        lifeline,
    })
}

fn shell() -> &'static str {
    if Path::new("/bin/bash").exists() {
        "/bin/bash"
    } else {
        "/bin/sh"
    }
}

/// Waits until the leader has ended, ends the rest of its group, and returns the exit code once
/// all output is stored.
pub(super) async fn watch(cloud: Arc<Cloud>, started: Started, log: PodLog) -> i32 {
    let Started {
        pid,
        output,
        lifeline,
    } = started;
    let reading = capture(&cloud, output, &log);
    tokio::pin!(reading);
    let exited = exited(&cloud, pid);
    tokio::pin!(exited);
    let mut read_all = false;
    loop {
        tokio::select! {
            () = &mut exited => break,
            () = &mut reading, if !read_all => read_all = true,
        }
    }
    let code = cloud.groups.finish(pid);
    drop(lifeline);
    if !read_all {
        let _ = tokio::time::timeout(DRAIN, reading).await;
    }
    code
}

/// Every SIGCHLD is a reason to look; the stream is made before the first look, so none is missed.
async fn exited(cloud: &Cloud, pid: Pid) {
    let Ok(mut child_signals) = signal(SignalKind::child()) else {
        return;
    };
    while !cloud.groups.has_exited(pid) {
        child_signals.recv().await;
    }
}

async fn capture(cloud: &Cloud, mut output: Receiver, log: &PodLog) {
    let mut cutter = LineCutter::new(cloud.options.max_line_bytes);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let (lines, ended) = match output.read(&mut buffer).await {
            Ok(0) | Err(_) => (cutter.finish().into_iter().collect(), true),
            Ok(count) => (cutter.push(&buffer[..count]), false),
        };
        if !lines.is_empty() {
            let _ = log.append(&lines, cloud.now_ms());
            cloud.changed();
        }
        if ended {
            return;
        }
    }
}
