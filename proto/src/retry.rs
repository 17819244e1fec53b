//! Calls that are repeated while the daemon is away.

use std::{future::Future, io, path::Path, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::time::Instant;
use tonic::{Response, Status};

use crate::error::{ClientError, causes, is_transport, reason_of};

/// Pauses between attempts to reach a daemon that is away: 20 ms growing to 500 ms, with jitter.
pub(crate) fn pauses() -> backon::ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(20))
        .with_max_delay(Duration::from_millis(500))
        .with_factor(1.6)
        .with_jitter()
        .without_max_times()
        .build()
}

/// Repeats a call while it fails for want of a connection, until `patience` is over.
pub(crate) async fn retry<T, F>(
    patience: Duration,
    mut attempt: impl FnMut() -> F,
) -> Result<T, Status>
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    let deadline = Instant::now() + patience;
    for pause in pauses() {
        match attempt().await {
            Ok(response) => return Ok(response.into_inner()),
            Err(status) if is_transport(&status) && Instant::now() + pause < deadline => {
                tokio::time::sleep(pause).await;
            }
            Err(status) => return Err(status),
        }
    }
    Err(Status::unavailable("gave up"))
}

/// Why nobody shook hands.
pub(crate) fn unanswered(status: Status, socket: &Path) -> ClientError {
    let socket = socket.to_owned();
    match is_transport(&status) {
        true if is_silent(&status) => ClientError::Silent { socket },
        true => ClientError::Unreachable {
            socket,
            reason: reason_of(&status),
        },
        false => status.into(),
    }
}

/// A Unix socket whose queue of connections is full has an owner who takes none of them.
pub(crate) fn is_silent(status: &Status) -> bool {
    is_caused_by(status, &[io::ErrorKind::WouldBlock])
}

/// There is no socket, or nobody has it open: a daemon may be started there.
pub(crate) fn is_nobody(status: &Status) -> bool {
    let kinds = [io::ErrorKind::NotFound, io::ErrorKind::ConnectionRefused];
    is_transport(status) && is_caused_by(status, &kinds)
}

/// A socket is there, and nobody has it open: its daemon ended without removing it, as each does that is sent away.
pub(crate) fn is_crashed(status: &Status) -> bool {
    is_transport(status) && is_caused_by(status, &[io::ErrorKind::ConnectionRefused])
}

fn is_caused_by(status: &Status, kinds: &[io::ErrorKind]) -> bool {
    causes(status).any(|error| {
        error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| kinds.contains(&error.kind()))
    })
}
