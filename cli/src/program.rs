//! Finding our programs and starting the daemon.

mod launch;

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    time::Duration,
};

use pai_proto::paths::{self, Env};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use crate::{error::CliError, process};

pub use launch::start_daemon;

/// How long a program may take until it says that it is ready.
pub const START_LIMIT: Duration = Duration::from_secs(10);

/// The program of that name in the folder of this one, symlinks resolved.
pub fn beside(name: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?.canonicalize().ok()?;
    executable(own.with_file_name(name))
}

/// The program of that name beside this one, else in one of the folders of `search_path`.
pub fn find(name: &str, search_path: Option<&OsStr>) -> Option<PathBuf> {
    beside(name).or_else(|| {
        std::env::split_paths(search_path?).find_map(|folder| executable(folder.join(name)))
    })
}

fn executable(path: PathBuf) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let meta = path.metadata().ok()?;
    (meta.is_file() && meta.permissions().mode() & 0o111 != 0).then_some(path)
}

/// The log of a daemon that was started from here.
///
/// # Errors
/// When the state folder is unknown.
pub fn log_file(env: Env<'_>) -> Result<PathBuf, CliError> {
    Ok(paths::state_dir(env)?.join("paid.log"))
}

/// What `paid --announce` says when it serves.
#[derive(Debug, PartialEq, Eq)]
pub struct Ready {
    /// Its process.
    pub pid: u32,
    /// Its socket.
    pub socket: PathBuf,
}

/// The first line that a program writes, within [`START_LIMIT`].
///
/// # Errors
/// A sentence.
pub async fn first_line(stdout: Option<impl AsyncRead + Unpin>) -> Result<String, String> {
    let Some(stdout) = stdout else {
        return Err("its stdout is not connected".into());
    };
    let mut line = String::new();
    match tokio::time::timeout(START_LIMIT, BufReader::new(stdout).read_line(&mut line)).await {
        Ok(Ok(0)) => Err("it ended without a word".into()),
        Ok(Ok(_)) => Ok(line),
        Ok(Err(error)) => Err(format!("its first line cannot be read: {error}")),
        Err(_) => Err(format!(
            "it was not ready within {} s",
            START_LIMIT.as_secs()
        )),
    }
}

/// A reason with the last line of a log.
pub fn quoted(reason: String, log: &Path) -> String {
    quoted_since(reason, log, 0)
}

/// A reason with the last line that was written to a log since it was `from` bytes long.
pub fn quoted_since(reason: String, log: &Path, from: u64) -> String {
    match process::last_words(log, from) {
        Some(words) => format!("{reason} ({words})"),
        None => reason,
    }
}

/// Reads the line of `paid --announce`; `advice` is for when the daemon gave none itself.
///
/// # Errors
/// [`CliError::Start`].
pub fn announced(line: Result<String, String>, advice: &str) -> Result<Ready, CliError> {
    #[derive(Deserialize)]
    struct Announcement {
        ready: bool,
        #[serde(default)]
        pid: u32,
        #[serde(default)]
        socket: PathBuf,
        #[serde(default)]
        message: String,
        #[serde(default)]
        hint: String,
    }
    let failed = |reason: &str, hint: String| CliError::Start {
        message: format!("the daemon did not start: {reason}"),
        hint: if hint.is_empty() { advice.into() } else { hint },
    };
    let line = line.map_err(|reason| failed(&reason, String::new()))?;
    let said: Announcement = serde_json::from_str(&line)
        .map_err(|_| failed("its first line is no announcement", String::new()))?;
    match said.ready {
        true => Ok(Ready {
            pid: said.pid,
            socket: said.socket,
        }),
        false => Err(failed(&said.message, said.hint)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ready_daemon_tells_pid_and_socket() {
        let line = r#"{"ready":true,"pid":12,"socket":"/run/s","later":"addition"}"#;
        let ready = announced(Ok(line.into()), "").unwrap();
        assert_eq!((ready.pid, ready.socket), (12, "/run/s".into()));
    }

    #[test]
    fn a_daemon_that_cannot_start_is_quoted() {
        let line = r#"{"ready":false,"message":"the lock is held","hint":"end pid 7"}"#;
        let error = announced(Ok(line.into()), "see the log").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the daemon did not start: the lock is held"
        );
        assert_eq!(error.hint(), "end pid 7");
        let error = announced(Err("it ended without a word".into()), "see the log").unwrap_err();
        assert_eq!(error.hint(), "see the log");
        assert!(announced(Ok("Hello\n".into()), "").is_err());
    }

    #[tokio::test]
    async fn only_the_first_line_is_read_and_silence_is_told() {
        assert_eq!(
            first_line(Some(&b"one\ntwo\n"[..])).await,
            Ok("one\n".into())
        );
        assert_eq!(
            first_line(Some(&b""[..])).await,
            Err("it ended without a word".into())
        );
    }

    #[test]
    fn a_program_that_is_nowhere_is_not_found() {
        assert_eq!(
            find("no-such-program-of-ours", Some(OsStr::new("/nowhere"))),
            None
        );
    }
}
