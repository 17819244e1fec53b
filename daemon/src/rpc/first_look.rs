//! Before its first look a daemon cannot tell what is not there.

use std::time::Duration;

use crate::contexts::Running;

/// How long it may be waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Returns once the cloud was looked at, whether it answered or not, or after 10 s.
pub(super) async fn done(running: &Running) {
    if !due(running) {
        return;
    }
    tokio::select! {
        // Whether it failed is told by the looks.
        _ = running.poller.look_now() => {}
        () = running.scope.clock.sleep(PATIENCE) => {}
    }
}

/// Whether the cloud was never looked at.
pub(super) fn due(running: &Running) -> bool {
    let looks = running.scope.looks.get();
    looks.last_ok.is_none() && looks.last_error.is_none()
}
