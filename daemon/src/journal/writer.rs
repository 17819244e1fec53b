//! The one thread that writes. What it is given runs in order, each piece in a transaction of its own.

use std::io;

use rusqlite::{Connection, TransactionBehavior};

use super::{
    live::{Live, Published},
    pool::{Pool, Rank},
    store::StoreError,
    tx::Tx,
};
use crate::sys::Clock;

#[derive(Debug, Clone)]
pub(super) struct Writer {
    pool: Pool,
    clock: Clock,
    live: Live,
}

impl Writer {
    pub(super) fn start(connection: Connection, clock: Clock, live: Live) -> io::Result<Self> {
        Ok(Self {
            pool: Pool::start("journal-writer", vec![connection], Rank::Usual)?,
            clock,
            live,
        })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (clock, live) = (self.clock.clone(), self.live.clone());
        self.pool
            .run(move |connection| transact(connection, &clock, &live, work))
            .await
    }
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
    let committed = Some(clock.mono());
    for one in published {
        live.publish(Published { committed, ..one });
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
