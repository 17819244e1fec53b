//! `guard`: a pod's process group that does not outlive the emulator.
//!
//! It makes itself the leader of a session without terminal, runs the command given, and passes
//! on its exit code (128 plus the number of a signal). Standard input is a pipe from the emulator
//! on which nothing is ever written: when it ends, so has the emulator, and the group is killed.
//! Signals that ask to end are for the command, which gets them as a member of the group.

use std::io::{self, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitCode, Stdio};

use rustix::process::{Signal, getpgrp, getpid, kill_process_group, setsid};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::GuardArgs;

/// Runs the command and returns its exit code.
pub(crate) fn run(args: &GuardArgs) -> io::Result<ExitCode> {
    // A leader of a group, as a shell with job control makes one, cannot make a session.
    if setsid().is_err() && getpgrp() != getpid() {
        return Err(io::Error::other("no process group of its own"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let _context = runtime.enter();
    // A handler, unlike an ignored signal, is not inherited by the command.
    let _handlers = [
        SignalKind::terminate(),
        SignalKind::interrupt(),
        SignalKind::hangup(),
        SignalKind::quit(),
        SignalKind::user_defined1(),
        SignalKind::user_defined2(),
        SignalKind::alarm(),
    ]
    .map(signal);
    std::thread::spawn(|| {
        let mut stdin = io::stdin();
        while stdin.read(&mut [0; 64]).is_ok_and(|count| count > 0) {}
        kill_process_group(getpgrp(), Signal::KILL)
    });
    let mut command = Command::new(&args.program);
    let status = command.args(&args.args).stdin(Stdio::null()).status()?;
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
