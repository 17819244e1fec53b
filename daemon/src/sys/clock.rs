//! The one clock: it counts suspended time, and a test can set it.
//!
//! tokio's timers stand still while the machine sleeps, so long sleeps are cut into slices and compared with
//! `CLOCK_BOOTTIME` after each (engineering sheet C.6).

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::sync::watch;

/// A point of time on the monotonic scale: since an arbitrary start. Only differences mean anything.
pub type Mono = Duration;

/// Longest time for which a sleep may not notice that the machine was suspended.
const SLICE: Duration = Duration::from_secs(30);

/// Tells the time and sleeps. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clocks.
    System,
    /// A clock that stands still until it is told.
    Manual(ManualClock),
}

impl Clock {
    /// Time since some start, suspended time included.
    pub fn mono(&self) -> Mono {
        match self {
            Self::System => boot_time(),
            Self::Manual(manual) => manual.state.borrow().0,
        }
    }

    /// Unix milliseconds; only ever shown or sent, never used for order.
    pub fn wall_ms(&self) -> i64 {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
            }
            Self::Manual(manual) => manual.state.borrow().1,
        }
    }

    /// Returns once `mono() >= at`.
    pub async fn sleep_until(&self, at: Mono) {
        match self {
            Self::System => loop {
                let left = at.saturating_sub(boot_time());
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(SLICE)).await;
            },
            Self::Manual(manual) => {
                let mut state = manual.state.subscribe();
                // Fails only when the clock is gone, and then nobody will move it.
                if state.wait_for(|(mono, _)| *mono >= at).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    /// Returns once that is reached; never without a deadline.
    pub async fn until(&self, deadline: Option<Mono>) {
        match deadline {
            Some(at) => self.sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// Returns after this time.
    pub async fn sleep(&self, span: Duration) {
        self.sleep_until(self.mono() + span).await;
    }
}

/// A span in ms, for times that are shown or sent.
pub fn millis(span: Duration) -> i64 {
    // Half of what fits, so that it can be added to a time.
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 2)
}

#[cfg(target_os = "linux")]
fn boot_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::try_from(now).unwrap_or_default()
}

/// macOS: `CLOCK_MONOTONIC` counts sleep there.
#[cfg(not(target_os = "linux"))]
fn boot_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::try_from(now).unwrap_or_default()
}

/// The hands of a [`Clock::Manual`].
#[derive(Debug, Clone)]
pub struct ManualClock {
    state: Arc<watch::Sender<(Mono, i64)>>,
}

impl ManualClock {
    /// A clock that shows `wall_ms` (Unix ms).
    pub fn new(wall_ms: i64) -> Self {
        Self {
            state: Arc::new(watch::Sender::new((Duration::from_secs(1), wall_ms))),
        }
    }

    /// Moves both scales on.
    pub fn advance(&self, span: Duration) {
        self.state.send_modify(|(mono, wall)| {
            *mono += span;
            *wall += i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        });
    }

    /// Sets the wall clock on by so many ms, or back, as a person or NTP does: no time passes.
    pub fn jump(&self, ms: i64) {
        self.state.send_modify(|(_, wall)| *wall += ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_sleep_ends_when_the_clock_was_moved_far_enough() {
        let hands = ManualClock::new(1_000);
        let clock = Clock::Manual(hands.clone());
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep(Duration::from_secs(10)).await;
                clock.wall_ms()
            }
        });
        tokio::task::yield_now().await;
        hands.advance(Duration::from_secs(9));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        hands.advance(Duration::from_secs(1));
        assert_eq!(sleeper.await.unwrap(), 11_000);
    }
}
