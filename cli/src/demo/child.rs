//! A program that lives as long as the demo: it leaves when its stdin closes, so that a demo that was killed leaves
//! nothing behind.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    process::Stdio,
};

use futures_util::{FutureExt as _, future};
use tokio::process::{ChildStdin, ChildStdout, Command};

use crate::{error::CliError, process};

/// A running program, in a process group of its own, so that a Ctrl-C reaches the demo only.
#[derive(Debug)]
pub struct Child {
    name: &'static str,
    log: PathBuf,
    process: tokio::process::Child,
    /// Held open: closing it is the word to leave. `None` where somebody else holds it.
    stdin: Option<ChildStdin>,
}

impl Child {
    /// Starts it, with its stderr at the end of a file, and hands out its stdout.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn spawn(
        name: &'static str,
        command: &mut Command,
        log: &Path,
    ) -> Result<(Self, Option<ChildStdout>), CliError> {
        let program = Path::new(command.as_std().get_program())
            .display()
            .to_string();
        let refused = |error| CliError::io(format!("cannot run {program}"), error);
        let stderr = OpenOptions::new().append(true).create(true).open(log);
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr.map_err(refused)?)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(refused)?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let child = Self {
            name,
            log: log.into(),
            process,
            stdin,
        };
        Ok((child, stdout))
    }

    /// Hands out its stdin, for one that is talked to. Closing it is the word to leave.
    pub fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.stdin.take()
    }

    /// Asks it to leave; ends it and its whole group when it does not.
    pub async fn end(mut self) {
        drop(self.stdin.take());
        process::end(&mut self.process).await;
    }

    /// Waits until it ends by itself, and tells how.
    async fn ended(&mut self) -> String {
        let how = match self.process.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        match process::last_words(&self.log, 0) {
            Some(words) => format!("{} ended: {words} ({how})", self.name),
            None => format!("{} ended: {how}", self.name),
        }
    }
}

/// Waits until one of them ends by itself, and tells which and how.
pub async fn first_end(children: &mut [Child]) -> String {
    let ends: Vec<_> = children
        .iter_mut()
        .map(|child| child.ended().boxed_local())
        .collect();
    match ends.is_empty() {
        true => future::pending().await,
        false => future::select_all(ends).await.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::folder::Folder;

    fn shell(folder: &Folder, name: &'static str, script: &str) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let (child, _stdout) = Child::spawn(name, &mut command, &folder.log(name)).unwrap();
        child
    }

    #[tokio::test]
    async fn a_child_leaves_when_asked_and_when_its_stdin_closes() {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        for script in ["cat", "trap '' TERM; cat"] {
            let child = shell(&folder, "sh", script);
            let pid = child.process.id().unwrap();
            child.end().await;
            assert!(!process::is_alive(pid), "{script}");
        }
        folder.remove().unwrap();
    }

    #[tokio::test]
    async fn the_first_that_ends_is_named_with_its_last_words() {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        let mut children = vec![
            shell(&folder, "one", "cat"),
            shell(&folder, "two", "echo so long >&2; exit 3"),
        ];
        assert_eq!(
            first_end(&mut children).await,
            "two ended: so long (exit status: 3)"
        );
        children.truncate(1);
        children.push(shell(&folder, "mute", "kill -9 $$"));
        assert_eq!(
            first_end(&mut children).await,
            "mute ended: signal: 9 (SIGKILL)"
        );
        for child in children {
            child.end().await;
        }
        folder.remove().unwrap();
    }
}
