//! The one error type of the crate.
//!
//! Invariant: texts in here come from [`classify()`], [`Error::invalid_argument`] or the transport,
//! which all withhold secrets, signatures and access key ids before they build an error.

mod absent;
mod answer;
mod classify;
mod field;
mod session;
mod text;

pub(crate) use answer::request_id;
pub use classify::classify;
pub(crate) use classify::{NONCE_USED, retry_after};
pub(crate) use text::withhold;

use crate::bucket::TooLong;
use std::fmt;
use std::time::Duration;

/// Why a call did not give its answer. Kinds follow what a caller can do about it
/// (PAI-DLC fact sheet §13.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The key, the session token or the signature was refused: reload the credentials.
    #[error("not authenticated: {detail}")]
    Auth {
        /// What the server said.
        detail: Box<Detail>,
    },
    /// The principal is known but may not do this.
    #[error("not permitted{}: {detail}", action.as_ref().map(|a| format!(" ({a})")).unwrap_or_default())]
    Permission {
        /// The missing RAM action, such as `paidlc:CreateJob`, when the server told it.
        action: Option<String>,
        /// What the server said.
        detail: Box<Detail>,
    },
    /// The job or pod that was asked for does not exist (any more). A missing workspace, image, …
    /// is [`Error::Invalid`].
    #[error("not found: {detail}")]
    NotFound {
        /// What the server said.
        detail: Box<Detail>,
    },
    /// Too many calls.
    #[error("throttled: {detail}")]
    Throttled {
        /// The server's own delay (`x-acs-retry-after`), at most five minutes. With the code
        /// `Client.Throttled` nothing was sent, and it is what is left of an earlier delay or of
        /// the queue.
        retry_after: Option<Duration>,
        /// What the server said.
        detail: Box<Detail>,
    },
    /// The request itself is wrong; sending it again cannot help.
    #[error("invalid{}: {detail}", field.as_ref().map(|f| format!(" {f}")).unwrap_or_default())]
    Invalid {
        /// The parameter at fault, in the server's spelling, when it can be told.
        field: Option<String>,
        /// What the server said.
        detail: Box<Detail>,
    },
    /// The object is in a state that does not allow this, for example stopping a stopped job.
    #[error("conflict: {detail}")]
    Conflict {
        /// What the server said.
        detail: Box<Detail>,
    },
    /// No usable answer: network, timeout, 5xx, a proxy's page, a cut or unreadable body.
    #[error("unavailable: {detail}")]
    Unavailable {
        /// What happened.
        detail: Box<Detail>,
    },
    /// The local clock is too far from the server's, and the server's time did not help.
    #[error("clock skew: {detail}")]
    ClockSkew {
        /// What the server said.
        detail: Box<Detail>,
    },
    /// This host does not offer the operation: wrong region, product, version or path.
    #[error("unsupported: {detail}")]
    Unsupported {
        /// What the server said.
        detail: Box<Detail>,
    },
}

/// The facts that every kind of error carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The server's code, or `Client.*` when the error was made on this side.
    pub code: String,
    /// One line for people; at most about a thousand characters.
    pub message: String,
    /// The id to quote to support, from the body or the `x-acs-request-id` header.
    pub request_id: Option<String>,
    /// HTTP status; `None` when there was no answer.
    pub status: Option<u16>,
    /// See [`Error::effect`].
    pub effect: Effect,
}

/// Whether a failed request can have changed something on the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It cannot: it never left, or the server read it and refused it.
    None,
    /// It may have: look before sending it again.
    Unknown,
}

impl Error {
    /// Whether the request can have taken effect. `None` when it failed before it was written or
    /// was refused in a readable 4xx answer; `Unknown` for everything else: 5xx, a 4xx that names a
    /// failure of the server or a nonce used before, a connection cut after sending, a timeout, an
    /// unreadable or incomplete answer.
    pub fn effect(&self) -> Effect {
        self.detail().effect
    }

    /// The facts common to all kinds.
    pub fn detail(&self) -> &Detail {
        match self {
            Self::Auth { detail }
            | Self::Permission { detail, .. }
            | Self::NotFound { detail }
            | Self::Throttled { detail, .. }
            | Self::Invalid { detail, .. }
            | Self::Conflict { detail }
            | Self::Unavailable { detail }
            | Self::ClockSkew { detail }
            | Self::Unsupported { detail } => detail,
        }
    }

    /// Replaces secrets in every text of the error.
    pub(crate) fn withhold(&mut self, secrets: &[&str]) {
        let clean = |text: &mut String| *text = withhold(text, secrets);
        let detail = match self {
            Self::Permission { action, detail } => {
                action.iter_mut().for_each(clean);
                detail
            }
            Self::Invalid { field, detail } => {
                field.iter_mut().for_each(clean);
                detail
            }
            Self::Auth { detail }
            | Self::NotFound { detail }
            | Self::Throttled { detail, .. }
            | Self::Conflict { detail }
            | Self::Unavailable { detail }
            | Self::ClockSkew { detail }
            | Self::Unsupported { detail } => detail,
        };
        clean(&mut detail.code);
        clean(&mut detail.message);
        detail.request_id.iter_mut().for_each(clean);
    }

    /// The server's code, or `Client.*` for an error made on this side.
    pub fn code(&self) -> &str {
        &self.detail().code
    }

    /// The message without kind, code and ids.
    pub fn message(&self) -> &str {
        &self.detail().message
    }

    /// The request id, when there was an answer that carried one.
    pub fn request_id(&self) -> Option<&str> {
        self.detail().request_id.as_deref()
    }

    /// The HTTP status, when there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.detail().status
    }

    /// An argument that was refused before anything was sent.
    pub(crate) fn invalid_argument(field: &str, message: &str) -> Self {
        let detail = Detail::local("Client.InvalidArgument", message, Effect::None);
        Self::Invalid {
            field: Some(field.to_owned()),
            detail: Box::new(detail),
        }
    }

    /// A success status whose body is not the promised one: nobody can tell what was done.
    pub(crate) fn unreadable(why: &str, status: u16, request_id: Option<String>) -> Self {
        let message = format!("unreadable answer: {why}");
        Self::incomplete("Client.UnreadableAnswer", &message, status, request_id)
    }

    /// An answer began, but nothing can be made of it.
    pub(crate) fn incomplete(
        code: &str,
        message: &str,
        status: u16,
        request_id: Option<String>,
    ) -> Self {
        let mut detail = Detail::local(code, message, Effect::Unknown);
        detail.status = Some(status);
        detail.request_id = request_id;
        Self::Unavailable {
            detail: Box::new(detail),
        }
    }

    /// Not sent, since the token of the rate limit would come too late.
    pub(crate) fn no_turn(too_long: TooLong) -> Self {
        let rest = too_long.rest;
        let seconds = rest.as_secs() + u64::from(rest.subsec_nanos() > 0);
        let message = if too_long.paused {
            format!("the cloud has asked to wait for another {seconds} s")
        } else {
            format!("too many calls wait for their turn: another {seconds} s or more")
        };
        let detail = Detail::local("Client.Throttled", &message, Effect::None);
        Self::Throttled {
            retry_after: Some(rest),
            detail: Box::new(detail),
        }
    }

    /// No answer at all.
    pub(crate) fn unanswered(code: &str, message: &str, effect: Effect) -> Self {
        Self::Unavailable {
            detail: Box::new(Detail::local(code, message, effect)),
        }
    }
}

impl Detail {
    pub(crate) fn local(code: &str, message: &str, effect: Effect) -> Self {
        Self {
            code: code.to_owned(),
            message: message.to_owned(),
            request_id: None,
            status: None,
            effect,
        }
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            f.write_str(&self.code)?;
        } else {
            write!(f, "{}: {}", self.code, self.message)?;
        }
        match (self.status, &self.request_id) {
            (Some(status), Some(id)) => write!(f, " (HTTP {status}, request id {id})"),
            (Some(status), None) => write!(f, " (HTTP {status})"),
            (None, Some(id)) => write!(f, " (request id {id})"),
            (None, None) => Ok(()),
        }
    }
}
