//! The listening socket: folder 0700, file 0600, and the peer's uid is checked on every connection (invariant 10).
//!
//! A socket file that is in the way is removed only when nobody answers on it, and only by the holder of the state
//! lock.

mod name;

use std::{
    io,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::Stream;
use interprocess::{
    local_socket::{
        GenericFilePath, ListenerOptions, ToFsName,
        tokio::{Listener, Stream as LocalStream, prelude::*},
    },
    os::unix::local_socket::ListenerOptionsExt as _,
};
use rustix::{fs::Mode, process::umask};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

use super::{fs::private_dir, lock::StateLock};

pub use name::SocketName;

/// Why the socket cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Somebody answers there.
    #[error("another daemon answers at {}", .0.display())]
    InUse(PathBuf),
    /// Something that is no socket lies there.
    #[error("{} exists and is not a socket", .0.display())]
    NotASocket(PathBuf),
    /// The system refused.
    #[error("cannot listen at {}: {source}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
}

/// Binds the socket. The lock is the proof that no other daemon of this state folder is at it.
///
/// # Errors
/// See [`SocketError`].
pub async fn bind(path: &Path, _held: &StateLock) -> Result<(Listener, SocketName), SocketError> {
    let io = |source| SocketError::Io {
        path: path.into(),
        source,
    };
    if let Some(folder) = path.parent() {
        match folder.exists() {
            true => check_folder(folder).map_err(io)?,
            false => private_dir(folder, &[]).map_err(io)?,
        }
    }
    clear_the_way(path).await?;
    let name = path.to_fs_name::<GenericFilePath>().map_err(io)?;
    let before = umask(Mode::RWXG | Mode::RWXO);
    let options = ListenerOptions::new().name(name).reclaim_name(false);
    let listener = match cfg!(target_os = "linux") {
        true => options.mode(0o600).create_tokio(),
        false => options.create_tokio(),
    };
    umask(before);
    let listener = listener.map_err(io)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(io)?;
    Ok((listener, SocketName::of(path).map_err(io)?))
}

/// A folder that was there before (PAI_SOCKET in a shared one) keeps its mode: the socket's own mode and the uid check
/// protect it. But in a folder of another user that user could put a socket of his own in its place.
fn check_folder(folder: &Path) -> io::Result<()> {
    let meta = std::fs::metadata(folder)?;
    let uid = rustix::process::getuid().as_raw();
    let sticky = meta.mode() & 0o1000 != 0;
    if meta.uid() == uid && (meta.mode() & 0o022 == 0 || sticky) || meta.uid() == 0 && sticky {
        return Ok(());
    }
    let mode = meta.mode() & 0o7777;
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!(
            "others may replace files in {} (owner {}, mode {mode:04o})",
            folder.display(),
            meta.uid()
        ),
    ))
}

/// Removes a stale socket file: one on which a connection is refused.
async fn clear_the_way(path: &Path) -> Result<(), SocketError> {
    let io = |source| SocketError::Io {
        path: path.into(),
        source,
    };
    let Ok(meta) = std::fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !meta.file_type().is_socket() {
        return Err(SocketError::NotASocket(path.into()));
    }
    let name = path.to_fs_name::<GenericFilePath>().map_err(io)?;
    match LocalStream::connect(name).await {
        Ok(_) => Err(SocketError::InUse(path.into())),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(io)
        }
        Err(error) => Err(io(error)),
    }
}

/// The connections of our own user, for tonic. Connections of anybody else are closed and counted in the log.
pub fn incoming(listener: Listener) -> impl Stream<Item = io::Result<Connection>> {
    let uid = rustix::process::getuid().as_raw();
    futures_util::stream::unfold(listener, move |listener| async move {
        loop {
            let stream = match listener.accept().await {
                Ok(stream) => stream,
                Err(error) => {
                    // Out of files, most likely: it passes when a client leaves.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    continue;
                }
            };
            let peer = stream.peer_creds().ok().and_then(|creds| creds.euid());
            if is_owner(peer, uid) {
                return Some((Ok(Connection(stream)), listener));
            }
            tracing::warn!(?peer, "refused a connection of another user");
        }
    })
}

/// No uid, no service.
fn is_owner(peer: Option<u32>, owner: u32) -> bool {
    peer == Some(owner)
}

/// A connection whose peer has been checked.
#[derive(Debug)]
pub struct Connection(LocalStream);

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) -> Self::ConnectInfo {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_is_served() {
        assert!(is_owner(Some(1000), 1000));
        assert!(!is_owner(Some(0), 1000));
        assert!(!is_owner(Some(1001), 1000));
        assert!(!is_owner(None, 1000));
    }

    #[tokio::test]
    async fn folder_and_socket_are_the_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let lock = StateLock::take(dir.path()).unwrap();
        let path = dir.path().join("run/paid.sock");
        let _listener = bind(&path, &lock).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(
            std::fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777,
            0o700
        );
    }

    #[tokio::test]
    async fn a_stale_socket_is_replaced_and_a_living_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let lock = StateLock::take(dir.path()).unwrap();
        let path = dir.path().join("paid.sock");
        let (listener, _) = bind(&path, &lock).await.unwrap();
        assert!(matches!(
            bind(&path, &lock).await,
            Err(SocketError::InUse(_))
        ));
        drop(listener);
        assert!(path.exists(), "the name is not reclaimed");
        bind(&path, &lock).await.unwrap();
    }

    #[tokio::test]
    async fn a_folder_in_which_others_may_replace_the_socket_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let lock = StateLock::take(dir.path()).unwrap();
        let shared = dir.path().join("shared");
        std::fs::create_dir(&shared).unwrap();
        let open = |mode| std::fs::set_permissions(&shared, std::fs::Permissions::from_mode(mode));
        open(0o777).unwrap();
        assert!(bind(&shared.join("paid.sock"), &lock).await.is_err());
        open(0o1777).unwrap();
        bind(&shared.join("paid.sock"), &lock).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_in_the_way_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let lock = StateLock::take(dir.path()).unwrap();
        let path = dir.path().join("paid.sock");
        std::fs::write(&path, "mine").unwrap();
        assert!(matches!(
            bind(&path, &lock).await,
            Err(SocketError::NotASocket(_))
        ));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }
}
