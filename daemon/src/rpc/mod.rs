//! The edge: one file per call, thin: check → call → convert.

mod convert;
mod daemon;
mod error;
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
    journal::Journal,
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
    /// Turns true when the daemon is about to leave.
    pub leaving: watch::Sender<bool>,
}

impl Edge {
    /// The context that a call means.
    async fn context(&self, metadata: &MetadataMap) -> Result<Arc<Running>, Fault> {
        let asked = pai_proto::meta::decode_settings(metadata)
            .map_err(|what| Fault::new(FaultKind::Invalid, what))?;
        self.contexts.get(asked.as_deref()).await
    }
}
