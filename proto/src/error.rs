//! What a call can fail with.

use std::path::PathBuf;

use prost::Message as _;
use tonic::{Code, Status};

use crate::v1::{ErrorDetail, ErrorKind};

/// A failed call, as the client's user should hear of it.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The daemon answered: it cannot be done.
    #[error("{}", .0.message)]
    Refused(ErrorDetail),
    /// No daemon could be reached.
    #[error("no daemon answers at {}: {reason}", socket.display())]
    Unreachable {
        /// The socket that was tried.
        socket: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// No daemon could be reached, and `PAI_NO_AUTOSTART` forbids to start one.
    #[error("no daemon answers at {}: {reason}", socket.display())]
    NoAutostart {
        /// The socket that was tried.
        socket: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Nobody served, and a daemon that was started did not come up, or none could be started.
    #[error("{message}")]
    Start {
        /// What happened, in the daemon's own words where it gave any.
        message: String,
        /// What to do; empty when there is nothing to advise.
        hint: String,
        /// The log of the daemon that was started; `None` when it did not come to that.
        log: Option<PathBuf>,
    },
    /// A daemon takes the connection and says nothing: it is suspended or stuck.
    #[error("the daemon at {} takes the connection and does not answer", socket.display())]
    Silent {
        /// The socket that was tried.
        socket: PathBuf,
    },
    /// The connection broke and did not come back in time; for a call that changes something the effect is unknown.
    #[error("the connection to the daemon broke: {0}")]
    Broken(String),
    /// The daemon speaks another major version of the protocol.
    #[error("the daemon (version {daemon}) speaks protocol {theirs}, this program speaks {ours}")]
    Incompatible {
        /// Version of the daemon's program.
        daemon: String,
        /// The daemon's protocol version.
        theirs: String,
        /// Our protocol version.
        ours: String,
    },
    /// The daemon does not know this call: it is older than this program.
    #[error("the running daemon is too old for this: {0}")]
    TooOld(String),
    /// The daemon broke the contract.
    #[error("unexpected answer of the daemon: {0}")]
    Protocol(String),
}

impl ClientError {
    /// The kind that the daemon gave, when it gave one.
    pub fn kind(&self) -> Option<ErrorKind> {
        match self {
            Self::Refused(detail) => Some(detail.kind()),
            _ => None,
        }
    }

    /// What to do next; empty when there is nothing to advise.
    pub fn hint(&self) -> &str {
        match self {
            Self::Refused(detail) => &detail.hint,
            Self::Unreachable { .. } => {
                "start it with `paictl daemon start`, or run `paid --foreground` in another terminal"
            }
            Self::NoAutostart { .. } => {
                "PAI_NO_AUTOSTART is set, so that no command starts it: start it with `paictl daemon start`, or unset the variable"
            }
            Self::Start { hint, .. } => hint,
            Self::Silent { .. } => {
                "it is suspended or stuck: `paictl daemon status` tells its process and how to end it"
            }
            Self::Broken(_) => "see `paictl daemon status` and `paictl ls` before you repeat it",
            Self::Incompatible { .. } | Self::TooOld(_) => {
                "install the same version of both, then `paictl daemon stop` and `paictl daemon start`"
            }
            Self::Protocol(_) => "",
        }
    }

    /// The cloud's id of the failed request; empty when there is none.
    pub fn request_id(&self) -> &str {
        match self {
            Self::Refused(detail) => &detail.request_id,
            _ => "",
        }
    }
}

/// Whether a status comes from a broken connection and not from the daemon's own judgement.
///
/// After `kill -9` tonic reports `Unknown` (an h2 error), not `Unavailable` (engineering sheet B.2); every error that
/// the daemon itself raises carries a detail.
pub(crate) fn is_transport(status: &Status) -> bool {
    status.details().is_empty()
        && matches!(
            status.code(),
            Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal
        )
}

impl From<Status> for ClientError {
    fn from(status: Status) -> Self {
        if !status.details().is_empty() {
            return match ErrorDetail::decode(status.details()) {
                Ok(detail) => Self::Refused(detail),
                Err(_) => Self::Protocol(status.message().to_owned()),
            };
        }
        if is_transport(&status) {
            return Self::Broken(reason_of(&status));
        }
        match status.code() {
            Code::Unimplemented => Self::TooOld(status.message().to_owned()),
            _ => Self::Protocol(format!("{}: {}", status.code(), status.message())),
        }
    }
}

/// The innermost cause of a transport error: that is the one with the system's words.
pub(crate) fn reason_of(status: &Status) -> String {
    let innermost = causes(status).last();
    innermost.map_or_else(|| status.message().to_owned(), ToString::to_string)
}

/// What lies behind a status, from the outermost on.
pub(crate) fn causes(status: &Status) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(std::error::Error::source(status), |error| error.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_makes_it_the_daemons_word() {
        let detail = ErrorDetail {
            kind: ErrorKind::NotFound.into(),
            message: "no job dlc1".into(),
            ..Default::default()
        };
        let status = Status::with_details(Code::Unavailable, "x", detail.encode_to_vec().into());
        assert!(!is_transport(&status));
        assert_eq!(ClientError::from(status).kind(), Some(ErrorKind::NotFound));
    }

    #[test]
    fn unknown_without_detail_is_a_broken_connection() {
        for code in [
            Code::Unknown,
            Code::Unavailable,
            Code::Cancelled,
            Code::Internal,
        ] {
            assert!(is_transport(&Status::new(code, "h2 protocol error")));
        }
        assert!(!is_transport(&Status::new(Code::Unimplemented, "")));
        assert!(!is_transport(&Status::new(Code::ResourceExhausted, "")));
    }
}
