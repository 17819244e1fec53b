//! For whom a call acts.

use tokio::sync::watch;

/// Who makes a call, by the client's own word: it keeps mistakes small and is no wall (see SECURITY.md).
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// An agent's tool rather than a person.
    pub is_tool: bool,
    /// Program and version, for example `paictl/0.1.0`.
    pub client: String,
    /// Whether it still waits for the answer.
    pub presence: Presence,
}

impl Caller {
    /// The word that is stored.
    pub fn kind(&self) -> &'static str {
        match self.is_tool {
            true => "tool",
            false => "person",
        }
    }
}

/// Whether somebody still waits for an answer; always so by default.
#[derive(Debug, Clone, Default)]
pub struct Presence(Option<watch::Receiver<()>>);

/// Whoever it speaks of has left when this is dropped.
#[derive(Debug)]
pub struct Present {
    _here: watch::Sender<()>,
}

impl Presence {
    /// Of somebody who has left as soon as the second is dropped.
    pub fn new() -> (Self, Present) {
        let (here, seen) = watch::channel(());
        (Self(Some(seen)), Present { _here: here })
    }

    /// Nobody waits any more.
    pub fn has_left(&self) -> bool {
        let seen = self.0.as_ref();
        seen.is_some_and(|seen| seen.has_changed().is_err())
    }
}
