//! What was just committed, for those who listen.

use std::{
    future::poll_fn,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::Poll,
};

use prost::bytes::Bytes;
use tokio::sync::{broadcast, mpsc};

use crate::{
    model::{Event, Job},
    sys::clock::Mono,
};

/// Those who listen are told group by group: while the first are written to, and run on other processors, the next are woken.
/// Told all at once, none would be written to before all of them were woken.
const GROUPS: usize = 16;
/// After so many the rest of the daemon has its turn.
const AT_ONCE: usize = 32;

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
    groups: Arc<[broadcast::Sender<Arc<Published>>]>,
    next_group: Arc<AtomicUsize>,
    committed: mpsc::UnboundedSender<Published>,
    rev: Arc<AtomicU64>,
}

impl Live {
    /// Spawns a task. A listener may be `capacity` events behind.
    pub(super) fn new(capacity: usize, rev: u64) -> Self {
        let groups: Arc<[_]> = (0..GROUPS)
            .map(|_| broadcast::Sender::new(capacity))
            .collect();
        let (committed, relayed) = mpsc::unbounded_channel();
        // Here and not in the writer's thread, which would need a system call to wake each of those who listen.
        tokio::spawn(relay(relayed, Arc::clone(&groups)));
        Self {
            groups,
            next_group: Arc::default(),
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
        let group = self.next_group.fetch_add(1, Ordering::Relaxed) % GROUPS;
        self.groups[group].subscribe()
    }

    pub(super) fn rev(&self) -> u64 {
        self.rev.load(Ordering::Acquire)
    }
}

async fn relay(
    mut committed: mpsc::UnboundedReceiver<Published>,
    groups: Arc<[broadcast::Sender<Arc<Published>>]>,
) {
    while let Some(published) = committed.recv().await {
        let published = Arc::new(published);
        let mut woken = 0;
        for group in groups.iter() {
            // Fails only when nobody listens.
            woken += group.send(Arc::clone(&published)).unwrap_or_default();
            if woken >= AT_ONCE {
                woken = 0;
                next_turn().await;
            }
        }
    }
}

/// Goes behind what is due now, and no further: tokio's own yield comes back only after the sockets were looked at, which takes
/// milliseconds while somebody is sent a long list.
async fn next_turn() {
    let mut over = false;
    poll_fn(|context| {
        if std::mem::replace(&mut over, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
