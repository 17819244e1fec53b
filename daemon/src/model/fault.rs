//! What went wrong, in the words that cross the wire: kind, message, hint, request id.

use std::{fmt, time::Duration};

/// The kinds of the contract (`pai.v1.ErrorKind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The key is not known, or its time is over.
    Auth,
    /// The key may not do this.
    Permission,
    /// No such thing.
    NotFound,
    /// Asked to slow down.
    Throttled,
    /// The request is wrong.
    Invalid,
    /// The request contradicts the present state.
    Conflict,
    /// Cannot be reached for now.
    Unavailable,
    /// This machine's clock is wrong.
    ClockSkew,
    /// Cannot be done by this backend or version.
    Unsupported,
    /// A limit of the settings refuses it.
    Limit,
    /// The settings are missing or broken.
    Settings,
    /// A fault of ours.
    Internal,
}

/// A failure that a client hears of. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind.
    pub kind: FaultKind,
    /// What happened, to which thing.
    pub message: String,
    /// What to do next; empty when there is nothing to advise.
    pub hint: String,
    /// The backend's id of the failed request; empty when it gave none.
    pub request_id: String,
    /// After which time a retry may work.
    pub retry_after: Option<Duration>,
    /// For `Invalid`: the field; empty when unknown.
    pub field: String,
    /// The request may have taken effect at the backend although no good answer came.
    pub maybe_done: bool,
}

impl Fault {
    /// A fault without hint.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: String::new(),
            request_id: String::new(),
            retry_after: None,
            field: String::new(),
            maybe_done: false,
        }
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Names the wrong field.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = field.into();
        self
    }

    /// A fault of ours.
    pub fn internal(error: impl fmt::Display) -> Self {
        Self::new(FaultKind::Internal, format!("the daemon failed: {error}"))
            .hint("please report it with the daemon's log")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.hint.is_empty() {
            write!(f, " ({})", self.hint)?;
        }
        if !self.request_id.is_empty() {
            write!(f, " [request {}]", self.request_id)?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}
