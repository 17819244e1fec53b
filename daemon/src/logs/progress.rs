//! What followers of a log are told of its reading.

use std::time::Duration;

use crate::{model::Fault, sys::clock::Mono};

/// What followers are told; the lines are in the store.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Looks begun.
    pub started: u64,
    /// When the newest one began.
    pub began: Option<Mono>,
    /// The newest look that is over, answered or not.
    pub finished: u64,
    /// Grows with each commit.
    pub commits: u64,
    /// When the newest look began that read everything there was (Unix ms); before one did, when reading began.
    pub read_ms: i64,
    /// Why the newest look failed.
    pub fault: Option<Fault>,
    /// Why what lies before a later part could not be read the last time.
    pub hole_fault: Option<Fault>,
    /// What the newest look that was answered did not read.
    pub missing: Missing,
    /// There is nothing more to read.
    pub ended: Option<Ended>,
    /// Nobody reads any more: what is not stored by now will not be.
    pub over: bool,
}

/// What of a log was not read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missing {
    /// Nothing that the backend shows.
    #[default]
    Nothing,
    /// The backend may not show the last lines of a job that has just ended, for about so long.
    Late(Duration),
    /// The backend showed no line, which alone proves nothing.
    Unsure,
    /// Lines that cannot be told apart before they are older.
    Young,
    /// Lines that were shown before are not shown.
    Lacking,
    /// What was stored was dropped, and nothing was read since.
    Dropped,
}

impl Missing {
    /// Whether the backend shows, or has shown, what was not read.
    pub fn is_shown(self) -> bool {
        matches!(self, Self::Young | Self::Lacking | Self::Dropped)
    }

    /// For people; empty when nothing is.
    pub fn note(self) -> String {
        match self {
            Self::Nothing | Self::Unsure => String::new(),
            Self::Late(wait) => {
                let seconds = wait.as_secs_f64().ceil();
                format!(
                    "the last lines of the log may be missing: the job has just ended, and the cloud shows them late; ask again in {seconds} s"
                )
            }
            Self::Young => {
                "many lines came at once, and the newest cannot be read without gaps before they are half a minute old".into()
            }
            Self::Lacking => "the cloud does not show lines that it had shown before".into(),
            Self::Dropped => "what was stored of the log was dropped, and it is read anew".into(),
        }
    }
}

/// The last word on a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Everything that the backend has was read.
    pub complete: bool,
    /// Why it is not complete; empty when it is.
    pub note: &'static str,
    /// What the backend said of a pod whose log it does not give out.
    pub fault: Option<Fault>,
}
