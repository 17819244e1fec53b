//! `PruneLogs`: what is stored is dropped. By persons only.

use pai_proto::v1::{PruneLogsRequest, PruneLogsResponse};

use crate::{
    audit::Act,
    contexts::Running,
    journal::Pruned,
    logs::{self, limits},
    model::{Caller, Fault, FaultKind},
    rpc::{audit::noted, resolve},
};

pub(super) async fn prune(
    running: &Running,
    request: PruneLogsRequest,
    caller: Caller,
) -> Result<PruneLogsResponse, Fault> {
    let mut act = Act {
        action: "prune-logs",
        target: match request.ids.is_empty() {
            true => "what is over the limits".into(),
            false => request.ids.join(", "),
        },
        detail: String::new(),
    };
    let dry_run = request.dry_run;
    let pruned = match caller.is_tool {
        true => Err(for_persons()),
        false => drop_logs(running, request).await,
    };
    if let Ok(pruned) = &pruned {
        act.detail = format!("jobs: {}, bytes: {}", pruned.jobs, pruned.bytes);
    }
    let pruned = match dry_run {
        true => pruned?,
        false => noted(&running.scope, &caller, act, pruned, |_| String::new()).await?,
    };
    Ok(PruneLogsResponse {
        jobs: pruned.jobs,
        dropped_bytes: pruned.bytes,
        left_bytes: pruned.left,
    })
}

fn for_persons() -> Fault {
    let fault = Fault::new(
        FaultKind::Permission,
        "stored logs are dropped by persons only",
    );
    fault.hint("ask the person to run `paictl logs --prune`")
}

async fn drop_logs(running: &Running, request: PruneLogsRequest) -> Result<Pruned, Fault> {
    if request.ids.is_empty() {
        let mut limits = limits(&running.scope.settings().own.logs);
        if let Some(age_ms) = request.older_than_ms {
            limits.age_ms = limits.age_ms.min(i64::try_from(age_ms).unwrap_or(i64::MAX));
        }
        let scope = &running.scope;
        let now_ms = scope.now_ms().min(scope.clock.wall_ms());
        return logs::prune(scope, limits, now_ms, request.dry_run).await;
    }
    let mut uids = Vec::with_capacity(request.ids.len());
    for id in &request.ids {
        uids.push(resolve::job(running, id).await?.uid);
    }
    let logs = running.scope.journal.logs();
    if request.dry_run {
        return Ok(logs.drop_logs(uids, true).await?);
    }
    uids.iter().for_each(|uid| running.tails.forget(uid));
    let dropped = logs.drop_logs(uids.clone(), false).await;
    uids.iter().for_each(|uid| running.tails.read_anew(uid));
    Ok(dropped?)
}
