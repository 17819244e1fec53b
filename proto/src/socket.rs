//! The client's end of the local socket.

use std::path::{Path, PathBuf};

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
                Stream::connect(name).await.map(TokioIo::new)
            }
        },
    ))
}
