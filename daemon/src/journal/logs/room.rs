//! Whether there is room for lines. What is left on the disk belongs to the store of jobs, which must go on: lines are not
//! stored once little is left, and reading goes on by itself when there is room again.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rusqlite::ErrorCode;

use super::StoreError;
use crate::sys::{Clock, clock::Mono, space::Space};

/// So many bytes are left to others.
const LEAVE: u64 = 200 << 20;
/// An answer of the system is believed for so long.
const BELIEVED: Duration = Duration::from_secs(5);
/// Not full.
const ROOM: u64 = u64::MAX;

/// What is known of the room.
#[derive(Debug, Clone)]
pub(super) struct Room {
    space: Space,
    clock: Clock,
    asked: Arc<Mutex<Option<Mono>>>,
    full: Arc<AtomicU64>,
}

impl Room {
    pub(super) fn new(space: Space, clock: Clock) -> Self {
        Self {
            space,
            clock,
            asked: Arc::default(),
            full: Arc::new(AtomicU64::new(ROOM)),
        }
    }

    pub(super) fn space(&self) -> &Space {
        &self.space
    }

    /// Bytes that are left where that is too little.
    pub(super) fn full(&self) -> Option<u64> {
        Some(self.full.load(Ordering::Relaxed)).filter(|free| *free != ROOM)
    }

    /// An error where too little is left.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let now = self.clock.mono();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = asked.is_some_and(|asked| now.saturating_sub(asked) < BELIEVED);
        if !is_known && let Ok(free) = self.space.free() {
            *asked = Some(now);
            let known = if free < LEAVE { free } else { ROOM };
            let before = self.full.swap(known, Ordering::Relaxed);
            match (before == ROOM, known == ROOM) {
                (true, false) => tracing::warn!(free, "the disk is full: lines are not stored"),
                (false, true) => tracing::info!(free, "there is room on the disk again"),
                _ => {}
            }
        }
        match self.full() {
            Some(free) => Err(StoreError::DiskFull { free }),
            None => Ok(()),
        }
    }

    /// SQLite's own word that the disk is full counts as well: quotas are not seen from outside.
    pub(super) fn note<T>(&self, written: Result<T, StoreError>) -> Result<T, StoreError> {
        match written {
            Err(StoreError::Sqlite(error))
                if error.sqlite_error_code() == Some(ErrorCode::DiskFull) =>
            {
                tracing::warn!(%error, "lines cannot be stored");
                let free = self.space.free().unwrap_or(0);
                // Until the system is asked again.
                self.full.store(free, Ordering::Relaxed);
                *self.asked.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(self.clock.mono());
                Err(StoreError::DiskFull { free })
            }
            written => written,
        }
    }
}
