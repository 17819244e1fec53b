//! PAI-DLC's statuses in the common model (architecture, job model; fact sheet §5.1).

use pai_proto::status::DOCUMENTED;

use crate::model::Phase;

/// How many of them are plain ends; they stand last.
const ENDS: usize = 3;

/// Every status of a job that has not ended, or holds compute.
pub(super) const ACTIVE: &[&str] = DOCUMENTED.split_at(DOCUMENTED.len() - ENDS).0;

/// Our word for a status.
pub(super) fn phase(status: &str) -> Phase {
    match status {
        "Creating" => Phase::Pending,
        "Queuing" | "Bidding" => Phase::Queued,
        "EnvPreparing" | "SanityChecking" | "Restarting" => Phase::Preparing,
        "Running" => Phase::Running,
        "Stopping" => Phase::Stopping,
        "Succeeded" | "SucceededReserving" => Phase::Succeeded,
        "Failed" | "FailedReserving" => Phase::Failed,
        "Stopped" => Phase::Stopped,
        _ => Phase::Unknown,
    }
}

/// The result is known but compute is still held.
pub(super) fn holds_resources(status: &str) -> bool {
    matches!(status, "SucceededReserving" | "FailedReserving")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_status_has_a_phase_and_no_other_is_an_end() {
        for status in DOCUMENTED {
            assert_ne!(phase(status), Phase::Unknown, "{status}");
            let active = !phase(status).is_end() || holds_resources(status);
            assert_eq!(ACTIVE.contains(&status), active, "{status}");
        }
        for status in ["Succeeded", "Failed", "Stopped"] {
            assert!(phase(status).is_end() && !holds_resources(status));
        }
        for status in [
            "Hibernating",
            "succeeded",
            "",
            "Deleted",
            "SubmitFailed",
            "Closed",
        ] {
            assert_eq!(phase(status), Phase::Unknown, "{status}");
        }
    }
}
