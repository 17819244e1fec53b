//! A context at work: its poller, its queue, its logs.

use std::sync::Arc;

use tokio::{sync::watch, task::JoinHandle};

use crate::{
    logs::{self, Tails},
    model::Fault,
    poll::{self, PollerHandle},
    scope::Scope,
    submit,
};

/// A context at work. Dropping it ends its poller, its queue and the reading of logs.
#[derive(Debug)]
pub struct Running {
    /// What its work needs.
    pub scope: Arc<Scope>,
    /// The way to its poller.
    pub poller: PollerHandle,
    /// The logs that are read.
    pub tails: Arc<Tails>,
    /// Turns true when the settings name another place: its streams end then, and clients come back to the new one.
    retired: watch::Sender<bool>,
    tasks: [JoinHandle<()>; 3],
}

impl Running {
    /// Its settings name another place from now on.
    pub(super) fn retire(&self) {
        self.retired.send_replace(true);
        // Nothing is sent any more by itself, and nothing looked at; what is under way comes to its end.
        for task in &self.tasks {
            task.abort();
        }
    }

    /// Whether, and when, it is retired.
    pub fn retired(&self) -> watch::Receiver<bool> {
        self.retired.subscribe()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Starts the poller, the queue and the keeping of logs of a scope, and goes on with what an earlier daemon left open.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(scope: Arc<Scope>) -> Result<Arc<Running>, Fault> {
    submit::restore(&scope).await?;
    poll::restore_staleness(&scope).await?;
    let (poller, polling) = poll::start(Arc::clone(&scope));
    let sending = submit::start_queue(Arc::clone(&scope), poller.clone());
    let tails = Arc::new(Tails::new(Arc::clone(&scope)));
    let keeping = tokio::spawn(logs::keep(Arc::clone(&scope), Arc::clone(&tails)));
    let running = Arc::new(Running {
        tails,
        scope,
        poller,
        retired: watch::Sender::new(false),
        tasks: [polling, sending, keeping],
    });
    submit::resume(&running.scope, &running.poller).await?;
    Ok(running)
}
