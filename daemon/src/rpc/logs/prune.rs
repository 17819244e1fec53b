//! `PruneLogs`: what is stored is dropped.

use pai_proto::v1::{PruneLogsRequest, PruneLogsResponse};

use crate::{
    contexts::Running,
    logs::{self, limits},
    model::Fault,
    rpc::resolve,
};

pub(super) async fn prune(
    running: &Running,
    request: PruneLogsRequest,
) -> Result<PruneLogsResponse, Fault> {
    let pruned = match request.ids.is_empty() {
        true => {
            let mut limits = limits(&running.scope.settings().own.logs);
            if let Some(age_ms) = request.older_than_ms {
                limits.age_ms = limits.age_ms.min(i64::try_from(age_ms).unwrap_or(i64::MAX));
            }
            logs::prune(&running.scope, limits, request.dry_run).await?
        }
        false => {
            let mut uids = Vec::with_capacity(request.ids.len());
            for id in &request.ids {
                uids.push(resolve::job(running, id).await?.uid);
            }
            running
                .scope
                .journal
                .logs()
                .drop_logs(uids, request.dry_run)
                .await?
        }
    };
    Ok(PruneLogsResponse {
        jobs: pruned.jobs,
        dropped_bytes: pruned.bytes,
        left_bytes: pruned.left,
    })
}
