//! The edge: one file per call, thin: check → call → convert.

mod convert;
mod counted;
mod daemon;
mod error;
mod first_look;
mod frames;
mod jobs;
mod logs;
mod resolve;
mod server;
mod stats;

use std::{path::PathBuf, sync::Arc};

use tokio::sync::watch;
use tonic::metadata::MetadataMap;

use crate::{
    contexts::{Contexts, Running},
    idle::Work,
    journal::{Journal, Reader, StoreError},
    model::{Fault, FaultKind},
    sys::Clock,
};

pub use server::serve;
pub use stats::Stats;

/// What every service holds.
#[derive(Debug)]
pub struct Edge {
    /// The contexts.
    pub contexts: Contexts,
    /// The memory.
    pub journal: Journal,
    /// The time.
    pub clock: Clock,
    /// Random id of this process.
    pub instance: String,
    /// When it started, Unix ms.
    pub started_ms: i64,
    /// Where it is served.
    pub socket: PathBuf,
    /// Where its store is.
    pub state_dir: PathBuf,
    /// Counted calls and streams.
    pub stats: Arc<Stats>,
    /// A client started it: it leaves when it has been idle for long enough.
    pub auto_started: bool,
    /// Turns true when the daemon is about to leave.
    pub leaving: watch::Sender<bool>,
}

impl Edge {
    /// What there is to do. Settings that cannot be used have no jobs that are watched.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn work(&self) -> Result<Work, StoreError> {
        let mut work = match self.contexts.current() {
            Ok(running) => self.work_of(&running).await?,
            Err(_) => Work::default(),
        };
        // Last, without a pause until it is judged.
        work.clients = self.stats.connections();
        Ok(work)
    }

    /// The same of one context, without clients.
    async fn work_of(&self, running: &Running) -> Result<Work, StoreError> {
        let context = running.scope.context;
        let counts = move |reader: &Reader<'_>| {
            let (active, _) = reader.count(context)?;
            Ok((active, reader.open_intents(context)?.len()))
        };
        let (active_jobs, open_submits) = self.journal.read(counts).await?;
        let counted = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Work {
            active_jobs,
            open_submits: counted(open_submits),
            open_logs: counted(running.tails.active()),
            clients: 0,
        })
    }

    /// The context that a call means.
    async fn context(&self, metadata: &MetadataMap) -> Result<Arc<Running>, Fault> {
        let asked = pai_proto::meta::decode_settings(metadata)
            .map_err(|what| Fault::new(FaultKind::Invalid, what))?;
        self.contexts.get(asked.as_deref()).await
    }
}
