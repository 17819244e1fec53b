//! Which statuses a job may have, and which may follow which.

use std::fmt;

use serde::Serialize;

/// Status of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Status {
    /// Accepted.
    Creating,
    /// Waiting for resources.
    Queuing,
    /// Pods are being made.
    EnvPreparing,
    /// The commands run.
    Running,
    /// The pods are being replaced.
    Restarting,
    /// Asked to stop, processes still ending.
    Stopping,
    /// The commands ended well; the job keeps what it holds for as long as it asked for.
    SucceededReserving,
    /// A command ended badly; the job keeps what it holds for as long as it asked for.
    FailedReserving,
    /// All pods ended with exit code 0.
    Succeeded,
    /// A pod ended with another exit code.
    Failed,
    /// Stopped by its user or for its time limit.
    Stopped,
}

impl Status {
    /// The spelling of the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Queuing => "Queuing",
            Self::EnvPreparing => "EnvPreparing",
            Self::Running => "Running",
            Self::Restarting => "Restarting",
            Self::Stopping => "Stopping",
            Self::SucceededReserving => "SucceededReserving",
            Self::FailedReserving => "FailedReserving",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Stopped => "Stopped",
        }
    }

    /// Whether nothing follows.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Stopped)
    }

    /// Whether the result is known and the job still holds its GPUs.
    pub(crate) fn is_reserving(self) -> bool {
        matches!(self, Self::SucceededReserving | Self::FailedReserving)
    }

    pub(super) fn may_follow(self, before: Self) -> bool {
        match self {
            Self::Creating => false,
            Self::Queuing => before == Self::Creating,
            Self::EnvPreparing => before == Self::Queuing,
            Self::Running => matches!(before, Self::EnvPreparing | Self::Restarting),
            Self::Restarting | Self::SucceededReserving | Self::FailedReserving => {
                before == Self::Running
            }
            Self::Succeeded => matches!(before, Self::Running | Self::SucceededReserving),
            Self::Failed => before.may_be_stopped() || before == Self::FailedReserving,
            Self::Stopping => before.may_be_stopped(),
            Self::Stopped => before == Self::Stopping,
        }
    }

    /// Neither ended nor about to.
    fn may_be_stopped(self) -> bool {
        !self.is_final() && !self.is_reserving() && self != Self::Stopping
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
