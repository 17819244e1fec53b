//! `KeepLogs`: the logs of all pods of a job, whatever the settings say.

use pai_proto::v1::{KeepLogsRequest, KeepLogsResponse};

use crate::{
    audit::Act,
    contexts::Running,
    model::{Caller, Fault, Job},
    rpc::{audit::noted, convert, resolve},
};

pub(super) async fn keep(
    running: &Running,
    request: KeepLogsRequest,
    caller: Caller,
) -> Result<KeepLogsResponse, Fault> {
    let job = resolve::job(running, &request.id).await?;
    let act = Act {
        action: "keep-logs",
        target: format!("{} ({})", job.name, job.display_id()),
        detail: match request.keep {
            true => String::new(),
            false => "as the settings say".into(),
        },
    };
    let kept = note(running, &job, request.keep).await;
    noted(&running.scope, &caller, act, kept, |()| String::new()).await?;
    Ok(KeepLogsResponse {
        job: Some(convert::job(&job, running.scope.looks.get().old_since_ms())),
    })
}

async fn note(running: &Running, job: &Job, keep: bool) -> Result<(), Fault> {
    let logs = running.scope.journal.logs();
    let is_stored = !logs.streams(&job.uid).await?.is_empty();
    logs.ask(&job.uid, move |asked| {
        // Of other pods than those that were kept so far not everything may be read, and of none what was dropped.
        asked.closed &= (asked.keep && is_stored) || !keep;
        asked.keep = keep;
    })
    .await?;
    if keep {
        running.tails.keep(&job.uid);
        running.tails.hurry(&job.uid);
    }
    Ok(())
}
