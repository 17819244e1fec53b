//! One server stream that may break and be opened again. Says once that it broke and once that it is back.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, timeout, timeout_at};
use tonic::{Response, Status, Streaming};

use crate::{
    client::pauses,
    error::{ClientError, is_transport, reason_of},
};

/// Longest silence of a living stream: three heartbeats.
const SILENCE: Duration = Duration::from_secs(60);

/// What a link has to say.
pub(crate) enum News<M> {
    Message(M),
    Broke(String),
    Back,
}

#[derive(Debug)]
pub(crate) struct Link<M> {
    stream: Option<Streaming<M>>,
    pauses: backon::ExponentialBackoff,
    broken: bool,
}

impl<M> Link<M> {
    pub(crate) fn new() -> Self {
        Self {
            stream: None,
            pauses: pauses(),
            broken: false,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    /// Opens the stream with `call`, after a pause where it broke before, at most until `deadline`; `None` means that there
    /// is nothing to say and the caller should look again.
    pub(crate) async fn open(
        &mut self,
        call: impl Future<Output = Result<Response<Streaming<M>>, Status>>,
        deadline: Option<Instant>,
    ) -> Result<Option<News<M>>, ClientError> {
        if self.broken {
            self.pause(deadline).await;
        }
        match call.await {
            Ok(response) => {
                self.stream = Some(response.into_inner());
                Ok(std::mem::take(&mut self.broken).then_some(News::Back))
            }
            Err(status) if is_transport(&status) => Ok(self.close(reason_of(&status))),
            Err(status) => Err(status.into()),
        }
    }

    /// The next message of the open stream.
    pub(crate) async fn read(&mut self) -> Result<Option<News<M>>, ClientError> {
        let Some(stream) = &mut self.stream else {
            return Ok(None);
        };
        let failure = match timeout(SILENCE, stream.message()).await {
            Ok(Ok(Some(message))) => {
                self.pauses = pauses();
                return Ok(Some(News::Message(message)));
            }
            Ok(Ok(None)) => "the stream ended without a last word".into(),
            Ok(Err(status)) if is_transport(&status) => reason_of(&status),
            Ok(Err(status)) => return Err(status.into()),
            Err(_) => "the daemon fell silent".into(),
        };
        Ok(self.close(failure))
    }

    /// Gives the stream up, to be opened again.
    pub(crate) fn close(&mut self, reason: String) -> Option<News<M>> {
        self.stream = None;
        let first = !std::mem::replace(&mut self.broken, true);
        first.then_some(News::Broke(reason))
    }

    async fn pause(&mut self, deadline: Option<Instant>) {
        let pause = self.pauses.next().unwrap_or(Duration::from_millis(500));
        let until = Instant::now() + pause;
        let until = deadline.map_or(until, |deadline| deadline.min(until));
        // Elapsing is the point: nothing else ends this future.
        let _elapsed = timeout_at(until, std::future::pending::<()>()).await;
    }
}
