//! The events after a revision: in order, none twice, none skipped.

use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
};

use tokio::sync::broadcast::{self, error::RecvError};

use super::{Journal, Published, StoreError};

/// Events read from the table at a time.
const BATCH: u32 = 256;

/// Where a watch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchStart {
    /// After this revision.
    After(u64),
    /// After what is published now.
    Now,
}

/// A running watch of one context; see [`Journal::watch`].
#[derive(Debug)]
pub struct Watch {
    journal: Journal,
    context: i64,
    live: broadcast::Receiver<Arc<Published>>,
    last: u64,
    backlog: VecDeque<Arc<Published>>,
    /// Read the table before the live channel.
    behind: bool,
}

impl Watch {
    pub(super) fn new(journal: Journal, context: i64, start: WatchStart) -> Self {
        // Subscribed first: what is published from here on is either in the channel or tells that we are behind.
        let live = journal.live.subscribe();
        let (last, behind) = match start {
            WatchStart::After(rev) => (rev, rev < journal.rev()),
            WatchStart::Now => (journal.rev(), false),
        };
        Self {
            journal,
            context,
            live,
            last,
            backlog: VecDeque::new(),
            behind,
        }
    }

    /// Everything up to here has been handed out.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The next event; waits for it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next(&mut self) -> Result<Arc<Published>, StoreError> {
        loop {
            if let Some(published) = self.backlog.pop_front() {
                self.last = published.event.rev;
                return Ok(published);
            }
            if self.behind {
                self.catch_up().await?;
                continue;
            }
            match self.live.recv().await {
                Ok(published) if published.event.rev <= self.last => {}
                Ok(published) if published.event.context != self.context => {
                    self.last = published.event.rev;
                }
                Ok(published) => self.backlog.push_back(published),
                Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return Err(StoreError::Gone),
            }
        }
    }

    async fn catch_up(&mut self) -> Result<(), StoreError> {
        let (context, after) = (self.context, self.last);
        let (batch, rev) = self
            .journal
            .read(move |reader| Ok((reader.events_after(context, after, BATCH)?, reader.rev()?)))
            .await?;
        if batch.is_empty() {
            self.last = self.last.max(rev);
            self.behind = false;
        }
        self.backlog.extend(batch.into_iter().map(|(event, job)| {
            Arc::new(Published {
                event,
                job: job.map(Arc::new),
                committed: None,
                encoded: OnceLock::new(),
            })
        }));
        Ok(())
    }
}
