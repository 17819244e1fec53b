//! Before the first look that was answered nobody can tell what is not there.

use std::time::Duration;

use crate::{
    contexts::Running,
    model::{Fault, FaultKind},
};

/// How long the first look may be waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Waits for the end of the first look where no look was answered yet, and says whether it did: then more is known now.
///
/// # Errors
/// When it failed, or is not over after `patience`: what is not known may be there all the same.
pub(super) async fn done(running: &Running, patience: Duration) -> Result<bool, Fault> {
    let scope = &running.scope;
    if scope.looks.get().last_ok.is_some() {
        return Ok(false);
    }
    tokio::select! {
        () = scope.looks.tried() => {}
        () = scope.clock.sleep(patience) => {
            let under_way = "the first look at the cloud is still under way";
            return Err(Fault::new(FaultKind::Unavailable, under_way).hint("try again in some seconds"));
        }
    }
    let looks = scope.looks.get();
    match looks.last_error {
        Some(fault) if looks.last_ok.is_none() => Err(Fault {
            message: format!("the cloud has not been reached yet: {}", fault.message),
            ..fault
        }),
        _ => Ok(true),
    }
}
