//! What was just committed, for those who listen.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::broadcast;

use crate::model::{Event, Job};

/// A committed event with the job as it was after it.
#[derive(Debug, Clone)]
pub struct Published {
    /// The event.
    pub event: Event,
    /// `None` for events of a scope. After `NotSubmitted` of a job that is forgotten: its last state.
    pub job: Option<Arc<Job>>,
}

#[derive(Debug, Clone)]
pub(super) struct Live {
    sender: broadcast::Sender<Arc<Published>>,
    rev: Arc<AtomicU64>,
}

impl Live {
    pub(super) fn new(capacity: usize, rev: u64) -> Self {
        Self {
            sender: broadcast::Sender::new(capacity),
            rev: Arc::new(AtomicU64::new(rev)),
        }
    }

    pub(super) fn publish(&self, published: Published) {
        self.rev.store(published.event.rev, Ordering::Release);
        // Fails only when nobody listens.
        let _unheard = self.sender.send(Arc::new(published));
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.sender.subscribe()
    }

    pub(super) fn rev(&self) -> u64 {
        self.rev.load(Ordering::Acquire)
    }
}
