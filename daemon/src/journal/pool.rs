//! Threads that work on connections of their own, one piece after the other.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::store::StoreError;

type Piece = Box<dyn FnOnce(&mut Connection) + Send>;

/// A thread per connection, and one queue for all of them. The threads end with the last handle.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    pieces: Sender<Piece>,
}

/// Whether a pool's work may wait for the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// Others wait for it: it runs like everything else.
    Usual,
    /// Steps back where the processors are busy: who waits for a change comes first.
    Behind,
}

impl Pool {
    pub(super) fn start(name: &str, connections: Vec<Connection>, rank: Rank) -> io::Result<Self> {
        let (pieces, queue) = mpsc::channel::<Piece>();
        let queue = Arc::new(Mutex::new(queue));
        for (number, mut connection) in connections.into_iter().enumerate() {
            let queue = Arc::clone(&queue);
            let name = format!("{name}-{number}");
            thread::Builder::new().name(name).spawn(move || {
                if rank == Rank::Behind {
                    step_back();
                }
                while let Some(piece) = next(&queue) {
                    piece(&mut connection);
                }
            })?;
        }
        Ok(Self { pieces })
    }

    /// Runs `work` on the next free thread. It is done even when the asker has gone.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let piece = Box::new(move |connection: &mut Connection| {
            // The asker may have gone.
            let _unheard = answer.send(caught(|| work(connection)));
        });
        self.pieces.send(piece).map_err(|_| StoreError::Gone)?;
        answered.await.map_err(|_| StoreError::Gone)?
    }
}

/// Lowers the priority of this thread. On Linux a thread has one of its own; elsewhere it would be the whole process.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(5) {
        tracing::debug!(%error, "the priority of a thread cannot be lowered");
    }
}

fn next(queue: &Mutex<Receiver<Piece>>) -> Option<Piece> {
    queue.lock().ok()?.recv().ok()
}

/// A panic ends its own piece of work, and never the thread on which all others wait. The transaction has been rolled back
/// on the way.
fn caught<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        // The panic's own words went to stderr, and may hold anything.
        tracing::error!("a piece of the journal's work panicked");
        Err(StoreError::Fault(
            "its work on the store panicked, see its log",
        ))
    })
}
