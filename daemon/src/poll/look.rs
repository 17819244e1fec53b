//! One look: lists → the jobs' own answers where a list is not enough → the journal → what is missing → stops that are due.

use std::{collections::HashMap, sync::Arc};

use super::{
    commit::commit,
    detail::Details,
    missing::Missing,
    plan::{self, Ground},
    schedule::Look,
    stops,
};
use crate::{
    journal::Tx,
    model::{Fault, FaultKind, Job, Observation},
    provider::{Listing, Priority},
    scope::Scope,
};

/// Pages read of one list at most.
const PAGES_MAX: u32 = 200;
/// Events are kept this long.
const EVENTS_KEPT_MS: i64 = 30 * 86_400_000;

/// What a look has seen, by native id; true where a list of the key's own jobs shows it under a name that begins like ours.
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
        let seen = self.read_lists(look, &ground, priority).await?;
        let held_back = self.details.add(&active, &seen, priority).await?;
        self.changed |= self.details.take_changed();
        let mut believed: Vec<_> = seen
            .iter()
            .filter(|(id, _)| !held_back.contains(*id))
            .map(|(_, item)| item.clone())
            .collect();
        // Oldest first: of two jobs of one name, the later one is the twin.
        believed.sort_by_key(|(observation, _)| observation.created_ms);
        let aftermath = commit(&self.scope, believed).await?;
        self.changed |= !aftermath.changed.is_empty();
        self.details.suspect(aftermath.doubtful);
        let missing = &mut self.missing;
        self.changed |= missing.check(&self.scope, &active, &seen, priority).await?;
        stops::send_due(&self.scope).await?;
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
            own_named: scope.own_start.clone(),
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

    async fn read_lists(
        &self,
        look: Look,
        ground: &Ground,
        priority: Priority,
    ) -> Result<Seen, Fault> {
        let mut seen = Seen::new();
        for list in plan::listings(look, ground, &self.scope.nature) {
            let of_others = !list.ids.is_empty()
                && list.ids.iter().all(|id| ground.foreign_active.contains(id));
            match self
                .read_list(list, priority, &ground.own_named, &mut seen)
                .await
            {
                Ok(()) => {}
                // Jobs of others that may not be seen any more: each is asked for by itself, and holds nothing up.
                Err(fault) if of_others && is_about_one(&fault) => {
                    tracing::warn!(%fault, "watched jobs of others cannot be listed");
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(seen)
    }

    /// Reads a list to its last page. Jobs of the principal whose name only contains the prefix are not ours, and a list of
    /// ids is believed for these ids only.
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
                .provider()
                .list(page, scope.journal.next_seq(), priority)
                .await?;
            received += page.received as u64;
            let mut last = page.is_last(received, &scope.nature);
            for observation in page.jobs {
                let own = own_list && observation.name.starts_with(own_start);
                let asked_for = list.ids.contains(&observation.native_id);
                // A backend that takes no notice of ids has no end either.
                last |= !own_list && !asked_for;
                if own || asked_for {
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

    async fn prune(&self) -> Result<(), Fault> {
        let (scope, now_ms) = (&self.scope, self.scope.clock.wall_ms());
        let jobs_before = scope.ended_from_ms();
        // What the backend never had bears times of this machine's clock.
        let ours_before = jobs_before + (now_ms - scope.now_ms());
        let events_before = now_ms - EVENTS_KEPT_MS;
        let work = move |tx: &mut Tx<'_>| tx.prune(events_before, jobs_before, ours_before);
        Ok(self.scope.journal.write(work).await?)
    }
}

/// Says no to this request only; the next one may well be answered.
pub(super) fn is_about_one(fault: &Fault) -> bool {
    matches!(
        fault.kind,
        FaultKind::Permission | FaultKind::Invalid | FaultKind::NotFound
    )
}
