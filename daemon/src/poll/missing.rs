//! Jobs that lists do not show: not gone until the backend says so, and not while lists may lag (invariant 6).

use std::{collections::HashMap, time::Duration};

use super::{commit::commit, diff::gone, look::Seen};
use crate::{
    model::{Fault, FaultKind, Job, Phase},
    provider::Priority,
    scope::Scope,
    sys::clock::{Mono, millis},
};

/// A job that lists still do not show is asked for again after this.
const RECHECK: Duration = Duration::from_secs(30);
/// Asked for in one look.
const PER_LOOK: usize = 16;

/// When each missing job was last asked for, by uid.
#[derive(Default)]
pub(super) struct Missing {
    asked: HashMap<String, Mono>,
}

impl Missing {
    /// Asks for the active jobs that this look did not show. One that cannot be asked for holds up nothing. Returns whether
    /// anything changed.
    pub(super) async fn check(
        &mut self,
        scope: &Scope,
        active: &[Job],
        seen: &Seen,
        priority: Priority,
    ) -> Result<bool, Fault> {
        let mut changed = false;
        for job in self.due(scope, active, seen) {
            let Some(id) = &job.native_id else { continue };
            self.asked.insert(job.uid.clone(), scope.clock.mono());
            let seq = scope.journal.next_seq();
            match scope.provider().get(id, seq, priority).await {
                Ok(observation) => {
                    let aftermath = commit(scope, vec![(observation, false)]).await?;
                    changed |= !aftermath.changed.is_empty();
                }
                Err(fault) if fault.kind == FaultKind::NotFound => {
                    note_gone(scope, &job.uid).await?;
                    changed = true;
                }
                Err(fault) => {
                    tracing::warn!(job = %id, %fault, "a job that lists do not show cannot be looked at");
                }
            }
        }
        Ok(changed)
    }

    /// Those that are to be asked for now.
    fn due<'a>(&mut self, scope: &Scope, active: &'a [Job], seen: &Seen) -> Vec<&'a Job> {
        let (now, now_ms) = (scope.clock.mono(), scope.clock.wall_ms());
        let lag = millis(scope.nature.visibility_lag);
        let hidden = |job: &&Job| {
            let id = job.native_id.as_ref();
            id.is_some_and(|id| !seen.contains_key(id))
        };
        let hidden: Vec<_> = active.iter().filter(hidden).collect();
        self.asked
            .retain(|uid, _| hidden.iter().any(|job| job.uid == *uid));
        let due = hidden.into_iter().filter(|job| {
            let last = self.asked.get(&job.uid);
            let rested = last.is_none_or(|last| now.saturating_sub(*last) >= RECHECK);
            let old = now_ms - job.known_since_ms() >= lag;
            rested && scope.looks.shows(job.known_since_rev(), old)
        });
        due.take(PER_LOOK).collect()
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
