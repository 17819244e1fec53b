//! `KeepLogs`: the logs of all pods of a job, whatever the settings say.

use pai_proto::v1::{KeepLogsRequest, KeepLogsResponse};

use crate::{
    contexts::Running,
    model::Fault,
    rpc::{convert, resolve},
};

pub(super) async fn keep(
    running: &Running,
    request: KeepLogsRequest,
) -> Result<KeepLogsResponse, Fault> {
    let job = resolve::job(running, &request.id).await?;
    let keep = request.keep;
    running
        .scope
        .journal
        .logs()
        .ask(&job.uid, move |asked| {
            // Of other pods than those that were kept so far not everything may be read.
            asked.closed &= asked.keep || !keep;
            asked.keep = keep;
        })
        .await?;
    if keep {
        running.tails.keep(&job.uid);
        running.tails.hurry(&job.uid);
    }
    Ok(KeepLogsResponse {
        job: Some(convert::job(&job, running.scope.looks.get().old_since_ms())),
    })
}
