//! A server stream that is made while it is read: nothing is made ahead, so that one who reads slowly, or never, holds
//! one frame (and the parts of a snapshot that it asked for) and holds up nobody. The making ends with the reader: it is
//! dropped where it waits.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{Stream, StreamExt as _, future::BoxFuture, stream::BoxStream};
use tokio::sync::watch;
use tonic::Status;

use super::{Edge, stats::StreamGuard};
use crate::contexts::Running;

/// Between two heartbeats.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(20);

/// What a stream hands to tonic.
pub(super) type Frames<T> = BoxStream<'static, Result<T, Status>>;

/// Where a frame lies between the making and the reading.
type Slot<T> = Arc<Mutex<Option<Result<T, Status>>>>;

/// The writing end.
pub(super) struct Sink<T> {
    slot: Slot<T>,
    leaving: watch::Receiver<bool>,
    retired: Option<watch::Receiver<bool>>,
}

impl<T> Sink<T> {
    /// Returns once the frame was taken.
    pub(super) async fn send(&self, frame: T) {
        self.put(Ok(frame)).await;
    }

    /// The last thing that a stream says.
    pub(super) async fn fail(&self, status: Status) {
        self.put(Err(status)).await;
    }

    async fn put(&self, frame: Result<T, Status>) {
        *lock(&self.slot) = Some(frame);
        // No waker: whoever takes the frame polls again for the next one.
        poll_fn(|_| match lock(&self.slot).is_none() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }

    /// Returns, with the reason, when the daemon is about to leave, or the settings of the stream's context name another
    /// place.
    pub(super) fn leaving(&self) -> impl Future<Output = &'static str> + use<T> {
        let (mut leaving, retired) = (self.leaving.clone(), self.retired.clone());
        async move {
            let retired = async {
                match retired {
                    // Without its sender the context is not served any more.
                    Some(mut retired) => drop(retired.wait_for(|retired| *retired).await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // Without its sender the daemon has left already.
                _left = leaving.wait_for(|leaving| *leaving) => "the daemon is leaving",
                () = retired => "the settings name another place now",
            }
        }
    }
}

/// The reading end, which does the work.
struct Feed<T> {
    work: Option<BoxFuture<'static, ()>>,
    slot: Slot<T>,
    _counted: StreamGuard,
}

impl<T> Stream for Feed<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let over = match &mut self.work {
            Some(work) => work.as_mut().poll(context).is_ready(),
            None => true,
        };
        if over {
            self.work = None;
        }
        let frame = lock(&self.slot).take();
        match frame {
            None if !over => Poll::Pending,
            frame => Poll::Ready(frame),
        }
    }
}

/// A stream of what `work` sends, about this context where it goes on with it.
pub(super) fn feed<T, F>(
    edge: &Arc<Edge>,
    running: Option<&Running>,
    work: impl FnOnce(Sink<T>) -> F,
) -> Frames<T>
where
    T: Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let slot = Slot::default();
    let sink = Sink {
        slot: Arc::clone(&slot),
        leaving: edge.leaving.subscribe(),
        retired: running.map(Running::retired),
    };
    let feed = Feed {
        work: Some(Box::pin(work(sink))),
        slot,
        _counted: edge.stats.open_stream(),
    };
    feed.boxed()
}

fn lock<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
