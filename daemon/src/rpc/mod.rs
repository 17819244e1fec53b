//! The edge: one file per call, thin: check → call → convert.

mod audit;
mod config;
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
mod settings_view;
mod stats;
mod status;
mod task;

use std::{path::PathBuf, sync::Arc};

use pai_proto::meta::{self, ClientKind};
use tokio::sync::watch;
use tonic::metadata::MetadataMap;

use crate::{
    contexts::{Contexts, Known, Running},
    idle::Work,
    journal::{Journal, Reader, StoreError},
    model::{Caller, Fault, FaultKind, Presence},
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
        let mut work = Work::default();
        for running in self
            .contexts
            .all()
            .iter()
            .filter_map(|known| known.running.as_ref())
        {
            let more = self.work_of(running).await?;
            work.active_jobs += more.active_jobs;
            work.open_submits += more.open_submits;
            work.open_logs += more.open_logs;
        }
        // Last, without a pause until it is judged.
        work.clients = self.stats.connections();
        Ok(work)
    }

    /// The same of one context, without clients.
    async fn work_of(&self, running: &Running) -> Result<Work, StoreError> {
        let context = running.scope.context;
        let counts = move |reader: &Reader<'_>| {
            let (active, _) = reader.count(context)?;
            let open = reader.open_intents(context)?.len();
            Ok((active, open, reader.held_count(context)?))
        };
        let (active_jobs, open, held) = self.journal.read(counts).await?;
        let counted = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Work {
            active_jobs,
            open_submits: counted(open).saturating_add(held),
            open_logs: counted(running.tails.active()),
            clients: 0,
        })
    }

    /// The context that a call means.
    async fn context(&self, metadata: &MetadataMap) -> Result<Arc<Running>, Fault> {
        self.contexts.get(asked(metadata)?.as_deref()).await
    }

    /// The same with everything that there is to say of it, also where it cannot be used.
    async fn known(&self, metadata: &MetadataMap) -> Result<Known, Fault> {
        Ok(self.contexts.read(asked(metadata)?.as_deref()).await)
    }
}

/// Which settings a call means; `None` leaves the choice to us.
fn asked(metadata: &MetadataMap) -> Result<Option<PathBuf>, Fault> {
    let asked = pai_proto::meta::decode_settings(metadata)
        .map_err(|what| Fault::new(FaultKind::Invalid, what))?;
    match asked {
        Some(path) if !path.is_absolute() => Err(Fault::new(
            FaultKind::Invalid,
            format!(
                "the settings {} are not named by a whole path",
                path.display()
            ),
        )),
        asked => Ok(asked),
    }
}

/// For whom a call acts.
fn caller(metadata: &MetadataMap) -> Caller {
    let text = |key| {
        let value = metadata.get(key).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    };
    Caller {
        is_tool: text(meta::CLIENT_KIND) != ClientKind::Person.as_str(),
        client: text(meta::CLIENT).chars().take(64).collect(),
        presence: Presence::default(),
    }
}
