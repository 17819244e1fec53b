//! A program that lives as long as the demo: it leaves when its stdin closes, so that a demo that was killed leaves
//! nothing behind.

use std::{fs::File, path::Path, process::Stdio, time::Duration};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{ChildStdin, ChildStdout, Command};

use crate::error::CliError;

/// How long it may take to leave when asked.
const LEAVE: Duration = Duration::from_secs(3);

/// A running program, in a process group of its own, so that a Ctrl-C reaches the demo only.
#[derive(Debug)]
pub struct Child {
    process: tokio::process::Child,
    /// Held open: closing it is the word to leave.
    stdin: Option<ChildStdin>,
}

impl Child {
    /// Starts it, with its stderr in a file, and hands out its stdout.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn spawn(
        command: &mut Command,
        log: &Path,
    ) -> Result<(Self, Option<ChildStdout>), CliError> {
        let program = Path::new(command.as_std().get_program())
            .display()
            .to_string();
        let refused = |error| CliError::io(format!("cannot run {program}"), error);
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(log).map_err(refused)?)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(refused)?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        Ok((Self { process, stdin }, stdout))
    }

    /// Asks it to leave; ends it and its whole group when it does not.
    pub async fn end(mut self) {
        let pid = self.process.id().and_then(|id| i32::try_from(id).ok());
        let pid = pid.and_then(Pid::from_raw);
        drop(self.stdin.take());
        if let Some(pid) = pid {
            // It may be gone already; then there is nothing to do.
            let _gone = kill_process(pid, Signal::TERM);
        }
        if tokio::time::timeout(LEAVE, self.process.wait())
            .await
            .is_ok()
        {
            return;
        }
        if let Some(pid) = pid {
            let _gone = kill_process_group(pid, Signal::KILL);
        }
        let _reaped = self.process.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::folder::Folder;

    #[tokio::test]
    async fn a_child_leaves_when_asked_and_when_its_stdin_closes() {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        for script in ["cat", "trap '' TERM; cat"] {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            let (child, _stdout) = Child::spawn(&mut command, &folder.log("sh")).unwrap();
            let pid = child.process.id().unwrap();
            child.end().await;
            let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
            assert!(rustix::process::test_kill_process(pid).is_err(), "{script}");
        }
        folder.remove().unwrap();
    }
}
