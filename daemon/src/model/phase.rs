//! Where a job is in its life, in our words (architecture, job model).

use serde::{Deserialize, Serialize};

/// Ours, for logic; the backend's own status stands beside it, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Waits in our own queue.
    Held,
    /// Is being sent to the backend.
    Submitting,
    /// The answer to the submit was lost.
    Unconfirmed,
    /// Accepted by the backend.
    Pending,
    /// Waits for resources.
    Queued,
    /// Pods are being made; also while restarting.
    Preparing,
    /// Runs.
    Running,
    /// A stop is under way.
    Stopping,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// Was stopped.
    Stopped,
    /// The backend has no such job (any more).
    Gone,
    /// A status that we do not know.
    Unknown,
}

impl Phase {
    /// Every phase, in the order of life.
    pub const ALL: [Self; 13] = [
        Self::Held,
        Self::Submitting,
        Self::Unconfirmed,
        Self::Pending,
        Self::Queued,
        Self::Preparing,
        Self::Running,
        Self::Stopping,
        Self::Succeeded,
        Self::Failed,
        Self::Stopped,
        Self::Gone,
        Self::Unknown,
    ];

    /// The result is known and will not change.
    pub fn is_end(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Stopped | Self::Gone
        )
    }

    /// One of the phases that the backend knows nothing of.
    pub fn is_ours(self) -> bool {
        matches!(self, Self::Held | Self::Submitting | Self::Unconfirmed)
    }

    /// Short-lived: worth a look every few seconds.
    pub fn in_transition(self) -> bool {
        matches!(self, Self::Pending | Self::Preparing | Self::Stopping)
    }

    /// Position in a normal life; a smaller one seen later is a step backwards. `None` for phases without a place.
    pub fn rank(self) -> Option<u8> {
        match self {
            Self::Held | Self::Submitting | Self::Unconfirmed => Some(0),
            Self::Pending => Some(1),
            Self::Queued => Some(2),
            Self::Preparing => Some(3),
            Self::Running => Some(4),
            Self::Stopping => Some(5),
            Self::Succeeded | Self::Failed | Self::Stopped => Some(6),
            Self::Gone | Self::Unknown => None,
        }
    }

    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Submitting => "submitting",
            Self::Unconfirmed => "unconfirmed",
            Self::Pending => "pending",
            Self::Queued => "queued",
            Self::Preparing => "preparing",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
        }
    }
}
