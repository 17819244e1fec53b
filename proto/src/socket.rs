//! The client's end of the local socket. It speaks only to a daemon of its own user: somebody else's could be a trap.

use std::{
    io,
    path::{Path, PathBuf},
};

use hyper_util::rt::TokioIo;
use interprocess::local_socket::{
    GenericFilePath, ToFsName,
    tokio::{Stream, prelude::*},
};
use tonic::transport::{Channel, Endpoint, Uri};

/// A channel that connects when it is first used, and again whenever its connection broke.
pub(crate) fn lazy_channel(socket: &Path) -> Channel {
    let socket: PathBuf = socket.into();
    // The authority is never resolved: the connector below ignores it.
    Endpoint::from_static("http://paid.local").connect_with_connector_lazy(tower::service_fn(
        move |_: Uri| {
            let socket = socket.clone();
            async move {
                let name = socket.as_path().to_fs_name::<GenericFilePath>()?;
                let stream = Stream::connect(name).await?;
                check_owner(stream.peer_creds()?.euid())?;
                Ok::<_, io::Error>(TokioIo::new(stream))
            }
        },
    ))
}

fn check_owner(daemon: Option<u32>) -> io::Result<()> {
    let us = rustix::process::geteuid().as_raw();
    match daemon {
        Some(uid) if uid == us => Ok(()),
        other => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("the socket is served by another user ({other:?}), not by you ({us})"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_daemon_of_the_same_user_is_spoken_to() {
        let us = rustix::process::geteuid().as_raw();
        assert!(check_owner(Some(us)).is_ok());
        assert!(check_owner(Some(us + 1)).is_err());
        assert!(check_owner(None).is_err());
    }
}
