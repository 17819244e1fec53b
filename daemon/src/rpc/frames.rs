//! A server stream that is fed by a task of its own. A slow reader blocks its task and nobody else; one that leaves ends
//! it at once.

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::stream::BoxStream;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::Edge;

/// Between two heartbeats.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(20);
/// Frames that may wait for a reader, unless a stream says otherwise.
const QUEUE: usize = 16;

/// What a stream hands to tonic.
pub(super) type Frames<T> = BoxStream<'static, Result<T, Status>>;

/// The reader has gone, or the daemon is leaving: the feeding task has nothing more to do.
#[derive(Debug)]
pub(super) struct Closed;

/// The writing end.
pub(super) struct Sink<T> {
    frames: mpsc::Sender<Result<T, Status>>,
    leaving: watch::Receiver<bool>,
}

impl<T> Sink<T> {
    pub(super) async fn send(&self, frame: T) -> Result<(), Closed> {
        self.frames.send(Ok(frame)).await.map_err(|_| Closed)
    }

    /// Ends the stream with an error.
    pub(super) async fn fail(&self, status: Status) -> Closed {
        // The reader may have gone.
        let _unheard = self.frames.send(Err(status)).await;
        Closed
    }

    /// Returns when the reader has gone.
    pub(super) async fn gone(&self) {
        self.frames.closed().await;
    }

    /// Returns when the daemon is about to leave.
    pub(super) async fn leaving(&self) {
        let mut leaving = self.leaving.clone();
        // Without its sender the daemon has left already.
        let _left = leaving.wait_for(|leaving| *leaving).await;
    }
}

/// Starts a task that feeds a stream.
pub(super) fn feed<T, F>(edge: &Arc<Edge>, work: impl FnOnce(Sink<T>) -> F) -> Frames<T>
where
    T: Send + 'static,
    F: Future<Output = Result<(), Closed>> + Send + 'static,
{
    feed_with(edge, QUEUE, work)
}

/// The same, with so many frames that may wait for the reader.
pub(super) fn feed_with<T, F>(
    edge: &Arc<Edge>,
    queue: usize,
    work: impl FnOnce(Sink<T>) -> F,
) -> Frames<T>
where
    T: Send + 'static,
    F: Future<Output = Result<(), Closed>> + Send + 'static,
{
    let (frames, stream) = mpsc::channel(queue);
    let guard = edge.stats.open_stream();
    let feeding = work(Sink {
        frames,
        leaving: edge.leaving.subscribe(),
    });
    tokio::spawn(async move {
        let _counted = guard;
        // Closed is a normal end.
        let _end = feeding.await;
    });
    Box::pin(ReceiverStream::new(stream))
}
