//! One server stream that may break and be opened again. Says once that it broke and once that it is back.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::time::{Instant, timeout_at};
use tonic::{Response, Status, Streaming};

use crate::{
    error::{ClientError, is_transport, reason_of},
    retry::{is_crashed, is_nobody, pauses},
    start::heal::{AWAY, Healer},
};

/// Longest silence of a living stream: three heartbeats.
const SILENCE: Duration = Duration::from_secs(60);

const SILENT: &str = "the daemon fell silent";

/// How long after the caller's deadline the daemon's own last word is waited for.
const LAST_WORD: Duration = Duration::from_secs(2);

/// What a link has to say.
pub(crate) enum News<M> {
    Message(M),
    Broke(String),
    /// Nobody has served for a while, and nobody here will start a daemon.
    Unattended,
    Back,
}

#[derive(Debug)]
pub(crate) struct Link<M> {
    stream: Option<Streaming<M>>,
    pauses: backon::ExponentialBackoff,
    /// Since when there is no stream, once that was said.
    broken: Option<Instant>,
    /// Has said that nobody serves.
    unattended: bool,
    /// Starts the daemon where nobody serves.
    healer: Option<Arc<Healer>>,
}

impl<M> Link<M> {
    pub(crate) fn new(healer: Option<Arc<Healer>>) -> Self {
        Self {
            stream: None,
            pauses: pauses(),
            broken: None,
            unattended: false,
            healer,
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
        if self.broken.is_some() {
            self.pause(deadline).await;
        }
        match timeout_at(limit(deadline), call).await {
            Ok(Ok(response)) => {
                self.stream = Some(response.into_inner());
                self.unattended = false;
                Ok(self.broken.take().map(|_| News::Back))
            }
            Ok(Err(status)) if is_transport(&status) => {
                match &self.healer {
                    Some(healer) if is_crashed(&status) => {
                        self.heal(Arc::clone(healer), deadline).await;
                    }
                    _ if is_nobody(&status) && self.is_away() => {
                        return Ok(self.leave_unattended());
                    }
                    _ => {}
                }
                Ok(self.close(reason_of(&status)))
            }
            Ok(Err(status)) => Err(status.into()),
            Err(_) => Ok(self.close(SILENT.into())),
        }
    }

    /// The next message of the open stream. A silent one is given up soon after `deadline`.
    pub(crate) async fn read(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<Option<News<M>>, ClientError> {
        let Some(stream) = &mut self.stream else {
            return Ok(None);
        };
        let failure = match timeout_at(limit(deadline), stream.message()).await {
            Ok(Ok(Some(message))) => {
                self.pauses = pauses();
                return Ok(Some(News::Message(message)));
            }
            Ok(Ok(None)) => "the stream ended without a last word".into(),
            Ok(Err(status)) if is_transport(&status) => reason_of(&status),
            Ok(Err(status)) => return Err(status.into()),
            Err(_) => SILENT.into(),
        };
        Ok(self.close(failure))
    }

    /// Gives the stream up, to be opened again.
    pub(crate) fn close(&mut self, reason: String) -> Option<News<M>> {
        self.stream = None;
        let first = self.broken.is_none();
        self.broken.get_or_insert_with(Instant::now);
        first.then_some(News::Broke(reason))
    }

    /// Starts the daemon that crashed. One that was sent away is left alone: whoever did that may not want it back.
    async fn heal(&self, healer: Arc<Healer>, deadline: Option<Instant>) {
        if self.is_away() {
            // One that is not ready by the deadline is of no use to us; it is ended, and the next call starts another.
            let _late = timeout_at(limit(deadline), healer.heal_or_say()).await;
        }
    }

    fn is_away(&self) -> bool {
        self.broken.is_some_and(|since| since.elapsed() >= AWAY)
    }

    /// Said once per break.
    fn leave_unattended(&mut self) -> Option<News<M>> {
        let said = std::mem::replace(&mut self.unattended, true);
        (!said).then_some(News::Unattended)
    }

    async fn pause(&mut self, deadline: Option<Instant>) {
        let pause = self.pauses.next().unwrap_or(Duration::from_millis(500));
        let until = Instant::now() + pause;
        let until = deadline.map_or(until, |deadline| deadline.min(until));
        // Elapsing is the point: nothing else ends this future.
        let _elapsed = timeout_at(until, std::future::pending::<()>()).await;
    }
}

/// When silence counts as a break.
fn limit(deadline: Option<Instant>) -> Instant {
    let silence = Instant::now() + SILENCE;
    deadline.map_or(silence, |deadline| silence.min(deadline + LAST_WORD))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    #[tokio::test(start_paused = true)]
    async fn a_daemon_that_opens_nothing_is_given_up_soon_after_the_deadline() {
        let begin = Instant::now();
        for (deadline, expected) in [(Some(Duration::from_secs(3)), LAST_WORD), (None, SILENCE)] {
            let begin = Instant::now();
            let until = deadline.map(|span| begin + span);
            let news = Link::<()>::new(None).open(pending(), until).await;
            assert!(matches!(news, Ok(Some(News::Broke(_)))));
            let expected = deadline.unwrap_or_default() + expected;
            assert!(begin.elapsed() < expected + Duration::from_secs(1));
        }
        assert!(begin.elapsed() > SILENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_that_fail_at_once_are_paused_between() {
        let begin = Instant::now();
        let mut link = Link::<()>::new(None);
        for _ in 0..50 {
            let refused = async { Err(Status::unavailable("refused")) };
            assert!(link.open(refused, None).await.is_ok());
        }
        assert!(begin.elapsed() > Duration::from_secs(10));
    }
}
