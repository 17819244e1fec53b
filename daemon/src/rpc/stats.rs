//! Counters that `daemon status` shows and tests read.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

use crate::sys::{Clock, clock::Mono};

/// Calls, and what is open.
#[derive(Debug)]
pub struct Stats {
    rpcs: AtomicU64,
    streams: AtomicU32,
    connections: AtomicU32,
    last_client: Mutex<Option<Mono>>,
    clock: Clock,
}

impl Stats {
    /// Nobody has come yet.
    pub fn new(clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            rpcs: AtomicU64::default(),
            streams: AtomicU32::default(),
            connections: AtomicU32::default(),
            last_client: Mutex::default(),
            clock,
        })
    }

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

    /// Connections that are open now.
    pub fn connections(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }

    /// When a connection was closed last; `None` when none was.
    pub fn last_client(&self) -> Option<Mono> {
        *self
            .last_client
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection until the guard is dropped.
    pub fn open_connection(self: &Arc<Self>) -> ConnectionGuard {
        self.connections.fetch_add(1, Ordering::Relaxed);
        ConnectionGuard(Arc::clone(self))
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

/// A counted connection.
#[derive(Debug)]
pub struct ConnectionGuard(Arc<Stats>);

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        let now = self.0.clock.mono();
        *self
            .0
            .last_client
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(now);
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::clock::ManualClock;
    use std::time::Duration;

    #[test]
    fn the_end_of_a_connection_is_remembered() {
        let hands = ManualClock::new(0);
        let clock = Clock::Manual(hands.clone());
        let stats = Stats::new(clock.clone());
        let (one, other) = (stats.open_connection(), stats.open_connection());
        assert_eq!((stats.connections(), stats.last_client()), (2, None));
        hands.advance(Duration::from_secs(5));
        drop(one);
        assert_eq!(stats.last_client(), Some(clock.mono()));
        hands.advance(Duration::from_secs(5));
        drop(other);
        assert_eq!(stats.last_client(), Some(clock.mono()));
        assert_eq!(stats.connections(), 0);
    }
}
