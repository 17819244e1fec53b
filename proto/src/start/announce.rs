//! The first line of `paid --announce`: it serves, or why it does not.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use super::START_LIMIT;
use crate::error::ClientError;

/// What `paid --announce` says when it serves.
#[derive(Debug, PartialEq, Eq)]
pub struct Ready {
    /// Its process.
    pub pid: u32,
    /// Its socket.
    pub socket: PathBuf,
}

/// Why a daemon does not serve.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    reason: String,
    /// What to do, by its own word; empty when it gave none.
    hint: String,
    /// Another daemon is at the state folder or at the socket: it may be on its way out.
    pub(super) in_use: bool,
}

impl Failure {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            hint: String::new(),
            in_use: false,
        }
    }

    pub(super) fn of_io(what: &str, error: &io::Error) -> Self {
        Self::new(format!("{what}: {error}"))
    }

    pub(super) fn hint(mut self, hint: &str) -> Self {
        self.hint = hint.into();
        self
    }

    pub(super) fn into_error(self, log: Option<&Path>) -> ClientError {
        let hint = match (self.hint, log) {
            (hint, Some(log)) if hint.is_empty() => {
                format!("see `paictl daemon status`, and its log {}", log.display())
            }
            (hint, _) => hint,
        };
        ClientError::Start {
            message: format!("the daemon did not start: {}", self.reason),
            hint,
            log: log.map(Into::into),
        }
    }
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

/// Reads the line of `paid --announce`; `advice` is for when the daemon gave none itself.
///
/// # Errors
/// [`ClientError::Start`].
pub fn announced(line: Result<String, String>, advice: &str) -> Result<Ready, ClientError> {
    read(line).map_err(|mut failure| {
        if failure.hint.is_empty() {
            failure.hint = advice.into();
        }
        failure.into_error(None)
    })
}

pub(super) fn read(line: Result<String, String>) -> Result<Ready, Failure> {
    let line = line.map_err(Failure::new)?;
    let said: Value = serde_json::from_str(&line).unwrap_or_default();
    let text = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
    match said["ready"].as_bool() {
        None => Err(Failure::new("its first line is no announcement")),
        Some(false) => Err(Failure {
            reason: text("message"),
            hint: text("hint"),
            in_use: said["in_use"] == true,
        }),
        Some(true) => Ok(Ready {
            pid: said["pid"]
                .as_u64()
                .and_then(|pid| u32::try_from(pid).ok())
                .unwrap_or_default(),
            socket: text("socket").into(),
        }),
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

    #[test]
    fn only_a_place_that_is_in_use_is_worth_another_try() {
        let in_use = |line: &str| read(Ok(line.into())).unwrap_err().in_use;
        assert!(in_use(r#"{"ready":false,"message":"held","in_use":true}"#));
        assert!(!in_use(r#"{"ready":false,"message":"no space left"}"#));
        assert!(!in_use("in_use"));
        let error = read(Err("it ended without a word".into())).unwrap_err();
        assert!(!error.in_use);
        let error = error.into_error(Some(Path::new("/state/paid.log")));
        assert!(error.hint().contains("/state/paid.log"), "{error:?}");
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
}
