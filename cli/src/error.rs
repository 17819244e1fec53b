//! Failures: every one becomes message, hint, request id and exit code here and nowhere else.

use pai_proto::{
    ClientError, context::ContextError, paths::PathError, paths::SOCKET_PATH_MAX, v1::ErrorKind,
};

use crate::{context::Context, exit::Exit, json, view::clean, view::paint};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A call to the daemon failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A path cannot be had.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The settings that are meant cannot be had.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// The command line, or what it names, is wrong.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to write instead.
        hint: String,
    },
    /// What was named is not there.
    #[error("{message}")]
    NotFound {
        /// What is not there.
        message: String,
        /// What is.
        hint: String,
    },
    /// The daemon of these paths takes connections and does not answer.
    #[error("the daemon at {socket} ({holder}) takes the connection and does not answer")]
    Silent {
        /// Its socket.
        socket: String,
        /// What it wrote into its lock, for example `pid 4711, version 0.1.0`.
        holder: String,
        /// Its process.
        pid: u32,
    },
    /// The system refused something.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// Anything else that a command found out by itself.
    #[error("{message}")]
    Other {
        /// What happened.
        message: String,
        /// What to do; empty when there is nothing to advise.
        hint: String,
    },
}

impl CliError {
    /// The system refused `what`.
    pub fn io(what: impl Into<String>, error: std::io::Error) -> Self {
        Self::Io {
            what: what.into(),
            error,
        }
    }

    /// A finding of our own.
    pub fn other(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Other {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The command line is wrong in a way that only the command finds out.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The failure of a call that is made of the words of the command line: what is invalid in it stands there.
    pub fn of_words(error: ClientError) -> Self {
        match error {
            ClientError::Refused(detail) if detail.kind() == ErrorKind::Invalid => {
                Self::usage(detail.message, detail.hint)
            }
            error => error.into(),
        }
    }

    /// One word for programs.
    pub fn kind(&self) -> String {
        match self {
            Self::Client(ClientError::Refused(detail)) => json::kind(detail.kind()),
            Self::Client(
                ClientError::Unreachable { .. }
                | ClientError::NoAutostart { .. }
                | ClientError::Start { .. },
            ) => "unreachable".into(),
            Self::Client(ClientError::Silent { .. }) | Self::Silent { .. } => "silent".into(),
            Self::Client(ClientError::Broken(_)) => "broken".into(),
            Self::Client(ClientError::Incompatible { .. } | ClientError::TooOld(_)) => {
                "incompatible".into()
            }
            Self::Client(ClientError::Protocol(_)) => "protocol".into(),
            Self::Path(_) | Self::Context(ContextError::Path(_)) => "path".into(),
            Self::Context(ContextError::Missing { .. }) | Self::NotFound { .. } => {
                "not_found".into()
            }
            Self::Context(ContextError::Variable(_)) | Self::Usage { .. } => "usage".into(),
            Self::Io { .. } => "io".into(),
            Self::Other { .. } => "other".into(),
        }
    }

    /// What to do next; empty when there is nothing to advise.
    pub fn hint(&self) -> String {
        match self {
            Self::Client(error) => error.hint().into(),
            Self::Path(PathError::SocketTooLong { .. }) => {
                format!("set PAI_SOCKET to a path of at most {SOCKET_PATH_MAX} bytes")
            }
            Self::Path(PathError::NoHome { .. }) => {
                "set HOME, or PAI_STATE_DIR and ALIYUN_PAI_SETTINGS_PATH".into()
            }
            Self::Silent { pid, .. } => format!(
                "`kill -CONT {pid}` wakes it where it is suspended; `kill {pid}`, at worst `kill -KILL {pid}`, ends it; jobs are untouched"
            ),
            Self::Context(error) => error.hint(),
            Self::Other { hint, .. } | Self::Usage { hint, .. } | Self::NotFound { hint, .. } => {
                hint.clone()
            }
            Self::Io { .. } => String::new(),
        }
    }

    /// The cloud's id of the failed request; empty when there is none.
    pub fn request_id(&self) -> &str {
        match self {
            Self::Client(error) => error.request_id(),
            _ => "",
        }
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Client(error) => Exit::of_error(error),
            Self::Path(PathError::SocketTooLong { .. }) | Self::Silent { .. } => Exit::Daemon,
            Self::Context(ContextError::Missing { .. }) | Self::NotFound { .. } => Exit::NotFound,
            Self::Context(ContextError::Variable(_)) | Self::Usage { .. } => Exit::Usage,
            Self::Path(PathError::NoHome { .. })
            | Self::Context(ContextError::Path(_))
            | Self::Io { .. }
            | Self::Other { .. } => Exit::Error,
        }
    }

    /// Says it on stderr.
    pub fn report(&self, context: &mut Context) -> Exit {
        if context.json {
            context.out.note(json::compact(&json::Failure::from(self)));
            return self.exit();
        }
        let message = clean::line(&self.to_string());
        context
            .out
            .note(format_args!("{} {message}", paint::error("error:")));
        for (label, text) in [
            ("hint:", self.hint()),
            ("request id:", self.request_id().into()),
        ] {
            if !text.is_empty() {
                let text = clean::line(&text);
                context
                    .out
                    .note(format_args!("{} {text}", paint::label(label)));
            }
        }
        self.exit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::tests::context;
    use pai_proto::v1::ErrorDetail;

    fn refused() -> CliError {
        CliError::Client(ClientError::Refused(ErrorDetail {
            kind: ErrorKind::Permission.into(),
            message: "the key may not stop \u{1b}[31mdlc1".into(),
            hint: "ask for pai:StopJob".into(),
            request_id: "7F-1".into(),
            ..Default::default()
        }))
    }

    #[test]
    fn a_person_reads_message_hint_and_request_id() {
        let (mut context, stdout, stderr) = context(false);
        assert_eq!(refused().report(&mut context), Exit::Auth);
        assert_eq!(stdout.text(), "");
        assert_eq!(
            anstream::adapter::strip_str(&stderr.text()).to_string(),
            "error: the key may not stop \\u{1b}[31mdlc1\nhint: ask for pai:StopJob\nrequest id: 7F-1\n"
        );
    }

    #[test]
    fn a_program_reads_one_line_of_json_on_stderr() {
        let (mut context, stdout, stderr) = context(true);
        assert_eq!(refused().report(&mut context), Exit::Auth);
        assert_eq!(stdout.text(), "");
        assert_eq!(
            stderr.text(),
            concat!(
                r#"{"error":{"kind":"permission","message":"the key may not stop \u001b[31mdlc1","#,
                r#""hint":"ask for pai:StopJob","request_id":"7F-1"}}"#,
                "\n"
            )
        );
    }

    #[test]
    fn a_socket_path_that_is_too_long_names_the_way_out() {
        let error = CliError::from(PathError::SocketTooLong {
            path: "/x".into(),
            len: 300,
        });
        assert_eq!(error.exit(), Exit::Daemon);
        assert!(error.hint().contains("PAI_SOCKET"));
        assert!(error.to_string().contains(&SOCKET_PATH_MAX.to_string()));
    }
}
