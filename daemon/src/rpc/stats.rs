//! Counters that `daemon status` shows and tests read.

use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

/// Calls and open streams.
#[derive(Debug, Default)]
pub struct Stats {
    rpcs: AtomicU64,
    streams: AtomicU32,
}

impl Stats {
    /// Counts a call.
    pub fn count_rpc(&self) {
        self.rpcs.fetch_add(1, Ordering::Relaxed);
    }

    /// Calls begun since the start.
    pub fn rpcs(&self) -> u64 {
        self.rpcs.load(Ordering::Relaxed)
    }

    /// Streams that are open now.
    pub fn streams(&self) -> u32 {
        self.streams.load(Ordering::Relaxed)
    }

    /// Counts a stream until the guard is dropped.
    pub fn open_stream(self: &Arc<Self>) -> StreamGuard {
        self.streams.fetch_add(1, Ordering::Relaxed);
        StreamGuard(Arc::clone(self))
    }
}

/// A counted stream.
#[derive(Debug)]
pub struct StreamGuard(Arc<Stats>);

impl Drop for StreamGuard {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}
