//! Jobs that lists do not show: not gone until the backend says so, and not while lists may lag (invariant 6).

use std::{collections::HashMap, time::Duration};

use super::{diff::gone, look::Seen};
use crate::{
    model::{Fault, FaultKind, Job, Observation, Phase},
    provider::Priority,
    scope::Scope,
    sys::clock::Mono,
};

/// A job that lists still do not show is asked for again after this.
const RECHECK: Duration = Duration::from_secs(30);

/// When each missing job was last asked for, by uid.
#[derive(Default)]
pub(super) struct Missing {
    asked: HashMap<String, Mono>,
}

impl Missing {
    /// The active jobs that this look did not show and that are to be asked for now.
    pub(super) fn due(&mut self, scope: &Scope, active: &[Job], seen: &Seen) -> Vec<Job> {
        let (now, now_ms) = (scope.clock.mono(), scope.clock.wall_ms());
        let lag = i64::try_from(scope.provider.nature().visibility_lag.as_millis()).unwrap_or(0);
        let mut due = Vec::new();
        for job in active {
            let Some(id) = &job.native_id else { continue };
            if seen.contains_key(id) {
                self.asked.remove(&job.uid);
                continue;
            }
            let old_enough = now_ms - job.created_ms.unwrap_or(0) >= lag;
            let rested = self
                .asked
                .get(&job.uid)
                .is_none_or(|last| now.saturating_sub(*last) >= RECHECK);
            if old_enough && rested {
                self.asked.insert(job.uid.clone(), now);
                due.push(job.clone());
            }
        }
        due
    }

    /// Asks for one; `None` when it is gone, which is in the journal then.
    pub(super) async fn ask(
        &mut self,
        scope: &Scope,
        job: &Job,
        priority: Priority,
    ) -> Result<Option<Observation>, Fault> {
        let id = job.native_id.as_deref().unwrap_or_default();
        match scope
            .provider
            .get(id, scope.journal.next_seq(), priority)
            .await
        {
            Ok(observation) => Ok(Some(observation)),
            Err(fault) if fault.kind == FaultKind::NotFound => {
                self.asked.remove(&job.uid);
                note_gone(scope, &job.uid).await?;
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }
}

async fn note_gone(scope: &Scope, uid: &str) -> Result<(), Fault> {
    let (context, uid) = (scope.context, uid.to_owned());
    let work = move |tx: &mut crate::journal::Tx<'_>| {
        let Some(known) = tx.job(&uid)?.filter(|job| job.phase != Phase::Gone) else {
            return Ok(());
        };
        let (mut job, event) = gone(&known, tx.now_ms());
        tx.put_job(context, &mut job, vec![event])
    };
    Ok(scope.journal.write(work).await?)
}
