//! The statuses that PAI-DLC documents (fact sheet §5.1). Others are waited for all the same: there may be new ones.

/// In the order of a job's life.
pub const DOCUMENTED: [&str; 13] = [
    "Creating",
    "Queuing",
    "Bidding",
    "EnvPreparing",
    "SanityChecking",
    "Running",
    "Restarting",
    "Stopping",
    "SucceededReserving",
    "FailedReserving",
    "Succeeded",
    "Failed",
    "Stopped",
];

/// Whether it is one of them, ignoring case: if not it may be a typing error.
pub fn is_documented(status: &str) -> bool {
    DOCUMENTED
        .iter()
        .any(|known| known.eq_ignore_ascii_case(status))
}
