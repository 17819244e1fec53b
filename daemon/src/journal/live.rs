//! What was just committed, for those who listen.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use prost::bytes::Bytes;
use tokio::sync::{broadcast, mpsc};

use crate::{
    model::{Event, Job},
    sys::clock::Mono,
};

/// A committed event with the job as it was after it.
#[derive(Debug, Clone)]
pub struct Published {
    /// The event.
    pub event: Event,
    /// `None` for events of a scope. After `NotSubmitted` of a job that is forgotten: its last state.
    pub job: Option<Arc<Job>>,
    /// When the commit was over; `None` for an event that was read from the table.
    pub committed: Option<Mono>,
    /// The same as a message, once somebody has told of it: it is told to many.
    pub encoded: OnceLock<Bytes>,
}

#[derive(Debug, Clone)]
pub(super) struct Live {
    sender: broadcast::Sender<Arc<Published>>,
    committed: mpsc::UnboundedSender<Published>,
    rev: Arc<AtomicU64>,
}

impl Live {
    /// Spawns a task.
    pub(super) fn new(capacity: usize, rev: u64) -> Self {
        let sender = broadcast::Sender::new(capacity);
        let (committed, mut relayed) = mpsc::unbounded_channel();
        let listeners = sender.clone();
        // Here and not in the writer's thread, which would need a system call to wake each of those who listen.
        tokio::spawn(async move {
            while let Some(published) = relayed.recv().await {
                // Fails only when nobody listens.
                let _unheard = listeners.send(Arc::new(published));
            }
        });
        Self {
            sender,
            committed,
            rev: Arc::new(AtomicU64::new(rev)),
        }
    }

    pub(super) fn publish(&self, published: Published) {
        self.rev.store(published.event.rev, Ordering::Release);
        // Fails only when the runtime has gone.
        let _unheard = self.committed.send(published);
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.sender.subscribe()
    }

    pub(super) fn rev(&self) -> u64 {
        self.rev.load(Ordering::Acquire)
    }
}
