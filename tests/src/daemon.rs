//! A `paid` process. It ends with the test, however the test ends: its stdin is held open by us.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, OpenOptions},
    path::PathBuf,
    process::{ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, ChildStdin, Command},
};

use crate::{cli::Finished, programs::programs, until::within, world::World};

/// A daemon to be started.
#[derive(Debug)]
pub struct Launch {
    command: Command,
    stderr: PathBuf,
}

/// A daemon that serves. Dropping it kills it.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    _stdin: Option<ChildStdin>,
    stderr: PathBuf,
    ready: Value,
}

impl Launch {
    pub(crate) fn new(world: &World) -> Self {
        let mut command = Command::new(&programs().paid);
        command
            .args(["--foreground", "--announce", "--exit-with-stdin"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", world.path("home"))
            .env("PAI_SOCKET", world.socket())
            .env("PAI_STATE_DIR", world.state())
            .env("ALIYUN_PAI_SETTINGS_PATH", world.settings_path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        Self {
            command,
            stderr: world.path("paid.stderr"),
        }
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.command.arg(arg.into());
        self
    }

    /// Starts it and waits until it serves.
    ///
    /// # Errors
    /// What it said and its exit code, when it ends instead.
    ///
    /// # Panics
    /// When the program cannot be run.
    pub async fn start(mut self) -> Result<Daemon, Finished> {
        let log = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.stderr)
            .expect("a log file");
        let mut child = self.command.stderr(log).spawn().expect("paid can be run");
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().expect("stdout is a pipe");
        let mut line = String::new();
        let mut lines = BufReader::new(stdout);
        within("paid's first line", lines.read_line(&mut line))
            .await
            .expect("stdout can be read");
        let ready: Value = serde_json::from_str(&line).unwrap_or_default();
        if ready["ready"] == true {
            return Ok(Daemon {
                child,
                _stdin: stdin,
                stderr: self.stderr,
                ready,
            });
        }
        let status = within("the end of paid", child.wait())
            .await
            .expect("a child");
        Err(Finished {
            code: status.code().unwrap_or(-1),
            stdout: line,
            stderr: fs::read_to_string(&self.stderr).unwrap_or_default(),
        })
    }
}

impl Daemon {
    /// What it announced.
    pub fn ready(&self) -> &Value {
        &self.ready
    }

    /// Its process.
    ///
    /// # Panics
    /// When it has ended.
    pub fn pid(&self) -> Pid {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        pid.and_then(Pid::from_raw).expect("paid runs")
    }

    /// What it, and the daemons before it in this world, wrote to stderr.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// Kills it without a chance to say goodbye.
    ///
    /// # Panics
    /// When that is impossible.
    pub async fn kill9(mut self) {
        self.child.kill().await.expect("paid can be killed");
    }

    /// Asks it to leave and waits until it has left.
    pub async fn term(self) -> ExitStatus {
        self.signal(Signal::TERM).await
    }

    /// Sends a signal and waits for the end.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn signal(mut self, signal: Signal) -> ExitStatus {
        kill_process(self.pid(), signal).expect("paid can be signalled");
        within("the end of paid", self.child.wait())
            .await
            .expect("a child")
    }
}
