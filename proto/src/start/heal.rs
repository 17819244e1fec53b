//! Starts the daemon again for a client that was connected.

use std::time::Duration;

use tokio::{sync::Mutex, time::Instant};

use super::{Starter, launch::Life, start};
use crate::{client::ConnectOptions, error::ClientError};

/// For so long nobody must have served: somebody may be starting the next daemon, or a service restarts it.
pub(crate) const AWAY: Duration = Duration::from_secs(2);
/// Between two starts by streams: a daemon that ends again and again is not to be started all the time.
const AGAIN: Duration = Duration::from_secs(10);

/// The way in which a connection was made, to make it again. All clones of a client share it.
#[derive(Debug)]
pub(crate) struct Healer {
    options: ConnectOptions,
    starter: Starter,
    tried: Mutex<Option<Instant>>,
}

impl Healer {
    pub(crate) fn new(options: ConnectOptions, starter: Starter) -> Self {
        Self {
            options,
            starter,
            tried: Mutex::default(),
        }
    }

    /// Starts a daemon where nobody serves.
    ///
    /// # Errors
    /// As [`super::connect`].
    pub(crate) async fn heal(&self) -> Result<(), ClientError> {
        let mut tried = self.tried.lock().await;
        let healed = start(&self.options, &self.starter, Life::UntilIdle).await;
        *tried = Some(Instant::now());
        healed.map(drop)
    }

    /// The same for a stream, which goes on trying: nothing so soon after the last time, and a failure is said and no more.
    pub(crate) async fn heal_or_say(&self) {
        let tried = *self.tried.lock().await;
        if tried.is_some_and(|at| at.elapsed() < AGAIN) {
            return;
        }
        if let Err(error) = self.heal().await {
            (self.starter.say)(&error.to_string());
        }
    }
}
