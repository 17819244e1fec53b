//! One look: lists → the jobs' own answers where a list is not enough → the journal → what is missing → stops that are due.

use std::{collections::HashMap, sync::Arc};

use super::{
    apply::{Aftermath, apply},
    detail::Details,
    missing::Missing,
    plan::{self, Ground},
    schedule::Look,
};
use crate::{
    journal::{StoreError, Tx},
    model::{EventDraft, EventKind, Fault, FaultKind, Job, Observation},
    provider::{Listing, Priority, StopAck},
    scope::{Scope, new_uid},
};

/// Pages read of one list at most.
const PAGES_MAX: u32 = 200;
/// Observations applied in one transaction.
const BATCH: usize = 64;
/// Events are kept this long.
const EVENTS_KEPT_MS: i64 = 30 * 86_400_000;

/// What a look has seen, by native id; true where the answer proves that the job is ours.
pub(super) type Seen = HashMap<String, (Observation, bool)>;

/// Looks, and remembers between looks what is still to be asked.
pub(super) struct Looker {
    scope: Arc<Scope>,
    swept: bool,
    details: Details,
    missing: Missing,
    changed: bool,
}

impl Looker {
    pub(super) fn new(scope: Arc<Scope>) -> Self {
        Self {
            details: Details::new(Arc::clone(&scope)),
            missing: Missing::default(),
            scope,
            swept: false,
            changed: false,
        }
    }

    /// Whether anything has changed since this was last asked.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    pub(super) async fn look(&mut self, look: Look, priority: Priority) -> Result<(), Fault> {
        let context = self.scope.context;
        let active = self
            .scope
            .journal
            .read(move |reader| reader.active_jobs(context))
            .await?;
        let ground = self.ground(look, &active).await?;
        let mut seen = Seen::new();
        for list in plan::listings(look, &ground, self.scope.provider.nature()) {
            let own = list.own_named.is_some();
            match self
                .read_list(list, priority, &ground.own_named, &mut seen)
                .await
            {
                Ok(()) => {}
                // Jobs of others that may not be seen any more: each is asked for by itself, and holds nothing up.
                Err(fault) if !own && is_about_one(&fault) && !ground.foreign_active.is_empty() => {
                    tracing::warn!(%fault, "watched jobs of others cannot be listed");
                }
                Err(fault) => return Err(fault),
            }
        }
        self.details.add(&active, &mut seen, priority).await;
        let mut observations: Vec<_> = seen.values().cloned().collect();
        // Oldest first: of two jobs of one name, the later one is the twin.
        observations.sort_by_key(|(observation, _)| observation.created_ms);
        self.apply(observations).await?;
        self.check_missing(&active, &seen, priority).await?;
        self.send_due_stops().await?;
        if look == Look::Sweep {
            self.prune().await?;
            self.swept = true;
        }
        Ok(())
    }

    async fn ground(&self, look: Look, active: &[Job]) -> Result<Ground, Fault> {
        let scope = &self.scope;
        let with_backend = || active.iter().filter(|job| job.native_id.is_some());
        let ids = |own: bool| {
            with_backend()
                .filter(move |job| job.own == own)
                .filter_map(|job| job.native_id.clone())
        };
        let first = look == Look::Sweep && !self.swept;
        let mut ground = Ground {
            own_named: scope.own_start(),
            own_active: ids(true).collect(),
            foreign_active: ids(false).collect(),
            oldest_active_ms: with_backend()
                .filter(|job| job.own)
                .filter_map(|job| job.created_ms)
                .min(),
            last_complete_ms: scope.looks.get().last_complete_ms,
            own_in_window: 0,
            ended_from_ms: first.then(|| scope.ended_from_ms()),
        };
        if let Some(start) = plan::window_start(&ground) {
            let context = scope.context;
            ground.own_in_window = scope
                .journal
                .read(move |reader| reader.own_created_since(context, start))
                .await?;
        }
        Ok(ground)
    }

    /// Reads a list to its last page. Jobs of the principal whose name only contains the prefix are not ours.
    async fn read_list(
        &self,
        list: Listing,
        priority: Priority,
        own_start: &str,
        seen: &mut Seen,
    ) -> Result<(), Fault> {
        let scope = &self.scope;
        let own_list = list.own_named.is_some();
        let mut received = 0_u64;
        for number in 1..=PAGES_MAX {
            let page = Listing {
                page: number,
                ..list.clone()
            };
            let page = scope
                .provider
                .list(page, scope.journal.next_seq(), priority)
                .await?;
            received += page.received as u64;
            let last = page.is_last(received, scope.provider.nature());
            for observation in page.jobs {
                let own = own_list && observation.name.starts_with(own_start);
                if own || !own_list {
                    // The later request wins; its answer cannot be older.
                    seen.insert(observation.native_id.clone(), (observation, own));
                }
            }
            if last {
                break;
            }
        }
        Ok(())
    }

    async fn apply(&mut self, seen: Vec<(Observation, bool)>) -> Result<(), Fault> {
        for batch in seen.chunks(BATCH) {
            let (context, batch) = (self.scope.context, batch.to_vec());
            let aftermath = self
                .scope
                .journal
                .write(move |tx| {
                    let mut aftermath = Aftermath::default();
                    for (observation, own) in &batch {
                        apply(tx, context, observation, *own, new_uid, &mut aftermath)?;
                    }
                    Ok(aftermath)
                })
                .await?;
            self.changed |= !aftermath.changed.is_empty();
            self.details.doubt(aftermath.doubtful);
            self.scope
                .looks
                .update(|looks| looks.dropped += aftermath.dropped);
        }
        Ok(())
    }

    async fn check_missing(
        &mut self,
        active: &[Job],
        seen: &Seen,
        priority: Priority,
    ) -> Result<(), Fault> {
        let scope = Arc::clone(&self.scope);
        for job in self.missing.due(&scope, active, seen) {
            match self.missing.ask(&scope, &job, priority).await {
                Ok(Some(observation)) => self.apply(vec![(observation, job.own)]).await?,
                Ok(None) => self.changed = true,
                Err(fault) if is_about_one(&fault) => {
                    tracing::warn!(job = job.display_id(), %fault, "a job cannot be looked at");
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Stops that were decided while the job could not be reached: of twins, and of submits that were given up.
    async fn send_due_stops(&self) -> Result<(), Fault> {
        let context = self.scope.context;
        let active = self
            .scope
            .journal
            .read(move |reader| reader.active_jobs(context))
            .await?;
        for job in active.into_iter().filter(|job| job.stop_due) {
            let Some(id) = job.native_id.clone() else {
                continue;
            };
            match self.scope.provider.stop(&id).await {
                Ok(StopAck::Accepted | StopAck::AlreadyEnded) => {}
                // It stays due, and the next look tries again.
                Err(fault) => {
                    tracing::warn!(job = %id, %fault, "a stop that is due could not be sent");
                    continue;
                }
            }
            self.scope
                .journal
                .write(move |tx| note_stop_sent(tx, context, &job.uid))
                .await?;
        }
        Ok(())
    }

    async fn prune(&self) -> Result<(), Fault> {
        let now_ms = self.scope.clock.wall_ms();
        let jobs_before = self.scope.ended_from_ms();
        let work = move |tx: &mut Tx<'_>| tx.prune(now_ms - EVENTS_KEPT_MS, jobs_before);
        Ok(self.scope.journal.write(work).await?)
    }
}

/// Says no to this request only; the next one may well be answered.
fn is_about_one(fault: &Fault) -> bool {
    matches!(
        fault.kind,
        FaultKind::Permission | FaultKind::Invalid | FaultKind::NotFound
    )
}

fn note_stop_sent(tx: &mut Tx<'_>, context: i64, uid: &str) -> Result<(), StoreError> {
    let Some(mut job) = tx.job(uid)? else {
        return Ok(());
    };
    job.stop_due = false;
    let events = match job.stop_requested {
        true => Vec::new(),
        false => vec![EventDraft {
            to_status: job.status.clone(),
            to_phase: Some(job.phase),
            ..EventDraft::new(EventKind::StopRequested)
        }],
    };
    job.stop_requested = true;
    tx.put_job(context, &mut job, events)
}
