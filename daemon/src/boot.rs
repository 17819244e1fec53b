//! From nothing to a serving daemon, and back to nothing.

use std::{
    future::Future,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use interprocess::local_socket::tokio::Listener;
use tokio::sync::watch;

use crate::{
    contexts::{Contexts, Env},
    journal::{Journal, StoreError},
    rpc::{self, Edge, Stats},
    scope::random_word,
    sys::{
        Clock, fs,
        lock::{LockError, StateLock},
        socket::{self, SocketError},
    },
};

/// For the writer to finish what it was given.
const LAST_WRITES: Duration = Duration::from_millis(500);

/// What a daemon is started with.
pub struct Boot {
    /// Where to listen.
    pub socket: PathBuf,
    /// Where the store and the lock are.
    pub state_dir: PathBuf,
    /// Which settings to serve.
    pub settings: PathBuf,
    /// The environment that settings may ask for.
    pub env: Env,
    /// The time.
    pub clock: Clock,
}

/// Why a daemon cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// Another one is at it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The socket.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The state folder.
    #[error("the state folder {} cannot be used: {source}", path.display())]
    StateDir {
        /// The folder.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// tonic's word.
    #[error("serving failed: {0}")]
    Serve(#[from] tonic::transport::Error),
}

impl BootError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Lock(LockError::Held { .. }) => {
                "`paictl daemon status` shows it; stop it, or give this one its own PAI_STATE_DIR and PAI_SOCKET"
            }
            Self::Socket(SocketError::InUse(_)) => {
                "`paictl daemon stop` ends it, or give this one its own PAI_SOCKET"
            }
            Self::Socket(SocketError::NotASocket(_)) => "move that file away, or set PAI_SOCKET",
            Self::Store(error) => error.hint(),
            Self::StateDir { .. } => "set PAI_STATE_DIR to a folder of your own",
            _ => "",
        }
    }
}

/// A daemon that is ready to serve.
pub struct Daemon {
    edge: Arc<Edge>,
    listener: Listener,
    lock: StateLock,
}

impl Daemon {
    /// Lock → socket → store → settings. The store is opened only by the holder of lock and socket.
    ///
    /// # Errors
    /// See [`BootError`].
    pub async fn boot(boot: Boot) -> Result<Self, BootError> {
        private_state(&boot.state_dir)?;
        let lock = StateLock::take(&boot.state_dir)?;
        let listener = socket::bind(&boot.socket, &lock).await?;
        let (journal, opened) = Journal::open(&boot.state_dir, boot.clock.clone())?;
        if let Some(aside) = &opened.moved_aside {
            tracing::error!(
                moved_to = %aside.display(),
                salvaged_submits = opened.salvaged,
                "the store was corrupt: it was moved aside, and what the cloud knows is read anew"
            );
        }
        let contexts =
            Contexts::start(boot.settings, boot.env, journal.clone(), boot.clock.clone()).await;
        let edge = Arc::new(Edge {
            contexts,
            journal,
            started_ms: boot.clock.wall_ms(),
            clock: boot.clock,
            instance: random_word(12),
            socket: boot.socket,
            state_dir: boot.state_dir,
            stats: Arc::new(Stats::default()),
            leaving: watch::Sender::new(false),
        });
        Ok(Self {
            edge,
            listener,
            lock,
        })
    }

    /// What the services hold.
    pub fn edge(&self) -> &Arc<Edge> {
        &self.edge
    }

    /// Serves until `end` or a client's Shutdown; then streams are told, writes finish, and the socket is removed. Takes
    /// less than two seconds from there.
    ///
    /// # Errors
    /// tonic's.
    pub async fn serve(self, end: impl Future<Output = ()>) -> Result<(), BootError> {
        let Self {
            edge,
            listener,
            lock,
        } = self;
        let serving = rpc::serve(Arc::clone(&edge), socket::incoming(listener));
        let leave = async {
            end.await;
            edge.leaving.send_replace(true);
            std::future::pending::<()>().await;
        };
        let result = tokio::select! {
            result = serving => result,
            () = leave => Ok(()),
        };
        let last = edge.journal.write(|_| Ok(()));
        if tokio::time::timeout(LAST_WRITES, last).await.is_err() {
            tracing::warn!("the store did not finish its writes in time");
        }
        // Only the holder of the lock may remove the name; it is given up after that.
        if let Err(error) = std::fs::remove_file(&edge.socket) {
            tracing::debug!(%error, "the socket was gone already");
        }
        drop(lock);
        Ok(result?)
    }
}

/// Boots and serves.
///
/// # Errors
/// See [`BootError`].
pub async fn run(
    boot: Boot,
    ready: impl FnOnce(&Daemon),
    end: impl Future<Output = ()>,
) -> Result<(), BootError> {
    let daemon = Daemon::boot(boot).await?;
    ready(&daemon);
    daemon.serve(end).await
}

fn private_state(path: &Path) -> Result<(), BootError> {
    fs::private_dir(path, &["paid.lock", "pai.db"]).map_err(|source| BootError::StateDir {
        path: path.into(),
        source,
    })
}
