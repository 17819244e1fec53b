//! Failures of a call: every one becomes message, hint and request id here and nowhere else.

use pai_proto::{ClientError, context::ContextError, paths::PathError, paths::SOCKET_PATH_MAX};

use pai_proto::text;

/// Why a call failed, as the agent reads it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    message: String,
    hint: String,
    request_id: String,
}

impl Failure {
    /// A finding of our own.
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
            request_id: String::new(),
        }
    }

    /// The whole text. It says that it is an error: not every client shows the flag.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("error: {}", text::line(&self.message));
        for (label, part) in [("hint", &self.hint), ("request id", &self.request_id)] {
            if !part.is_empty() {
                text.push_str(&format!("\n{label}: {}", text::line(part)));
            }
        }
        text
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self {
            message: error.to_string(),
            // Hints are the same for every client; for this one there is a tool.
            hint: error.hint().replace("`paictl ls`", "pai_job_list"),
            request_id: error.request_id().into(),
        }
    }
}

impl From<PathError> for Failure {
    fn from(error: PathError) -> Self {
        let hint = match error {
            PathError::SocketTooLong { .. } => {
                format!("set PAI_SOCKET to a path of at most {SOCKET_PATH_MAX} bytes")
            }
            PathError::NoHome { .. } => {
                "set HOME, or PAI_SOCKET and ALIYUN_PAI_SETTINGS_PATH, in the environment of this server".into()
            }
        };
        Self::new(error.to_string(), hint)
    }
}

impl From<ContextError> for Failure {
    fn from(error: ContextError) -> Self {
        match error {
            ContextError::Path(error) => error.into(),
            error => {
                let message = format!("{error} (whoever started this server chose it)");
                Self::new(message, error.hint())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pai_proto::v1::{ErrorDetail, ErrorKind};

    #[test]
    fn what_the_daemon_refused_is_told_with_hint_and_request_id() {
        let failure = Failure::from(ClientError::Refused(ErrorDetail {
            kind: ErrorKind::Permission.into(),
            message: "the key may not stop \u{1b}[31mdlc1".into(),
            hint: "ask for pai:StopJob".into(),
            request_id: "7F-1".into(),
            ..Default::default()
        }));
        assert_eq!(
            failure.text(),
            "error: the key may not stop dlc1\nhint: ask for pai:StopJob\nrequest id: 7F-1"
        );
        assert_eq!(Failure::new("no", "").text(), "error: no");
    }

    #[test]
    fn hints_name_the_tool_and_not_the_command() {
        let failure = Failure::from(ClientError::Refused(ErrorDetail {
            kind: ErrorKind::NotFound.into(),
            message: "there is no job dlc9".into(),
            hint: "`paictl ls` shows the jobs that are known".into(),
            ..Default::default()
        }));
        assert!(
            failure
                .text()
                .ends_with("hint: pai_job_list shows the jobs that are known")
        );
    }
}
