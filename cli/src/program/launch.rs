//! Starting the daemon in the background.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
    process::Stdio,
};

use tokio::process::{Child, Command};

use super::{Ready, announced, first_line, quoted_since};
use crate::{error::CliError, process};

/// Starts `paid` in the background, to outlive us, and waits until it serves. One that does not is ended.
///
/// # Errors
/// [`CliError::Start`] with the daemon's own words where it gave any.
pub async fn start_daemon(paid: &Path, log: &Path) -> Result<Ready, CliError> {
    let failed = |message: String| CliError::Start {
        message,
        hint: String::new(),
    };
    let (stderr, before) =
        open(log).map_err(|error| failed(format!("cannot open {}: {error}", log.display())))?;
    let child = Command::new(paid)
        .args(["--foreground", "--announce", "--log-file"])
        .arg(log)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .process_group(0)
        .spawn()
        .map_err(|error| failed(format!("cannot run {}: {error}", paid.display())))?;
    let mut starting = Starting { child: Some(child) };
    let stdout = starting
        .child
        .as_mut()
        .and_then(|child| child.stdout.take());
    let line = first_line(stdout).await;
    let line = line.map_err(|reason| quoted_since(reason, log, before));
    let advice = format!("see `paictl daemon status`, and its log {}", log.display());
    let ready = announced(line, &advice);
    match ready {
        Ok(_) => starting.child = None,
        Err(_) => starting.end().await,
    }
    ready
}

/// The log, where a daemon that cannot even log leaves its words, and its length so far.
fn open(log: &Path) -> io::Result<(File, u64)> {
    if let Some(folder) = log.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(log)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// A daemon that does not serve yet. Whoever gives it up, by Ctrl-C too, takes it along.
struct Starting {
    child: Option<Child>,
}

impl Starting {
    async fn end(&mut self) {
        if let Some(child) = &mut self.child {
            process::end(child).await;
        }
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(child) = &self.child {
            process::kill(child);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::folder::Folder;
    use std::os::unix::fs::PermissionsExt as _;

    fn script(folder: &Folder, text: &str) -> std::path::PathBuf {
        let path = folder.path().join("paid");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    #[tokio::test]
    async fn a_daemon_that_ends_without_a_word_is_quoted_from_its_log() {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        let log = folder.path().join("state/paid.log");
        let paid = script(&folder, "echo 'no space left' >&2; exit 3");
        for _ in 0..2 {
            let error = start_daemon(&paid, &log).await.unwrap_err();
            assert_eq!(
                error.to_string(),
                "the daemon did not start: it ended without a word (no space left)"
            );
        }
        let text = std::fs::read_to_string(&log).unwrap();
        assert_eq!(text, "no space left\nno space left\n");
        assert_eq!(log.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        folder.remove().unwrap();
    }

    /// The clock of the runtime jumps over the ten seconds.
    #[tokio::test(start_paused = true)]
    async fn a_daemon_that_hangs_is_ended() {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        let paid = script(&folder, "trap '' TERM; sleep 1000; sleep 1000");
        let error = start_daemon(&paid, &folder.log("paid")).await.unwrap_err();
        assert!(error.to_string().contains("not ready within 10 s"));
        let of_ours = |entry: std::fs::DirEntry| {
            let words = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&words).contains(&*paid.to_string_lossy())
        };
        if let Ok(processes) = std::fs::read_dir("/proc") {
            assert!(!processes.flatten().any(of_ours));
        }
        folder.remove().unwrap();
    }

    #[tokio::test]
    async fn a_start_that_is_given_up_leaves_nothing() {
        let mut child = Command::new("sleep")
            .arg("1000")
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let stdout = child.stdout.take();
        drop(Starting { child: Some(child) });
        let end = first_line(stdout).await;
        assert_eq!(end, Err("it ended without a word".into()));
    }
}
