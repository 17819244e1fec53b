//! Decides when the next call may go out, and whose.
//!
//! One bucket stands for one principal, since rate limits are counted per account (PAI-DLC fact
//! sheet §13.3). Invariants: a token is taken in the same step that lets its taker go, so a
//! dropped waiter takes none along; only the first waiter sleeps until a token is there, all others
//! wait for a nudge or for the end of their patience, and whoever leaves the queue nudges the new
//! first one, so nobody is left behind. There is no background task and nothing ticks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// While a less urgent caller waits, it gets one token in so many.
const LOWER_SHARE: u32 = 4;

/// Who is waiting, the most urgent kind first. Each kind goes before the ones after it, which
/// together get every fourth token while they wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Priority {
    /// A person or an agent waits for the answer.
    Interactive,
    /// The daemon's own polling.
    #[default]
    Background,
    /// Much data that somebody waits for.
    Bulk,
    /// Much data that nobody waits for.
    Idle,
}

impl Priority {
    const COUNT: usize = Self::Idle as usize + 1;
}

/// A token bucket with a queue for each [`Priority`].
///
/// It keeps one instant, `full_at`, at which the bucket would be full again if nobody came
/// (the "generic cell rate algorithm"): taking a token moves it by one interval, and a token is
/// there as long as it lies less than `burst` intervals ahead. Only whole durations are added, so
/// nothing is lost to rounding.
#[derive(Debug)]
pub struct TokenBucket {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Time in which one token grows.
    interval: Duration,
    /// Most tokens that can lie in the bucket; at least one.
    burst: u32,
    full_at: Instant,
    paused_until: Option<Instant>,
    queues: [VecDeque<Arc<Notify>>; Priority::COUNT],
    /// Tokens that callers of this kind took one after the other while a less urgent one waited.
    passed_over: [u32; Priority::COUNT],
}

enum Turn {
    Taken,
    /// Look again at this instant, or when nudged.
    Wait(Option<Instant>),
    TooLong(TooLong),
}

/// No token comes in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong {
    /// A token comes after this at the earliest; more than zero.
    pub(crate) rest: Duration,
    /// Whether a pause is in force, see [`TokenBucket::pause_until`]; otherwise the queue is long.
    pub(crate) paused: bool,
}

impl TokenBucket {
    /// Tokens per second unless set otherwise (fact sheet §13.3).
    pub const DEFAULT_PER_SECOND: f64 = 2.0;
    /// Burst unless set otherwise.
    pub const DEFAULT_BURST: u32 = 10;

    /// A full bucket. See [`TokenBucket::set_rate`] for the limits of the numbers.
    pub fn new(per_second: f64, burst: u32) -> Self {
        Self {
            state: Mutex::new(State {
                interval: interval(per_second),
                burst: burst.max(1),
                full_at: Instant::now(),
                paused_until: None,
                queues: Default::default(),
                passed_over: Default::default(),
            }),
        }
    }

    /// Changes the rate for everybody, those waiting included. Rates are kept between one call
    /// per hour and a thousand per second, a burst is at least one.
    pub fn set_rate(&self, per_second: f64, burst: u32) {
        let mut state = self.lock();
        state.interval = interval(per_second);
        state.burst = burst.max(1);
        state.nudge_first();
    }

    /// Waits for a token, however long it takes. Dropping the future gives up the place in the
    /// queue and nothing else.
    pub async fn acquire(&self, priority: Priority) {
        // Without a deadline it ends with a token only.
        let _ = self.acquire_until(priority, None).await;
    }

    /// [`TokenBucket::acquire`] that gives up after `patience`, or as soon as it is certain that
    /// no token comes in that time.
    pub(crate) async fn acquire_within(
        &self,
        priority: Priority,
        patience: Duration,
    ) -> Result<(), TooLong> {
        let deadline = Instant::now().checked_add(patience);
        self.acquire_until(priority, deadline).await
    }

    async fn acquire_until(
        &self,
        priority: Priority,
        deadline: Option<Instant>,
    ) -> Result<(), TooLong> {
        let place = Place::enter(self, priority);
        loop {
            let turn = self.lock().turn(&place, deadline);
            match turn {
                Turn::Taken => return Ok(()),
                Turn::TooLong(too_long) => return Err(too_long),
                Turn::Wait(None) => place.nudge.notified().await,
                Turn::Wait(Some(instant)) => tokio::select! {
                    () = sleep_until(instant) => {}
                    () = place.nudge.notified() => {}
                },
            }
        }
    }

    /// Lets nobody go before `instant`, as a server asks that throttles. A pause never shortens
    /// an earlier one, and it spends the burst: afterwards one call goes out at once and the rest
    /// follows at the rate. Those whose patience it exceeds give up at once.
    pub fn pause_until(&self, instant: Instant) {
        let mut state = self.lock();
        if state.paused_until.is_some_and(|until| until >= instant) || instant <= Instant::now() {
            return;
        }
        state.paused_until = Some(instant);
        let spent = state.window();
        state.full_at = state.full_at.max(instant + spent);
        for waiter in &state.queues[Priority::Interactive as usize] {
            waiter.notify_one();
        }
    }

    /// [`TokenBucket::pause_until`], counted from now; at most a day.
    pub fn pause_for(&self, delay: Duration) {
        self.pause_until(Instant::now() + delay.min(Duration::from_hours(24)));
    }

    /// The end of the pause in force, if there is one.
    pub fn paused_until(&self) -> Option<Instant> {
        self.lock()
            .paused_until
            .filter(|until| *until > Instant::now())
    }

    /// How many callers wait: interactive ones, and all others.
    pub fn waiting(&self) -> (usize, usize) {
        let state = self.lock();
        let waiting = state.queues.iter().map(VecDeque::len);
        let interactive = state.queues[Priority::Interactive as usize].len();
        (interactive, waiting.sum::<usize>() - interactive)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock, and each change is complete in itself.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for TokenBucket {
    fn default() -> Self {
        Self::new(Self::DEFAULT_PER_SECOND, Self::DEFAULT_BURST)
    }
}

impl State {
    /// How far `full_at` may lie ahead while a token is still there.
    fn window(&self) -> Duration {
        self.interval * (self.burst - 1)
    }

    /// Takes a token for `place` if it is first and there is one.
    fn turn(&mut self, place: &Place<'_>, deadline: Option<Instant>) -> Turn {
        let now = Instant::now();
        let is_first = self
            .first()
            .is_some_and(|first| Arc::ptr_eq(first, &place.nudge));
        let at = self.earliest(place, now);
        if is_first && at <= now {
            self.take(place.priority, now);
            return Turn::Taken;
        }
        if deadline.is_some_and(|deadline| deadline < at || deadline <= now) {
            return Turn::TooLong(TooLong {
                // A token that is there already goes to somebody else.
                rest: match at.saturating_duration_since(now) {
                    Duration::ZERO => self.interval,
                    rest => rest,
                },
                paused: self.paused_until.is_some_and(|until| until > now),
            });
        }
        Turn::Wait(if is_first { Some(at) } else { deadline })
    }

    /// When `place` gets its token if nobody of the other kind goes before it.
    fn earliest(&mut self, place: &Place<'_>, now: Instant) -> Instant {
        let ahead = self
            .queue(place.priority)
            .iter()
            .position(|nudge| Arc::ptr_eq(nudge, &place.nudge));
        let ahead = u32::try_from(ahead.unwrap_or_default()).unwrap_or(u32::MAX);
        let used = self.full_at.saturating_duration_since(now) + self.interval * ahead;
        let token_at = now + used.saturating_sub(self.window());
        self.paused_until
            .map_or(token_at, |until| until.max(token_at))
    }

    fn take(&mut self, priority: Priority, now: Instant) {
        self.full_at = self.full_at.max(now) + self.interval;
        let kind = priority as usize;
        self.passed_over[..kind].fill(0);
        self.passed_over[kind] = match self.lower_waits(kind) {
            true => self.passed_over[kind] + 1,
            false => 0,
        };
    }

    fn first(&self) -> Option<&Arc<Notify>> {
        let has_turn = |kind: &usize| {
            !self.queues[*kind].is_empty()
                && (self.passed_over[*kind] + 1 < LOWER_SHARE || !self.lower_waits(*kind))
        };
        let kind = (0..Priority::COUNT).find(has_turn)?;
        self.queues[kind].front()
    }

    fn lower_waits(&self, kind: usize) -> bool {
        self.queues[kind + 1..]
            .iter()
            .any(|queue| !queue.is_empty())
    }

    fn nudge_first(&self) {
        if let Some(first) = self.first() {
            first.notify_one();
        }
    }

    fn queue(&mut self, priority: Priority) -> &mut VecDeque<Arc<Notify>> {
        &mut self.queues[priority as usize]
    }
}

/// A place in a queue; leaving it, served or not, nudges whoever is first then.
struct Place<'a> {
    bucket: &'a TokenBucket,
    priority: Priority,
    nudge: Arc<Notify>,
}

impl<'a> Place<'a> {
    fn enter(bucket: &'a TokenBucket, priority: Priority) -> Self {
        let nudge = Arc::new(Notify::new());
        bucket.lock().queue(priority).push_back(Arc::clone(&nudge));
        Self {
            bucket,
            priority,
            nudge,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.bucket.lock();
        state
            .queue(self.priority)
            .retain(|nudge| !Arc::ptr_eq(nudge, &self.nudge));
        state.nudge_first();
    }
}

fn interval(per_second: f64) -> Duration {
    let slowest = Duration::from_hours(1);
    let fastest = Duration::from_millis(1);
    Duration::try_from_secs_f64(per_second.recip())
        .map_or(slowest, |interval| interval.clamp(fastest, slowest))
}

#[cfg(test)]
mod tests;
