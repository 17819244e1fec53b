//! Who waits for what. The poller hurries while somebody waits; it never works more because more do.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::sys::{Clock, clock::Mono};

/// Counts waiters per job.
#[derive(Debug)]
pub struct Interest {
    state: Mutex<State>,
    changed: Notify,
    clock: Clock,
}

#[derive(Debug, Default)]
struct State {
    waiters: HashMap<String, u32>,
    last_left: Option<Mono>,
}

impl Interest {
    /// Nobody waits yet.
    pub fn new(clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            changed: Notify::new(),
            clock,
        })
    }

    /// Counts a waiter for each of these jobs until the guard is dropped.
    pub fn wait_for(self: &Arc<Self>, uids: Vec<String>) -> WaiterGuard {
        {
            let mut state = self.state();
            for uid in &uids {
                *state.waiters.entry(uid.clone()).or_insert(0) += 1;
            }
        }
        self.changed.notify_one();
        WaiterGuard {
            interest: Arc::clone(self),
            uids,
        }
    }

    /// Whether somebody waits for this job.
    pub fn is_waited_for(&self, uid: &str) -> bool {
        self.state().waiters.contains_key(uid)
    }

    /// Waits, counted per job and client.
    pub fn waiters(&self) -> u32 {
        self.state().waiters.values().sum()
    }

    /// When the last waiter left.
    pub fn last_left(&self) -> Option<Mono> {
        self.state().last_left
    }

    /// Returns after somebody came.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Counts stay right even if a holder panicked: each change is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A counted waiter; see [`Interest::wait_for`].
#[derive(Debug)]
pub struct WaiterGuard {
    interest: Arc<Interest>,
    uids: Vec<String>,
}

impl Drop for WaiterGuard {
    fn drop(&mut self) {
        let now = self.interest.clock.mono();
        let mut state = self.interest.state();
        for uid in &self.uids {
            if let Some(count) = state.waiters.get_mut(uid) {
                *count -= 1;
                if *count == 0 {
                    state.waiters.remove(uid);
                }
            }
        }
        if !self.uids.is_empty() && state.waiters.is_empty() {
            state.last_left = Some(now);
        }
    }
}
