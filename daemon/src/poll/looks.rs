//! How fresh what we know is.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::{settled::Settled, shared::Shared};
use crate::{model::Fault, sys::clock::Mono};

/// Jobs without pods of which it is remembered that they have none.
const PODS_ASKED: usize = 1_000;
/// Ids of which it is remembered that the backend does not know them.
const IDS_ASKED: usize = 100;

/// The state of a context's looks, shared with everybody who must say how old the data is.
#[derive(Debug)]
pub struct Looks {
    state: Mutex<Freshness>,
    settled: Mutex<Settled>,
    /// Whether this daemon's first look is over, well or not.
    tried: watch::Sender<bool>,
    /// Jobs that clients made us ask for their pods, by uid.
    pub(super) pods_asked: Shared,
    /// Native ids that clients made us look up.
    pub(super) ids_asked: Shared,
}

impl Default for Looks {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            settled: Mutex::default(),
            tried: watch::Sender::new(false),
            pods_asked: Shared::new(PODS_ASKED),
            ids_asked: Shared::new(IDS_ASKED),
        }
    }
}

/// A copy of it.
#[derive(Debug, Clone, Default)]
pub struct Freshness {
    /// When the newest answered look began.
    pub last_ok: Option<Mono>,
    /// The same for people, Unix ms.
    pub last_ok_ms: Option<i64>,
    /// When the newest look began that saw every active job of the scope.
    pub last_complete: Option<Mono>,
    /// The same by the backend's clock, Unix ms: newcomers were created after it.
    pub last_complete_ms: Option<i64>,
    /// When the next look is due, Unix ms.
    pub next_ms: Option<i64>,
    /// Since when looks fail, Unix ms.
    pub stale_since_ms: Option<i64>,
    /// The newest thing that daemons before this one have seen, Unix ms.
    pub known_until_ms: Option<i64>,
    /// Why the newest look failed.
    pub last_error: Option<Fault>,
    /// Observations that were dropped because a newer one was held.
    pub dropped: u64,
}

impl Freshness {
    /// Since when what we hold is old, Unix ms: also where this daemon has not looked yet, for what it holds is that of an
    /// earlier one then.
    pub fn old_since_ms(&self) -> Option<i64> {
        let inherited = self.known_until_ms.filter(|_| self.last_ok.is_none());
        self.stale_since_ms.or(inherited)
    }

    /// Why it is old; empty when it is not.
    pub fn reason(&self) -> String {
        match (self.old_since_ms(), &self.last_error) {
            (None, _) => String::new(),
            (_, Some(fault)) => fault.message.clone(),
            (_, None) => "the cloud has not been looked at yet".into(),
        }
    }
}

impl Looks {
    /// A copy of the present state.
    pub fn get(&self) -> Freshness {
        self.lock().clone()
    }

    /// When the newest look began that saw every active job, here and by the backend's clock (Unix ms).
    pub fn at_complete(&self) -> Option<(Mono, i64)> {
        let state = self.lock();
        state.last_complete.zip(state.last_complete_ms)
    }

    /// Whether complete looks must have shown what the backend had at this revision; `old` is whether it is older than the lag
    /// of lists by the wall clock.
    pub fn shows(&self, rev: u64, old: bool) -> bool {
        let settled = self.settled.lock();
        let settled = settled.unwrap_or_else(PoisonError::into_inner);
        settled.shows(rev, old)
    }

    /// A complete look that began then, at this revision, was answered; lists show a new job after `lag` at the latest.
    pub(super) fn note_complete(&self, began: Mono, rev: u64, lag: Duration) {
        let settled = self.settled.lock();
        let mut settled = settled.unwrap_or_else(PoisonError::into_inner);
        settled.note(began, rev, lag);
    }

    /// Returns once this daemon's first look is over, well or not.
    pub async fn tried(&self) {
        let mut tried = self.tried.subscribe();
        // The sender is ours: it cannot go before us.
        let _over = tried.wait_for(|tried| *tried).await;
    }

    /// Whether it is over by now.
    pub fn is_tried(&self) -> bool {
        *self.tried.borrow()
    }

    pub(super) fn note_tried(&self) {
        self.tried
            .send_if_modified(|tried| !std::mem::replace(tried, true));
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut Freshness)) {
        change(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, Freshness> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
