//! A `paictl` process and what it printed.

use std::{path::Path, process::Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Command},
};

use crate::{until::within, world::World};

/// A program that has ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Exit code; -1 after a signal.
    pub code: i32,
    /// The answer.
    pub stdout: String,
    /// Everything else.
    pub stderr: String,
}

impl Finished {
    /// The answer as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The failure that `--json` prints on stderr: its last line.
    ///
    /// # Panics
    /// When there is none.
    pub fn failure(&self) -> Value {
        let line = self.stderr.lines().last().unwrap_or_default();
        let failure: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {self:?}"));
        failure["error"].clone()
    }
}

/// A `paictl` that runs. Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// What was read of it.
    printed: String,
    lines: Lines<BufReader<ChildStderr>>,
    said: String,
}

impl Running {
    /// Starts any such command.
    ///
    /// # Panics
    /// When it cannot be run.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program can be run");
        let stdout = child.stdout.take().expect("stdout is a pipe");
        let stderr = child.stderr.take().expect("stderr is a pipe");
        Self {
            child,
            stdout: BufReader::new(stdout),
            printed: String::new(),
            lines: BufReader::new(stderr).lines(),
            said: String::new(),
        }
    }

    /// Reads stderr up to a line that contains `part`.
    ///
    /// # Panics
    /// When it ends before.
    pub async fn says(&mut self, part: &str) -> String {
        let reading = async {
            while let Some(line) = self.lines.next_line().await.expect("stderr can be read") {
                self.said.push_str(&line);
                self.said.push('\n');
                if line.contains(part) {
                    return line;
                }
            }
            panic!("{part:?} was not said: {}", self.said)
        };
        within(part, reading).await
    }

    /// Reads stdout up to a line that contains `part`.
    ///
    /// # Panics
    /// When it ends before.
    pub async fn prints(&mut self, part: &str) {
        let reading = async {
            loop {
                let from = self.printed.len();
                let read = self.stdout.read_line(&mut self.printed).await;
                assert!(
                    read.expect("stdout can be read") > 0,
                    "{part:?} was not printed"
                );
                if self.printed[from..].contains(part) {
                    return;
                }
            }
        };
        within(part, reading).await;
    }

    /// Its process.
    ///
    /// # Panics
    /// When it has ended.
    pub fn pid(&self) -> Pid {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        pid.and_then(Pid::from_raw).expect("it runs")
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// When it has ended.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it can be signalled");
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn finish(mut self) -> Finished {
        let mut stdout = self.printed;
        let reading = async {
            let rest = async {
                while let Some(line) = self.lines.next_line().await.expect("stderr can be read") {
                    self.said.push_str(&line);
                    self.said.push('\n');
                }
            };
            let (read, ()) = tokio::join!(self.stdout.read_to_string(&mut stdout), rest);
            read.expect("stdout can be read");
            self.child.wait().await.expect("a child")
        };
        let status = within("the end of paictl", reading).await;
        Finished {
            code: status.code().unwrap_or(-1),
            stdout,
            stderr: self.said,
        }
    }
}

/// A program in the environment and the folder of a world and nothing else. It starts no daemon by itself.
pub fn command(world: &World, program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(world.folder())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", world.path("home"))
        .env("TZ", "UTC")
        .env("TMPDIR", world.folder())
        .env("PAI_NO_AUTOSTART", "1")
        .env("PAI_SOCKET", world.socket())
        .env("PAI_STATE_DIR", world.state())
        .env("ALIYUN_PAI_SETTINGS_PATH", world.settings_path());
    command
}
