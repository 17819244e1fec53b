//! The one thread that writes. What it is given runs in order, each piece in a transaction of its own.

use std::{
    io,
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
            let _unheard = answer.send(transact(connection, &clock, &live, work));
        });
        self.pieces.send(piece).map_err(|_| StoreError::Gone)?;
        answered.await.map_err(|_| StoreError::Gone)?
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
    for one in published {
        live.publish(one);
    }
    Ok(value)
}
