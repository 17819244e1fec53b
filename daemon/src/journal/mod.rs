//! The daemon's memory and its only door to SQLite.
//!
//! Every observable change goes through [`Journal::write`]: state and events are committed in one transaction on one
//! thread, and published after it (invariant 1). [`Watch`] is the events after a revision, in order, without a gap:
//! from the table first, then live, and from the table again when it fell behind.

mod live;
mod logs;
mod pool;
mod reader;
mod store;
mod tx;
mod watch;
mod writer;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

pub use live::Published;
pub use logs::{
    Asked, LogBatch, LogFound, LogLimits, LogMatch, LogPage, LogStore, LogsHeld, Pruned, Reading,
};
pub use reader::Reader;
pub use store::audit::{self, AuditOutcome};
pub use store::{Intent, IntentState, Listed, Opened, StoreError, TagFilter};
pub use tx::Tx;
pub use watch::{Watch, WatchStart};

use crate::sys::Clock;

/// How many published events a subscriber may be behind before it must read the table.
const LIVE_CAPACITY: usize = 256;

/// The door. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Journal {
    writer: writer::Writer,
    readers: reader::Readers,
    live: live::Live,
    seq: Arc<AtomicU64>,
    store_id: Arc<str>,
    logs: LogStore,
}

impl Journal {
    /// Opens (or makes) the store below `state_dir`, which must be locked by this process. Spawns a task on the runtime of
    /// the caller.
    ///
    /// # Errors
    /// [`StoreError`] when the store is newer than this program, lies on a network file system, or cannot be opened. A
    /// corrupt one is no error: it is moved aside and told in [`Opened`].
    pub fn open(state_dir: &Path, clock: Clock) -> Result<(Self, Opened), StoreError> {
        let (connection, opened) = store::open(state_dir, clock.wall_ms())?;
        let logs = LogStore::open(state_dir, clock.clone())?;
        let live = live::Live::new(LIVE_CAPACITY, opened.rev);
        let seq = Arc::new(AtomicU64::new(opened.seq));
        let readers = reader::Readers::start(&store::path(state_dir))?;
        let writer = writer::Writer::start(connection, clock, live.clone())?;
        let store_id = opened.store_id.as_str().into();
        Ok((
            Self {
                writer,
                readers,
                live,
                seq,
                store_id,
                logs,
            },
            opened,
        ))
    }

    /// Identifies this store in cursors.
    pub fn store_id(&self) -> &str {
        &self.store_id
    }

    /// The lines of pods, in a file of their own.
    pub fn logs(&self) -> &LogStore {
        &self.logs
    }

    /// The newest published revision.
    pub fn rev(&self) -> u64 {
        self.live.rev()
    }

    /// A number for a request that is about to be sent: greater than that of every request sent before.
    pub fn next_seq(&self) -> u64 {
        self.seq.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Runs `work` in one transaction. When it fails nothing is changed and nothing is published.
    ///
    /// # Errors
    /// What `work` fails with, or the commit.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.run(work).await
    }

    /// Runs `work` on a consistent view of the store.
    ///
    /// # Errors
    /// What `work` fails with.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.run(work).await
    }

    /// Every event of `context` after `start`.
    pub fn watch(&self, context: i64, start: WatchStart) -> Watch {
        Watch::new(self.clone(), context, start)
    }
}

#[cfg(test)]
mod tests;
