//! How long to leave the backend alone after failed looks. Pure.

use std::time::Duration;

use crate::model::{Fault, FaultKind};

/// Longest pause after failures that pass by themselves.
const PASSING_MAX: Duration = Duration::from_secs(60);
/// Longest pause after failures that somebody must mend (key, permission, clock, region).
const LASTING_MAX: Duration = Duration::from_secs(300);

/// The pause after `failures` failed looks in a row (from 1), before jitter. The server's own delay wins.
pub(crate) fn pause(failures: u32, fault: &Fault) -> Duration {
    if let Some(asked) = fault.retry_after {
        return asked;
    }
    let most = match fault.kind {
        FaultKind::Auth
        | FaultKind::Permission
        | FaultKind::ClockSkew
        | FaultKind::Unsupported
        | FaultKind::Invalid => LASTING_MAX,
        _ => PASSING_MAX,
    };
    let doublings = failures.saturating_sub(1).min(10);
    Duration::from_secs(1 << doublings).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_most_and_the_servers_own_delay_wins() {
        let passing = Fault::new(FaultKind::Unavailable, "x");
        let seconds: Vec<_> = (1..9).map(|n| pause(n, &passing).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
        let lasting = Fault::new(FaultKind::Auth, "x");
        assert_eq!(pause(30, &lasting), LASTING_MAX);
        let mut throttled = Fault::new(FaultKind::Throttled, "x");
        throttled.retry_after = Some(Duration::from_millis(700));
        assert_eq!(pause(9, &throttled), Duration::from_millis(700));
    }
}
