//! Messages as lines on a reader and a writer.
//!
//! Adds three things to the SDK's transport. The end of the input is told through a token the moment it is read, since the
//! SDK lets running calls go on for seconds before it cancels them. A call that was given up is not answered: a client that
//! has closed our input may stumble over what it still reads. And notifications that come before the client has opened a
//! session are dropped: the SDK would end the process over one, for instance over the cancellation of a probe.

use std::io;

use rmcp::{
    ErrorData, RoleServer,
    model::{ClientRequest, ErrorCode, GetMeta as _, JsonRpcMessage, ProtocolVersion},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::{Transport, async_rw::AsyncRwTransport},
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

/// Marks an answer that nobody gets. It never leaves this process.
const UNHEARD: ErrorCode = ErrorCode(-32_099);

/// The answer to a call that was given up.
pub(crate) fn unheard() -> ErrorData {
    ErrorData::new(UNHEARD, "given up", None)
}

/// Both directions.
pub(crate) struct Lines<R: AsyncRead, W: AsyncWrite> {
    inner: AsyncRwTransport<RoleServer, R, W>,
    ended: CancellationToken,
    opened: bool,
}

impl<R, W> Lines<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    /// `ended` is cancelled at the end of `input`.
    pub(crate) fn new(input: R, output: W, ended: CancellationToken) -> Self {
        Self {
            inner: AsyncRwTransport::new(input, output),
            ended,
            opened: false,
        }
    }
}

impl<R, W> Transport<RoleServer> for Lines<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let unheard =
            matches!(&message, JsonRpcMessage::Error(error) if error.error.code == UNHEARD);
        let sent = (!unheard).then(|| self.inner.send(message));
        async move {
            match sent {
                Some(sent) => sent.await,
                None => Ok(()),
            }
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            let Some(message) = self.inner.receive().await else {
                self.ended.cancel();
                return None;
            };
            if let JsonRpcMessage::Request(request) = &message {
                self.opened |= opens(&request.request);
                return Some(message);
            }
            if self.opened {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.inner.close().await
    }
}

/// Whether the SDK takes this request for the first one of a session: the handshake, or a call that brings its own
/// version. Pings and probes leave everything open.
fn opens(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
        request => {
            let meta = request.get_meta();
            let complete = meta.missing_required_keys(&ProtocolVersion::V_2026_07_28);
            let version = meta.protocol_version();
            complete.is_empty()
                && version.is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version))
        }
    }
}
