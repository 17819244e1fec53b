//! From nothing to a serving daemon, and back to nothing.

use std::{
    future::Future,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use interprocess::local_socket::tokio::Listener;
use pai_proto::start::IDLE_EXIT;
use tokio::sync::watch;

use crate::{
    contexts::{Contexts, Env},
    idle::{Look, until_idle},
    journal::{Journal, StoreError},
    rpc::{self, Edge, Stats},
    scope::random_word,
    sys::{
        Clock, fs,
        leave::LAST_WRITES,
        lock::{LockError, StateLock},
        socket::{self, SocketError, SocketName},
    },
};

/// How often the socket's name is looked at.
const NAME_CHECK: Duration = Duration::from_secs(60);

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
    /// Whether a client starts it: then it leaves when it has been idle for long enough.
    pub auto_started: bool,
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
    /// A daemon that nobody can reach must not keep the next one from starting.
    #[error("the socket {} was removed or replaced: no client can reach this daemon any more", .0.display())]
    SocketLost(PathBuf),
    /// tonic's word.
    #[error("serving failed: {0}")]
    Serve(#[from] tonic::transport::Error),
}

impl BootError {
    /// Whether another daemon is at the state folder or the socket: it may be on its way out.
    pub fn is_in_use(&self) -> bool {
        matches!(
            self,
            Self::Lock(LockError::Held { .. }) | Self::Socket(SocketError::InUse(_))
        )
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Lock(LockError::Held { .. }) => {
                "`paictl daemon stop` ends it; one that does not answer has lost its socket and leaves by itself within a minute; \
                 or give this one its own PAI_STATE_DIR and PAI_SOCKET"
            }
            Self::Socket(SocketError::InUse(_)) => {
                "`paictl daemon stop` ends it, or give this one its own PAI_SOCKET"
            }
            Self::Socket(SocketError::NotASocket(_)) => "move that file away, or set PAI_SOCKET",
            Self::Socket(SocketError::Io { source, .. })
                if source.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                "set PAI_SOCKET to a path in a folder of your own that nobody else may write to (chmod 700)"
            }
            Self::SocketLost(_) => {
                "start it again; keep cleaners of temporary files off its folder, or set PAI_SOCKET to another one"
            }
            Self::Store(error) => error.hint(),
            Self::StateDir { .. } => {
                "set PAI_STATE_DIR to a folder of your own that nobody else may open (chmod 700)"
            }
            _ => "",
        }
    }
}

/// A daemon that is ready to serve.
pub struct Daemon {
    edge: Arc<Edge>,
    listener: Listener,
    name: SocketName,
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
        let (listener, name) = socket::bind(&boot.socket, &lock).await?;
        let store = Journal::open(&boot.state_dir, boot.clock.clone());
        let (journal, opened) = store.inspect_err(|_| unname(&name))?;
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
            stats: Stats::new(boot.clock.clone()),
            clock: boot.clock,
            instance: random_word(12),
            socket: boot.socket,
            state_dir: boot.state_dir,
            auto_started: boot.auto_started,
            leaving: watch::Sender::new(false),
        });
        Ok(Self {
            edge,
            listener,
            name,
            lock,
        })
    }

    /// What the services hold.
    pub fn edge(&self) -> &Arc<Edge> {
        &self.edge
    }

    /// Serves until `end`, a client's Shutdown, idleness where a client started it, or the loss of the socket's name; then streams are told, writes finish, and
    /// the socket is removed where it is still ours. Takes less than two seconds from there. The lock comes back with the
    /// result ([`BootError::SocketLost`], or tonic's error): a write that did not finish in time may still be going on.
    pub async fn serve(self, end: impl Future<Output = ()>) -> (Result<(), BootError>, StateLock) {
        let Self {
            edge,
            listener,
            name,
            lock,
        } = self;
        let serving = rpc::serve(Arc::clone(&edge), socket::incoming(listener));
        let mut lost = false;
        let leave = async {
            tokio::select! {
                () = end => {}
                () = idle_for_long(&edge) => {
                    tracing::info!("no work for {} min; leaving", IDLE_EXIT.as_secs() / 60);
                }
                () = edge.contexts.watch_files() => {}
                () = name_is_lost(&edge.clock, &name) => {
                    tracing::error!(socket = %edge.socket.display(), "the socket was removed or replaced; leaving");
                    lost = true;
                }
            }
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
        unname(&name);
        let result = match lost {
            true => Err(BootError::SocketLost(edge.socket.clone())),
            false => result.map_err(BootError::from),
        };
        (result, lock)
    }
}

/// Boots and serves; the state folder stays this process's until it ends.
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
    let (result, lock) = daemon.serve(end).await;
    lock.keep();
    result
}

/// Only the holder of the lock may remove the name.
fn unname(name: &SocketName) {
    if let Err(error) = name.remove() {
        tracing::debug!(%error, "the socket was gone already");
    }
}

/// Returns only in a daemon that a client started.
async fn idle_for_long(edge: &Edge) {
    if !edge.auto_started {
        std::future::pending::<()>().await;
    }
    let look = async || {
        let work = edge.work().await;
        if let Err(error) = &work {
            tracing::warn!(%error, "whether there is work cannot be read; staying");
        }
        Look {
            work: work.ok(),
            last_client: edge.stats.last_client(),
        }
    };
    until_idle(&edge.clock, look).await;
}

async fn name_is_lost(clock: &Clock, name: &SocketName) {
    loop {
        clock.sleep(NAME_CHECK).await;
        if !name.is_ours() {
            return;
        }
    }
}

fn private_state(path: &Path) -> Result<(), BootError> {
    fs::private_dir(path, &["paid.lock", "pai.db"]).map_err(|source| BootError::StateDir {
        path: path.into(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::clock::ManualClock;

    /// Serves, lets this happen, and moves the clock on until the daemon has left.
    async fn serve_while(happens: impl FnOnce(&Path)) -> (Result<(), BootError>, bool) {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("run/paid.sock");
        let hands = ManualClock::new(1_800_000_000_000);
        let boot = Boot {
            socket: socket.clone(),
            state_dir: dir.path().join("state"),
            settings: dir.path().join("none.json"),
            env: Arc::new(|_| None),
            clock: Clock::Manual(hands.clone()),
            auto_started: false,
        };
        let daemon = Daemon::boot(boot).await.unwrap();
        happens(&socket);
        let mut serving = std::pin::pin!(daemon.serve(std::future::pending()));
        let left = async {
            loop {
                tokio::select! {
                    biased;
                    result = &mut serving => break result,
                    () = tokio::task::yield_now() => hands.advance(NAME_CHECK),
                }
            }
        };
        let result = tokio::time::timeout(Duration::from_secs(20), left).await;
        let (result, lock) = result.unwrap();
        let state = dir.path().join("state");
        assert!(StateLock::take(&state).is_err(), "the lock is still held");
        drop(lock);
        assert!(StateLock::take(&state).is_ok());
        (result, socket.exists())
    }

    #[tokio::test]
    async fn a_daemon_whose_socket_was_removed_leaves_with_an_error() {
        let (result, _) = serve_while(|path| std::fs::remove_file(path).unwrap()).await;
        let error = result.unwrap_err();
        assert!(matches!(error, BootError::SocketLost(_)), "{error}");
        assert!(error.to_string().contains("paid.sock"), "{error}");
        assert!(!error.hint().is_empty());
    }

    #[tokio::test]
    async fn a_daemon_that_cannot_open_its_store_leaves_no_socket() {
        let dir = tempfile::tempdir().unwrap();
        let (socket, state) = (dir.path().join("paid.sock"), dir.path().join("state"));
        std::fs::create_dir_all(state.join("pai.db")).unwrap();
        let booted = Daemon::boot(Boot {
            socket: socket.clone(),
            state_dir: state,
            settings: dir.path().join("none.json"),
            env: Arc::new(|_| None),
            clock: Clock::System,
            auto_started: false,
        });
        let error = booted.await.map(|_| ()).unwrap_err();
        assert!(matches!(error, BootError::Store(_)), "{error}");
        assert!(!socket.exists());
    }

    #[tokio::test]
    async fn a_daemon_whose_socket_was_replaced_leaves_it_to_the_other_one() {
        let (result, exists) = serve_while(|path| {
            std::fs::remove_file(path).unwrap();
            // A listener leaves its name behind when it is dropped.
            drop(std::os::unix::net::UnixListener::bind(path).unwrap());
        })
        .await;
        assert!(matches!(result, Err(BootError::SocketLost(_))));
        assert!(exists);
    }
}
