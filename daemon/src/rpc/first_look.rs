//! Before the first look that was answered nobody can tell what is not there, and what is there is old.

use std::time::Duration;

use crate::{
    contexts::Running,
    model::{Fault, FaultKind},
};

/// How long the first look may be waited for where it alone can answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same where the store has an answer that says how old it is.
const BRIEFLY: Duration = Duration::from_secs(2);

/// Waits for the end of the first look where no look was answered yet: then everything is known that the cloud tells.
///
/// # Errors
/// When it failed, or is not over after ten seconds: what is not known may be there all the same.
pub(super) async fn done(running: &Running) -> Result<(), Fault> {
    wait(running, PATIENCE).await;
    answered(running)
}

/// Gives the first look a moment, so that what is told is not that of an earlier daemon.
pub(super) async fn briefly(running: &Running) {
    wait(running, BRIEFLY).await;
}

/// Whether a look was answered, as it is now.
///
/// # Errors
/// Why not: what is not known may be there all the same.
pub(super) fn answered(running: &Running) -> Result<(), Fault> {
    let looks = running.scope.looks.get();
    match looks.last_error {
        _ if looks.last_ok.is_some() => Ok(()),
        // The reason of an earlier daemon is none of this look's.
        Some(fault) if running.scope.looks.is_tried() => Err(Fault {
            message: format!("the cloud has not been reached yet: {}", fault.message),
            ..fault
        }),
        _ => {
            let under_way = "the first look at the cloud is still under way";
            Err(Fault::new(FaultKind::Unavailable, under_way).hint("try again in some seconds"))
        }
    }
}

async fn wait(running: &Running, patience: Duration) {
    let scope = &running.scope;
    if scope.looks.get().last_ok.is_none() {
        tokio::select! {
            () = scope.looks.tried() => {}
            () = scope.clock.sleep(patience) => {}
        }
    }
}
