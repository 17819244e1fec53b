//! The one thread that writes. What it is given runs in order, each piece in a transaction of its own.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{self, Sender},
    thread,
};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::{live::Live, store::StoreError, tx::Tx};
use crate::sys::Clock;

type Piece = Box<dyn FnOnce(&mut Connection) + Send>;

#[derive(Debug, Clone)]
pub(super) struct Writer {
    pieces: Sender<Piece>,
    clock: Clock,
    live: Live,
}

impl Writer {
    pub(super) fn start(mut connection: Connection, clock: Clock, live: Live) -> io::Result<Self> {
        let (pieces, queue) = mpsc::channel::<Piece>();
        thread::Builder::new()
            .name("journal-writer".into())
            .spawn(move || {
                while let Ok(piece) = queue.recv() {
                    piece(&mut connection);
                }
            })?;
        Ok(Self {
            pieces,
            clock,
            live,
        })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let (clock, live) = (self.clock.clone(), self.live.clone());
        let piece = Box::new(move |connection: &mut Connection| {
            // The asker may have gone; the work is done all the same.
            let _unheard = answer.send(caught(|| transact(connection, &clock, &live, work)));
        });
        self.pieces.send(piece).map_err(|_| StoreError::Gone)?;
        answered.await.map_err(|_| StoreError::Gone)?
    }
}

/// A panic ends its own piece of work, and never the thread on which all others wait. The transaction has been rolled back
/// on the way.
pub(super) fn caught<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        // The panic's own words went to stderr, and may hold anything.
        tracing::error!("a piece of the journal's work panicked");
        Err(StoreError::Fault(
            "its work on the store panicked, see its log",
        ))
    })
}

fn transact<T>(
    connection: &mut Connection,
    clock: &Clock,
    live: &Live,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut tx = Tx::new(&transaction, clock.wall_ms());
    let value = work(&mut tx)?;
    let published = tx.into_published();
    transaction.commit()?;
    for one in published {
        live.publish(one);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::super::Journal;
    use crate::{
        model::{EventDraft, EventKind, Job, Phase},
        sys::{Clock, clock::ManualClock},
    };

    #[tokio::test]
    async fn a_panic_is_answered_undone_and_survived() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::Manual(ManualClock::new(0));
        let (journal, _) = Journal::open(dir.path(), clock).unwrap();
        let rev = journal.rev();
        // More often than there are reading threads.
        for _ in 0..4 {
            let failed = journal
                .write::<()>(|tx| {
                    let context = tx.context("/s.json", "here").unwrap();
                    let mut job = Job::new("job-1".into(), "me-a".into(), Phase::Running, 0);
                    let event = EventDraft::new(EventKind::Status);
                    tx.put_job(context, &mut job, vec![event]).unwrap();
                    panic!("as a test")
                })
                .await
                .unwrap_err();
            assert!(
                failed.to_string().contains("fault of the daemon"),
                "{failed}"
            );
            let failed = journal
                .read::<()>(|_| panic!("as a test"))
                .await
                .unwrap_err();
            assert!(
                failed.to_string().contains("fault of the daemon"),
                "{failed}"
            );
        }
        journal.write(|_| Ok(())).await.unwrap();
        let (now, job) = journal
            .read(|reader| Ok((reader.rev()?, reader.job("job-1")?)))
            .await
            .unwrap();
        assert_eq!((now, job), (rev, None));
    }
}
