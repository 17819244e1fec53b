//! Patience with an end.

use std::time::Duration;

/// Nothing in these tests takes that long unless it is broken.
pub const LIMIT: Duration = Duration::from_secs(45);
/// Between two looks at something that cannot tell of its change.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

/// Waits for something that tells of itself; `what` names it when it does not come.
///
/// # Panics
/// When it takes longer than [`LIMIT`].
pub async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LIMIT, work).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: not within {} s", LIMIT.as_secs()),
    }
}

/// Looks at a foreign thing (a file, a process) again and again until `found` says something.
///
/// # Panics
/// When it takes longer than [`LIMIT`].
pub async fn eventually<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let looking = async {
        let mut pauses = tokio::time::interval(PAUSE);
        loop {
            pauses.tick().await;
            if let Some(value) = found() {
                return value;
            }
        }
    };
    within(what, looking).await
}
