//! What was observed → the journal.

use super::{
    apply::{Aftermath, apply},
    owner,
};
use crate::{
    journal::{StoreError, Tx},
    model::{Fault, Observation},
    scope::{Scope, new_uid},
};

/// Observations applied in one transaction.
const BATCH: usize = 64;

/// Commits observations; true beside one of a list of the key's own jobs: whether it is ours is judged then.
pub(super) async fn commit(
    scope: &Scope,
    seen: Vec<(Observation, bool)>,
) -> Result<Aftermath, Fault> {
    let (context, ended_from_ms) = (scope.context, scope.ended_from_ms());
    let prefixes = owner::known(scope).await?;
    let mut all = Aftermath::default();
    for batch in seen.chunks(BATCH) {
        let (batch, prefixes) = (batch.to_vec(), prefixes.clone());
        let aftermath = scope
            .journal
            .write(move |tx| {
                let mut aftermath = Aftermath::default();
                for (observation, listed) in &batch {
                    let own = match listed {
                        true => Some(prefixes.owns(tx, observation)?),
                        false => None,
                    };
                    let unwanted = own == Some(false) || is_bygone(observation, ended_from_ms);
                    if unwanted && !is_known(tx, context, observation)? {
                        continue;
                    }
                    apply(tx, context, observation, own, new_uid, &mut aftermath)?;
                }
                Ok(aftermath)
            })
            .await?;
        all.changed.extend(aftermath.changed);
        all.doubtful.extend(aftermath.doubtful);
        all.dropped += aftermath.dropped;
    }
    scope.looks.update(|looks| looks.dropped += all.dropped);
    Ok(all)
}

/// Ended before what is kept: a row of it would be pruned at the next sweep, and made again at the next look.
fn is_bygone(seen: &Observation, ended_from_ms: i64) -> bool {
    let ended_ms = seen.ended_ms.or(seen.created_ms);
    seen.phase.is_end() && !seen.resources_held && ended_ms.is_some_and(|at| at < ended_from_ms)
}

fn is_known(tx: &Tx<'_>, context: i64, seen: &Observation) -> Result<bool, StoreError> {
    Ok(tx.job_by_native(context, &seen.native_id)?.is_some()
        || tx
            .jobs_named(context, &seen.name)?
            .iter()
            .any(|job| job.native_id.is_none()))
}
